package schema

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// ChangeCode is the kind of a change.
type ChangeCode string

// The kinds.
const (
	ChangePropertyAdded   ChangeCode = "propertyAdded"
	ChangePropertyRemoved ChangeCode = "propertyRemoved"
	ChangeRequired        ChangeCode = "required" // of a property: optional before
	ChangeOptional        ChangeCode = "optional" // of a property: required before
	ChangeRule            ChangeCode = "rule"     // a keyword that says which values conform
	ChangeDisplay         ChangeCode = "display"  // what does not: labels, order, flags
)

// Change is one difference between two definitions.
type Change struct {
	// Pointer is a JSON Pointer to the property or keyword in the definition
	// document.
	Pointer string     `json:"pointer"`
	Code    ChangeCode `json:"code"`
	// From and To are the keyword before and after; empty is absent. For the
	// order of the properties they are JSON arrays of names.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Breaking says that a payload may have conformed in full before
	// (accepted, and nothing left out) and no longer does. If no change is
	// breaking there is no such payload. Where that cannot be told exactly,
	// as between two patterns, it is breaking.
	Breaking bool `json:"breaking"`
}

// Compare returns what a new definition changes, sorted by pointer. Properties
// without a sort order, or with the same one, are seen in the order in which
// they are declared: if that changes among those that both declare, it is a
// change at /jsonSchema/properties, from names to names. IDs are not compared,
// nor are the options that the schemas were compiled with: it is about the
// definitions, under the same options.
func Compare(old, next *Schema) []Change {
	var changes []Change
	if from, to := old.def.DisplayName, next.def.DisplayName; from != to {
		changes = append(changes, Change{"/displayName", ChangeDisplay, from, to, false})
	}
	for _, o := range old.declared {
		if n := next.byName[o.Name]; n != nil {
			changes = append(changes, compareProperties(o, n)...)
		} else {
			// Its value would be left out.
			changes = append(changes, Change{propertyPointer(o), ChangePropertyRemoved, string(o.Type), "", true})
		}
	}
	for _, n := range next.declared {
		if old.byName[n.Name] == nil {
			// No payload that conformed in full has such a property.
			changes = append(changes, Change{propertyPointer(n), ChangePropertyAdded, "", string(n.Type), n.Required})
		}
	}
	if from, to := order(old.declared, old, next), order(next.declared, old, next); from != to {
		changes = append(changes, Change{"/jsonSchema/properties", ChangeDisplay, from, to, false})
	}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code))
	})
	return changes
}

func propertyPointer(d *declared) string { return jsonscan.Pointer("jsonSchema", "properties", d.Name) }

// order returns the names of those properties that both schemas declare, in the
// order given, as the sort orders of next arrange them. So the change of a sort
// order, which is reported by itself, is no change of this.
func order(props []*declared, old, next *Schema) string {
	both := slices.DeleteFunc(slices.Clone(props), func(d *declared) bool { return old.byName[d.Name] == nil || next.byName[d.Name] == nil })
	slices.SortStableFunc(both, func(a, b *declared) int {
		return cmp.Compare(place(next.byName[a.Name]), place(next.byName[b.Name]))
	})
	names := make([]string, len(both))
	for i, d := range both {
		names[i] = d.Name
	}
	text, _ := json.Marshal(names) // valid strings
	return string(text)
}

func compareProperties(old, next *declared) []Change {
	var changes []Change
	at := propertyPointer(next)
	switch {
	case next.Required && !old.Required:
		changes = append(changes, Change{Pointer: at, Code: ChangeRequired, Breaking: true})
	case old.Required && !next.Required:
		changes = append(changes, Change{Pointer: at, Code: ChangeOptional})
	}
	for _, c := range comparisons {
		from, to := c.text(old), c.text(next)
		if from == to {
			continue
		}
		change := Change{Pointer: at + "/" + c.keyword, Code: ChangeDisplay, From: from, To: to}
		if c.narrows != nil {
			change.Code = ChangeRule
			// A keyword that does not concern the type says nothing.
			change.Breaking = to != "" && concerns(c.types, next.Type) && c.narrows(old, next)
		}
		changes = append(changes, change)
	}
	return changes
}

// comparison is how one keyword is compared.
type comparison struct {
	keyword string
	types   []Type // that it concerns; nil: all
	text    func(*declared) string
	// narrows says whether the new keyword may exclude a value that the old
	// property allowed; nil if the keyword excludes nothing.
	narrows func(old, next *declared) bool
}

var (
	strs    = []Type{TypeString}
	numbers = []Type{TypeNumber, TypeInteger}
)

