package routing

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ParseConfiguration reads a workflow's configuration, a JSON text of at most
// [MaxConfiguration] bytes. Numbers may be quoted, as in the documentation; what is null
// or an empty text counts as not there. A filter's name is filter_friendly_name, or
// friendly_name or friendlyName, which libraries of the platform write. Anything else
// that is not known is refused: it is a mistake in writing, and would be without effect.
//
// The error is a [*ProblemsError] with all that is wrong, up to 100 problems. Whether the
// queues exist is asked by [Configuration.Check].
func ParseConfiguration[T []byte | string](text T) (Configuration, error) {
	r := configurationReader{}
	if len(text) > MaxConfiguration {
		r.add("", fmt.Sprintf("is longer than %d bytes", MaxConfiguration))
		return Configuration{}, r.err()
	}
	data := []byte(text)
	switch {
	case !utf8.Valid(data):
		r.add("", "is not UTF-8")
	case !json.Valid(data):
		r.add("", "is not JSON: "+syntaxError(data))
	default:
		r.read(data)
	}
	if err := r.err(); err != nil {
		return Configuration{}, err
	}
	r.configuration.text = string(data)
	return r.configuration, nil
}

// syntaxError says what is wrong with a text that is not JSON, and where.
func syntaxError(data []byte) string {
	var v json.RawMessage
	err := json.Unmarshal(data, &v)
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("at offset %d: %v", wrong.Offset, wrong)
	}
	return fmt.Sprint(err)
}

// configurationReader reads a configuration, and notes what is wrong.
type configurationReader struct {
	problems
	configuration Configuration
	count         int // of filters and targets
}

// maxTargets is how many filters and targets a configuration has. As they are written in
// earnest, with a queue or an expression, hardly more fit in its bytes.
const maxTargets = 10_000

// fields are what an object may have, by name.
type fields map[string]func(path string, v json.RawMessage)

func (r *configurationReader) read(data []byte) {
	routed := false
	r.object("", data, fields{"task_routing": func(path string, v json.RawMessage) {
		routed = true
		r.object(path, v, fields{
			"filters":        r.filters,
			"default_filter": r.defaultFilter,
		})
	}})
	if !routed && len(r.list) == 0 {
		r.add("task_routing", "is missing")
	}
}

func (r *configurationReader) filters(path string, v json.RawMessage) {
	elements, ok := r.array(path, v)
	if !ok {
		return
	}
	for i, element := range elements {
		if r.full() || !r.counted(filterPath(i)) {
			return
		}
		var f Filter
		r.filter(filterPath(i), element, &f, i)
		r.configuration.Filters = append(r.configuration.Filters, f)
	}
}

// counted is false if there are too many of filters and targets.
func (r *configurationReader) counted(path string) bool {
	r.count++
	if r.count == maxTargets+1 {
		r.add(path, fmt.Sprintf("is too much: there are more than %d filters and targets", maxTargets))
	}
	return r.count <= maxTargets
}

func (r *configurationReader) filter(path string, v json.RawMessage, f *Filter, i int) {
	expressed, targeted := false, false
	named := ""
	name := func(path string, v json.RawMessage) {
		if named != "" {
			r.add(path, "is the same as "+named)
		}
		named = path
		f.FriendlyName, _ = r.text(path, v)
	}
	ok := r.object(path, v, fields{
		"filter_friendly_name": name,
		"friendly_name":        name,
		"friendlyName":         name,
		"expression": func(path string, v json.RawMessage) {
			expressed = true
			if text, ok := r.text(path, v); ok {
				f.Expression = r.expression(path, text, ScopeTask)
			}
		},
		"targets": func(path string, v json.RawMessage) {
			targeted = true
			r.targets(path, v, f, i)
		},
	})
	if ok && !expressed {
		r.add(path+".expression", "is missing; what matches every task is 1 == 1")
	}
	if ok && !targeted {
		r.add(path+".targets", "is missing")
	}
}

func (r *configurationReader) targets(path string, v json.RawMessage, f *Filter, filter int) {
	elements, ok := r.array(path, v)
	if !ok {
		return
	}
	if len(elements) == 0 {
		r.add(path, "is empty; a filter has at least one target")
	}
	for n, element := range elements {
		path := targetPath(filter, n)
		if r.full() || !r.counted(path) {
			return
		}
		var t Target
		if r.target(path, element, &t, "") && t.Queue == "" {
			if n == 0 {
				r.add(path+".queue", "is missing; the first target of a filter names a queue")
			} else {
				t.Queue, t.InheritsQueue = f.Targets[n-1].Queue, true
			}
		}
		f.Targets = append(f.Targets, t)
	}
}

func (r *configurationReader) defaultFilter(path string, v json.RawMessage) {
	var t Target
	ok := r.target(path, v, &t, "the default filter has none: tasks wait there until they expire")
	if ok && t.Queue == "" {
		r.add(path+".queue", "is missing")
	}
	r.configuration.Default = &t
}

