package schema

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/schema/internal/ecma"
	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// productSKU is reserved by seed 002, "Product information in interactions".
const productSKU = "productSku"

// declared is a property as it is checked: what the definition says about it,
// made ready.
type declared struct {
	Property
	index    int
	alias    string                 // inside the library
	pointer  string                 // of the property in payloads
	pattern  ecma.Program           // of Pattern
	match    *regexp.Regexp         // of Pattern, if it concerns the type
	format   func(string) bool      // of Format; nil: none
	enum     map[string]struct{}    // canonical values; nil: any
	constant string                 // canonical value of Const; "": none that a scalar can equal
	lengths  struct{ min, max int } // of strings; max -1: any
}

// property reads one property: first its keywords one by one, then what they
// are together.
func (r *reader) property(at, name string, v jsonscan.Value) *declared {
	d := &declared{Property: Property{Name: name}, pointer: jsonscan.Pointer(name)}
	d.lengths.max = -1
	if v.Kind != jsonscan.Object {
		r.problem(at, ProblemInvalid, "must be an object")
		return d
	}
	for _, m := range r.members(at, v) {
		if r.full() {
			break
		}
		at := at + jsonscan.Pointer(string(m.Key))
		if read, ok := keywords[string(m.Key)]; ok {
			read(r, d, at, m.Value)
		} else {
			r.unknown(at, "unsupported keyword", m.Key, Keywords())
		}
	}
	if d.Type == "" && !r.reported(at+"/type") {
		r.problem(at+"/type", ProblemMissing, "must be one of %q", Types())
	}
	if d.Format != "" && d.Type != "" && d.Type != TypeString {
		r.problem(at+"/format", ProblemInvalid, "only strings have a format")
	}
	if name == productSKU && d.Type != "" && d.Type != TypeString {
		r.problem(at+"/type", ProblemReserved, "%s is reserved and must be a string", productSKU)
	}
	return d
}

// keywords reads the keywords that a property may have.
var keywords = map[string]func(r *reader, d *declared, at string, v jsonscan.Value){
	"type": func(r *reader, d *declared, at string, v jsonscan.Value) {
		if v.Kind == jsonscan.String && slices.Contains(Types(), Type(v.Text())) {
			d.Type = Type(v.Text())
			return
		}
		r.problem(at, ProblemUnknown, "must be one of %q", Types())
	},
	"format": func(r *reader, d *declared, at string, v jsonscan.Value) {
		name, ok := r.text(at, v)
		if !ok {
			return
		}
		if d.format = checkers[Format(name)]; d.format == nil {
			r.unknown(at, "unknown format", []byte(name), formats())
			return
		}
		d.Format = Format(name)
	},
	"displayName": func(r *reader, d *declared, at string, v jsonscan.Value) { d.DisplayName, _ = r.text(at, v) },
	"sortOrder":   func(r *reader, d *declared, at string, v jsonscan.Value) { d.SortOrder = r.place(at, v) },
	"showInContactCard": func(r *reader, d *declared, at string, v jsonscan.Value) {
		d.ShowInContactCard = r.flag(at, v)
	},
	"addToSegmentation": func(r *reader, d *declared, at string, v jsonscan.Value) {
		d.AddToSegmentation = r.flag(at, v)
	},

	"enum":  (*reader).enum,
	"const": (*reader).constant,

	"minimum":          func(r *reader, d *declared, at string, v jsonscan.Value) { d.Minimum = r.number(at, v) },
	"maximum":          func(r *reader, d *declared, at string, v jsonscan.Value) { d.Maximum = r.number(at, v) },
	"exclusiveMinimum": func(r *reader, d *declared, at string, v jsonscan.Value) { d.ExclusiveMinimum = r.number(at, v) },
	"exclusiveMaximum": func(r *reader, d *declared, at string, v jsonscan.Value) { d.ExclusiveMaximum = r.number(at, v) },
	"multipleOf": func(r *reader, d *declared, at string, v jsonscan.Value) {
		d.MultipleOf = r.number(at, v)
		if n := parseDecimal(d.MultipleOf.String()); d.MultipleOf != "" && (n.negative || n.digits == "") {
			r.problem(at, ProblemInvalid, "must be greater than 0")
		}
	},

	"minLength": func(r *reader, d *declared, at string, v jsonscan.Value) {
		d.MinLength, d.lengths.min = r.length(at, v)
	},
	"maxLength": func(r *reader, d *declared, at string, v jsonscan.Value) {
		d.MaxLength, d.lengths.max = r.length(at, v)
	},
	"pattern": (*reader).pattern,
}

// Keywords returns the keywords that a property may have, sorted.
func Keywords() []string { return slices.Sorted(maps.Keys(keywords)) }