var comparisons = []comparison{
	{"type", nil, func(d *declared) string { return string(d.Type) }, func(old, next *declared) bool {
		return old.Type != TypeInteger || next.Type != TypeNumber
	}},
	{"format", strs, func(d *declared) string { return string(d.Format) }, func(old, next *declared) bool {
		return !slices.Contains(widerFormats[old.Format], next.Format)
	}},
	{"enum", nil, enumText, func(old, next *declared) bool {
		return !covers(next.enum, old.allowed())
	}},
	{"const", nil, func(d *declared) string { return string(d.Const) }, func(old, next *declared) bool {
		return !covers(map[string]struct{}{next.constant: {}}, old.allowed())
	}},
	{"minimum", numbers, numberText(func(d *declared) json.Number { return d.Minimum }), func(old, next *declared) bool {
		return !old.lower().implies(bound{rational(next.Minimum), false}, +1)
	}},
	{"exclusiveMinimum", numbers, numberText(func(d *declared) json.Number { return d.ExclusiveMinimum }), func(old, next *declared) bool {
		return !old.lower().implies(bound{rational(next.ExclusiveMinimum), true}, +1)
	}},
	{"maximum", numbers, numberText(func(d *declared) json.Number { return d.Maximum }), func(old, next *declared) bool {
		return !old.upper().implies(bound{rational(next.Maximum), false}, -1)
	}},
	{"exclusiveMaximum", numbers, numberText(func(d *declared) json.Number { return d.ExclusiveMaximum }), func(old, next *declared) bool {
		return !old.upper().implies(bound{rational(next.ExclusiveMaximum), true}, -1)
	}},
	{"multipleOf", numbers, numberText(func(d *declared) json.Number { return d.MultipleOf }), func(old, next *declared) bool {
		step := rational(next.MultipleOf)
		return !isMultiple(rational(old.MultipleOf), step) &&
			!(old.Type == TypeInteger && isMultiple(big.NewRat(1, 1), step))
	}},
	{"minLength", strs, numberText(func(d *declared) json.Number { return d.MinLength }), func(old, next *declared) bool {
		return next.lengths.min > old.lengths.min
	}},
	{"maxLength", strs, numberText(func(d *declared) json.Number { return d.MaxLength }), func(old, next *declared) bool {
		return old.lengths.max < 0 || next.lengths.max < old.lengths.max
	}},
	{"pattern", strs, func(d *declared) string { return d.Pattern }, func(old, next *declared) bool { return true }},

	{"displayName", nil, func(d *declared) string { return d.DisplayName }, nil},
	{"sortOrder", nil, func(d *declared) string {
		if d.SortOrder == nil {
			return ""
		}
		return strconv.Itoa(*d.SortOrder)
	}, nil},
	{"showInContactCard", nil, func(d *declared) string { return flagText(d.ShowInContactCard) }, nil},
	{"addToSegmentation", nil, func(d *declared) string { return flagText(d.AddToSegmentation) }, nil},
}

func concerns(types []Type, t Type) bool { return types == nil || slices.Contains(types, t) }

func enumText(d *declared) string {
	if d.Enum == nil {
		return ""
	}
	values := make([]string, len(d.Enum))
	for i, v := range d.Enum {
		values[i] = string(v)
	}
	return "[" + strings.Join(values, ",") + "]"
}

// numberText makes different spellings of a number equal.
func numberText(of func(*declared) json.Number) func(*declared) string {
	return func(d *declared) string {
		if of(d) == "" {
			return ""
		}
		return parseDecimal(of(d).String()).String()
	}
}

func flagText(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// allowed returns the only values, in canonical form, that enum, const and
// type allow; nil if they are not to be counted.
func (d *declared) allowed() map[string]struct{} {
	var values map[string]struct{}
	if d.Type == TypeBoolean {
		values = map[string]struct{}{"true": {}, "false": {}}
	}
	restrict := func(to map[string]struct{}) {
		both := make(map[string]struct{})
		for v := range to {
			if _, ok := values[v]; (ok || values == nil) && fits(v, d.Type) {
				both[v] = struct{}{}
			}
		}
		values = both
	}
	if d.enum != nil {
		restrict(d.enum)
	}
	if d.Const != nil {
		restrict(map[string]struct{}{d.constant: {}})
	}
	return values
}

// fits says whether a canonical value, or "" for none, is of the type.
func fits(canonical string, t Type) bool {
	switch {
	case canonical == "":
		return false
	case canonical[0] == '"':
		return t == TypeString
	case canonical == "true" || canonical == "false":
		return t == TypeBoolean
	}
	return t == TypeNumber || t == TypeInteger && parseDecimal(canonical).isInteger()
}

// covers says whether all the values allowed are in set.
func covers(set, allowed map[string]struct{}) bool {
	if allowed == nil {
		return false
	}
	for v := range allowed {
		if _, ok := set[v]; !ok {
			return false
		}
	}
	return true
}

// bound is an end of a range of numbers; a nil number is no bound.
type bound struct {
	number    *big.Rat
	exclusive bool
}

func (d *declared) lower() bound { return stricter(d.Minimum, d.ExclusiveMinimum, +1) }
func (d *declared) upper() bound { return stricter(d.Maximum, d.ExclusiveMaximum, -1) }

// stricter returns the bound that excludes more. The sign is +1 for lower
// bounds and -1 for upper ones.
func stricter(inclusive, exclusive json.Number, sign int) bound {
	in, ex := bound{rational(inclusive), false}, bound{rational(exclusive), true}
	if in.implies(ex, sign) {
		return in
	}
	if ex.number == nil {
		return in
	}
	return ex
}

// implies says whether all numbers within b are within other.
func (b bound) implies(other bound, sign int) bool {
	if b.number == nil || other.number == nil {
		return other.number == nil
	}
	order := sign * b.number.Cmp(other.number)
	return order > 0 || order == 0 && (b.exclusive || !other.exclusive)
}

// rational returns a number without loss, nil for none. Those of a definition
// are within bounds that make this cheap.
func rational(n json.Number) *big.Rat {
	if n == "" {
		return nil
	}
	r, _ := new(big.Rat).SetString(n.String())
	return r
}

func isMultiple(n, of *big.Rat) bool {
	return n != nil && of != nil && new(big.Rat).Quo(n, of).IsInt()
}