// target reads what a target and the default filter have in common. NoWaiting is why
// there is neither timeout nor skip_if; empty: there can be.
func (r *configurationReader) target(path string, v json.RawMessage, t *Target, noWaiting string) bool {
	known := fields{
		"queue": func(path string, v json.RawMessage) {
			sid, _ := r.text(path, v)
			if sid == "" {
				return
			}
			if !PrefixQueue.Valid(sid) {
				r.add(path, "is not the SID of a queue: WQ and 32 hexadecimal digits")
			}
			t.Queue = PrefixQueue.Alike(sid) // the case of its digits does not matter
		},
		"expression": func(path string, v json.RawMessage) {
			if text, ok := r.optional(path, v); ok {
				t.Expression = r.expression(path, text, ScopeMatch)
			}
		},
		"priority": func(path string, v json.RawMessage) {
			if n, ok := r.integer(path, v, 0, MaxPriority); ok {
				t.Priority = &n
			}
		},
		"order_by": func(path string, v json.RawMessage) {
			if text, ok := r.optional(path, v); ok {
				o, err := ParseOrderBy(text)
				r.expressionError(path, err)
				t.OrderBy = o
			}
		},
		"known_worker_sid":           func(path string, v json.RawMessage) { t.knownSID = r.knownWorker(path, v) },
		"known_worker_friendly_name": func(path string, v json.RawMessage) { t.knownName = r.knownWorker(path, v) },
		"timeout": func(path string, v json.RawMessage) {
			if noWaiting != "" {
				r.add(path, noWaiting)
			} else if n, ok := r.integer(path, v, 1, maxTargetTimeout); ok {
				t.Timeout = time.Duration(n) * time.Second
			}
		},
		"skip_if": func(path string, v json.RawMessage) {
			if noWaiting != "" {
				r.add(path, noWaiting)
			} else if text, ok := r.optional(path, v); ok {
				e := r.expression(path, text, ScopeSkip)
				t.SkipIf = &e
			}
		},
	}
	return r.object(path, v, known)
}

// knownWorker reads a key of the task, or a constant.
func (r *configurationReader) knownWorker(path string, v json.RawMessage) *operand {
	const what = "is a key of the task, such as task.last_agent, or a text in quotes"
	text, ok := r.optional(path, v)
	if !ok {
		return nil
	}
	if PrefixWorker.Valid(text) {
		return &operand{constant: stringValue(text)}
	}
	if len(text) > MaxExpression {
		r.add(path, fmt.Sprintf("is longer than %d bytes", MaxExpression))
		return nil
	}
	p := parser{lexer: lexer{text: text}, scope: ScopeMatch}
	err := p.advance()
	var o operand
	if err == nil {
		o, err = p.operand()
	}
	switch {
	case err != nil:
		r.expressionError(path, err)
	case p.token.symbol != symEnd,
		o.key != nil && o.key.of != ofTask,
		o.key == nil && o.constant.kind != kindString:
		r.add(path, what)
	}
	return &o
}

func (r *configurationReader) expression(path, text string, scope Scope) Expression {
	e, err := ParseExpression(text, scope)
	r.expressionError(path, err)
	return e
}

func (r *configurationReader) expressionError(path string, err error) {
	if wrong, ok := errors.AsType[*ExpressionError](err); ok {
		r.add(path, fmt.Sprintf("at offset %d: %s", wrong.Offset, wrong.Reason))
	}
}

// text reads a string.
func (r *configurationReader) text(path string, v json.RawMessage) (s string, ok bool) {
	if err := json.Unmarshal(v, &s); err != nil {
		r.add(path, "must be a text")
		return "", false
	}
	return s, true
}

// optional reads a string that may as well be empty.
func (r *configurationReader) optional(path string, v json.RawMessage) (s string, ok bool) {
	s, ok = r.text(path, v)
	return s, ok && strings.TrimSpace(s) != ""
}

// integer reads a whole number, which may be quoted.
func (r *configurationReader) integer(path string, v json.RawMessage, least, most int) (n int, ok bool) {
	text := string(v)
	if v[0] == '"' {
		if text, ok = r.optional(path, v); !ok {
			return 0, false
		}
	}
	wide, ok := numberValue(text).integer()
	if !ok || wide < int64(least) || wide > int64(most) {
		r.add(path, fmt.Sprintf("must be a whole number from %d to %d", least, most))
		return 0, false
	}
	return int(min(wide, math.MaxInt32)), true
}

// object reads the fields of an object that are not null. It is false if it is none.
func (r *configurationReader) object(path string, v json.RawMessage, known fields) bool {
	if r.full() {
		return false
	}
	members, ok := membersOf(v)
	if !ok {
		r.add(path, "must be an object")
		return false
	}
	seen := map[string]bool{}
	for _, m := range members {
		at := strings.TrimPrefix(path+"."+shownName(m.name), ".")
		read := known[m.name]
		switch {
		case read == nil:
			names := slices.Sorted(maps.Keys(known))
			r.add(at, "is not known here; known are "+strings.Join(names, ", "))
		case seen[m.name]:
			r.add(at, "stands there twice")
		case string(m.value) != "null":
			read(at, m.value)
		}
		seen[m.name] = true
	}
	return true
}

// shownName is a field's name in a path, quoted if it could be mistaken for more.
func shownName(name string) string {
	if name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
		return clip(name)
	}
	return clip(strconv.Quote(name))
}

func (r *configurationReader) array(path string, v json.RawMessage) ([]json.RawMessage, bool) {
	var elements []json.RawMessage
	if err := json.Unmarshal(v, &elements); err != nil {
		r.add(path, "must be a list")
		return nil, false
	}
	return elements, true
}