func (r *reader) enum(d *declared, at string, v jsonscan.Value) {
	if v.Kind != jsonscan.Array {
		r.problem(at, ProblemInvalid, "must be an array")
		return
	}
	if written(v.Raw) > r.limits.EnumBytes {
		r.problem(at, ProblemLimit, "more than %d bytes", r.limits.EnumBytes)
		return
	}
	elements := jsonscan.OutlineElements(v, r.bounds)
	if len(elements) > r.limits.EnumValues {
		r.problem(at, ProblemLimit, "more than %d values", r.limits.EnumValues)
		return
	}
	d.Enum = make([]json.RawMessage, 0, len(elements))
	d.enum = make(map[string]struct{}, len(elements))
	for _, e := range elements {
		d.Enum = append(d.Enum, slices.Clone(json.RawMessage(e.Raw)))
		// A property is a scalar, so no other value can ever equal it.
		if e.Kind.Scalar() {
			d.enum[canonical(e)] = struct{}{}
		}
	}
}

func (r *reader) constant(d *declared, at string, v jsonscan.Value) {
	if written(v.Raw) > r.limits.EnumBytes {
		r.problem(at, ProblemLimit, "more than %d bytes", r.limits.EnumBytes)
		return
	}
	d.Const = slices.Clone(json.RawMessage(v.Raw))
	if v.Kind.Scalar() {
		d.constant = canonical(v)
	}
}

func (r *reader) pattern(d *declared, at string, v jsonscan.Value) {
	text, ok := r.text(at, v)
	if !ok {
		return
	}
	if len(text) > r.limits.PatternBytes {
		r.problem(at, ProblemLimit, "more than %d bytes", r.limits.PatternBytes)
		return
	}
	program, err := ecma.Translate(text, r.limits.PatternSize-r.size)
	switch {
	case err == nil:
		d.Pattern, d.pattern = text, program
		r.size += program.Size
	case errors.Is(err, ecma.ErrTooLarge):
		if !r.overfull { // the limit is on all together, so this is said once
			r.problem(at, ProblemLimit, "with it, the patterns of the schema are larger than %d", r.limits.PatternSize)
		}
		r.overfull, r.size = true, r.limits.PatternSize // the rest is read, but not written out
	case errors.Is(err, ecma.ErrTooComplex):
		r.problem(at, ProblemLimit, "%v", err)
	case errors.Is(err, ecma.ErrUnsupported):
		r.problem(at, ProblemUnsupported, "%v", err)
	default:
		r.problem(at, ProblemPattern, "%v", err)
	}
}

// compilePattern makes the pattern ready. Package regexp has limits of its own,
// which only patterns far beyond the default limits reach.
func (d *declared) compilePattern() (ok bool) {
	if d.Type != TypeString || d.Pattern == "" {
		return true
	}
	var err error
	d.match, err = regexp.Compile(d.pattern.RE2)
	return err == nil
}

func (r *reader) number(at string, v jsonscan.Value) json.Number {
	if v.Kind != jsonscan.Number {
		r.problem(at, ProblemInvalid, "must be a number")
		return ""
	}
	if n := parseDecimal(string(v.Raw)); !n.isInteger() {
		if r.places -= n.exp; r.places > r.limits.DecimalPlaces {
			r.problem(at, ProblemLimit, "more than %d decimal places in all bounds", r.limits.DecimalPlaces)
		}
	}
	return json.Number(v.Raw)
}

// length reads a length as it is written, which may be 2.0, and as a number,
// which is cut to what any string can have.
func (r *reader) length(at string, v jsonscan.Value) (json.Number, int) {
	if v.Kind == jsonscan.Number {
		n := parseDecimal(string(v.Raw))
		if n.isInteger() && !n.negative {
			length, ok := n.int64()
			if !ok || length > math.MaxInt32 {
				length = math.MaxInt32
			}
			return json.Number(v.Raw), int(length)
		}
	}
	r.problem(at, ProblemInvalid, "must be a whole number, not negative")
	return "", -1
}

// flag reads a boolean, which may stand in quotes as in seed 002.
func (r *reader) flag(at string, v jsonscan.Value) bool {
	text := string(v.Raw)
	if v.Kind == jsonscan.String {
		text = v.Text()
	}
	if text != "true" && text != "false" {
		r.problem(at, ProblemInvalid, "must be true or false")
	}
	return text == "true"
}

// place reads a sort order: a 32-bit integer, which may stand in quotes.
func (r *reader) place(at string, v jsonscan.Value) *int {
	var n int64
	ok := false
	switch v.Kind {
	case jsonscan.Number:
		n, ok = parseDecimal(string(v.Raw)).int64()
	case jsonscan.String:
		var err error
		n, err = strconv.ParseInt(v.Text(), 10, 64)
		ok = err == nil
	case jsonscan.Null, jsonscan.Bool, jsonscan.Array, jsonscan.Object, jsonscan.Faulty:
	}
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		r.problem(at, ProblemInvalid, "must be a whole number of 32 bits")
		return nil
	}
	place := int(n)
	return &place
}
