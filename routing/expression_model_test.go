package routing_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// A condition as a test sees it: it is drawn first, then written down as text, and
// decided by what the documentation says, on plain decoded JSON.
type condition struct {
	join        string // "AND", "OR"; empty: a comparison
	parts       []condition
	left, right side
	operator    string
}

// side is a key, or a constant if there is no path.
type side struct {
	path  []any // "task", "a", 0
	value any
}

var (
	scalars = []any{
		nil, true, false, "", "a", "b", "ab", "it's", `q"\`, "ä\n\x01",
		json.Number("0"), json.Number("-1"), json.Number("1"), json.Number("1.0"), json.Number("1.50"),
		json.Number("9007199254740993"), json.Number("9007199254740992"), json.Number("1e30"), json.Number("-2.5e-9"),
	}
	operatorNames = []string{"==", "!=", "<", "<=", ">", ">=", "CONTAINS", "HAS", "IN", "NOT IN"}
	mirrored      = map[string]string{
		"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "HAS": "IN", "IN": "HAS",
	}
	attributeNames = []string{"a", "b", "c", "in", "2x"}
)

func drawScalar(t *rapid.T) any { return rapid.SampledFrom(scalars).Draw(t, "scalar") }

func drawJSON(t *rapid.T, depth int) any {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1:
		list := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "length") {
			if depth > 0 && rapid.IntRange(0, 5).Draw(t, "nests") == 0 {
				list = append(list, drawJSON(t, depth-1))
			} else {
				list = append(list, drawScalar(t))
			}
		}
		return list
	case 2:
		if depth > 0 {
			return drawObject(t, depth-1)
		}
	}
	return drawScalar(t)
}

func drawObject(t *rapid.T, depth int) map[string]any {
	object := map[string]any{}
	for _, name := range attributeNames {
		if rapid.IntRange(0, 3).Draw(t, "has "+name) > 0 {
			object[name] = drawJSON(t, depth)
		}
	}
	return object
}

// drawAttributes draws some as they come in.
func drawAttributes(t *rapid.T) (map[string]any, routing.Attributes) {
	object := drawObject(t, 2)
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	a, err := routing.ParseAttributes(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return object, a
}

func drawSide(t *rapid.T) side {
	switch rapid.IntRange(0, 5).Draw(t, "side") {
	case 0:
		return side{value: drawScalar(t)}
	case 1:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, drawScalar(t))
		}
		return side{value: list}
	case 2:
		return side{path: []any{"worker", "sid"}}
	}
	path := []any{
		rapid.SampledFrom([]string{"task", "worker"}).Draw(t, "of"),
		rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"),
	}
	for rapid.IntRange(0, 3).Draw(t, "goes on") == 0 {
		if rapid.Bool().Draw(t, "index") {
			path = append(path, rapid.IntRange(0, 2).Draw(t, "at"))
		} else {
			path = append(path, rapid.SampledFrom(attributeNames).Draw(t, "name"))
		}
	}
	return side{path: path}
}

func drawCondition(t *rapid.T, depth int) condition {
	join := ""
	if depth > 0 {
		join = rapid.SampledFrom([]string{"AND", "OR", ""}).Draw(t, "join")
	}
	if join == "" {
		return condition{left: drawSide(t), right: drawSide(t), operator: rapid.SampledFrom(operatorNames).Draw(t, "operator")}
	}
	c := condition{join: join}
	for range rapid.IntRange(2, 3).Draw(t, "parts") {
		c.parts = append(c.parts, drawCondition(t, depth-1))
	}
	return c
}

// write gives the text of the condition in one of many ways.
func (c condition) write(t *rapid.T) string {
	space := rapid.SampledFrom([]string{" ", "  ", "\n\t"}).Draw(t, "space")
	word := func(s string) string {
		if rapid.Bool().Draw(t, "lower") {
			return strings.ToLower(s)
		}
		return s
	}
	if c.join == "" {
		operator := word(c.operator)
		if operator == "==" && rapid.Bool().Draw(t, "=") {
			operator = "="
		}
		return c.left.write(t) + space + operator + space + c.right.write(t)
	}
	var parts []string
	for _, part := range c.parts {
		text := part.write(t)
		if part.join == "OR" && c.join == "AND" || rapid.IntRange(0, 3).Draw(t, "parentheses") == 0 {
			text = "(" + text + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, space+word(c.join)+space)
}

func (s side) write(t *rapid.T) string {
	if s.path == nil {
		return writeConstant(t, s.value)
	}
	var b strings.Builder
	for i, step := range s.path {
		switch step := step.(type) {
		case string:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		}
	}
	return b.String()
}

func writeConstant(t *rapid.T, v any) string {
	switch v := v.(type) {
	case string:
		// JSON's way of writing text is one of ours.
		text, _ := json.Marshal(v)
		if rapid.Bool().Draw(t, "single quotes") && !strings.ContainsAny(v, `'"\`) {
			return "'" + string(text[1:len(text)-1]) + "'"
		}
		return string(text)
	case []any:
		var elements []string
		for _, e := range v {
			elements = append(elements, writeConstant(t, e))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}

// holds decides the condition over a document of plain JSON.
func (c condition) holds(document map[string]any) bool {
	switch c.join {
	case "AND":
		return !slices.ContainsFunc(c.parts, func(p condition) bool { return !p.holds(document) })
	case "OR":
		return slices.ContainsFunc(c.parts, func(p condition) bool { return p.holds(document) })
	}
	return compare(c.left.in(document), c.operator, c.right.in(document))
}

func (s side) in(document map[string]any) any {
	if s.path == nil {
		return s.value
	}
	var v any = document
	for _, step := range s.path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func isScalar(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

func rational(v any) *big.Rat {
	n, ok := v.(json.Number)
	if !ok {
		return nil
	}
	r, _ := new(big.Rat).SetString(n.String())
	return r
}

func equal(l, r any) bool {
	if a, b := rational(l), rational(r); a != nil && b != nil {
		return a.Cmp(b) == 0
	}
	return isScalar(l) && isScalar(r) && l == r
}

func compare(l any, operator string, r any) bool {
	within := func(element, list any) (is, asked bool) {
		elements, ok := list.([]any)
		return slices.ContainsFunc(elements, func(e any) bool { return equal(e, element) }), ok && isScalar(element)
	}
	switch operator {
	case "==":
		return equal(l, r)
	case "!=":
		if l == nil || r == nil {
			return l != nil || r != nil
		}
		return isScalar(l) && isScalar(r) && !equal(l, r)
	case "HAS":
		is, asked := within(r, l)
		return is && asked
	case "IN":
		is, asked := within(l, r)
		return is && asked
	case "NOT IN":
		is, asked := within(l, r)
		return !is && asked
	}
	a, isText := l.(string)
	b, isTextToo := r.(string)
	var c int
	switch {
	case isText && isTextToo && operator == "CONTAINS":
		return strings.Contains(a, b)
	case operator == "CONTAINS":
		return false
	case isText && isTextToo:
		c = strings.Compare(a, b)
	case rational(l) != nil && rational(r) != nil:
		c = rational(l).Cmp(rational(r))
	default:
		return false
	}
	return map[string]bool{"<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[operator]
}

// other is the same condition, in another order.
func (c condition) other(t *rapid.T) condition {
	if c.join == "" {
		if m := mirrored[c.operator]; m != "" && rapid.Bool().Draw(t, "mirrored") {
			return condition{left: c.right, right: c.left, operator: m}
		}
		return c
	}
	same := condition{join: c.join}
	for _, part := range rapid.Permutation(c.parts).Draw(t, "order") {
		same.parts = append(same.parts, part.other(t))
	}
	if rapid.Bool().Draw(t, "twice") {
		same.parts = append(same.parts, same.parts[0])
	}
	return same
}
