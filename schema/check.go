package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// Check judges a payload. What is declared and conforms makes up the
// projection; what does not is left out, with the reasons. Checking records
// nothing, so it is also the dry run.
//
// The error is a *PayloadError and means that there is no result at all: the
// payload is not a JSON object, or is over a limit, or is ambiguous. A payload
// that merely does not conform is no error.
func (s *Schema) Check(payload []byte) (Result, error) {
	if len(payload) > s.opts.Limits.PayloadBytes {
		return Result{}, &PayloadError{Code: PayloadTooLarge}
	}
	return s.check(payload)
}

// check is Check for a payload of any size.
func (s *Schema) check(payload []byte) (Result, error) {
	var buffer [16]jsonscan.Member
	members, err := s.members(buffer[:0], payload)
	if err != nil {
		return Result{}, err
	}
	c := checking{schema: s, values: make(map[string]any, min(len(members), len(s.declared)))}
	for _, m := range members {
		c.member(m)
	}
	failures, err := s.library.validate(c.values)
	if err != nil {
		return Result{}, &PayloadError{Code: PayloadInternal}
	}
	for _, f := range failures {
		d := s.declared[f.index]
		c.violate(d, f.code, kindOf(c.values[d.alias]))
	}
	return c.result(members, len(payload)), nil
}

// members opens what claims to be a JSON object.
func (s *Schema) members(dst []jsonscan.Member, data []byte) ([]jsonscan.Member, error) {
	fault := jsonscan.Check(data, s.bounds)
	if fault == nil {
		if bytes.TrimLeft(data, " \t\r\n")[0] != '{' {
			return nil, &PayloadError{Code: PayloadNotObject}
		}
		if dst, fault = jsonscan.Members(dst, data, s.bounds); fault == nil {
			return dst, nil
		}
	}
	return nil, &PayloadError{
		Code: map[jsonscan.Fault]PayloadCode{
			jsonscan.Syntax:       PayloadSyntax,
			jsonscan.Trailing:     PayloadTrailing,
			jsonscan.Unicode:      PayloadUnicode,
			jsonscan.TooDeep:      PayloadTooDeep,
			jsonscan.Duplicate:    PayloadDuplicate,
			jsonscan.NumberBounds: PayloadNumber,
		}[fault.Fault],
		Pointer: jsonscan.Pointer(fault.Path[:min(1, len(fault.Path))]...),
	}
}

// checking is the state of one Check.
type checking struct {
	schema     *Schema
	values     map[string]any // declared scalars by alias, for the library
	failed     map[*declared]bool
	steps      int64       // of patterns
	violations []Violation // of declared properties
	undeclared []Violation
	strangers  []stranger // the first of those undeclared
}

// stranger is an undeclared name that may be meant for a declared one.
type stranger struct {
	name []byte
	at   int // among the undeclared
}

// member notes one member of the payload and checks all that the library does
// not.
func (c *checking) member(m jsonscan.Member) {
	d := c.schema.byName[string(m.Key)]
	if d == nil {
		if len(c.strangers) < mostGuessed && len(m.Key) <= longestName {
			c.strangers = append(c.strangers, stranger{m.Key, len(c.undeclared)})
		}
		c.undeclared = append(c.undeclared, Violation{
			Pointer: jsonscan.Pointer(string(m.Key)), Code: CodeUndeclared, Got: m.Kind.String(),
		})
		return
	}
	switch m.Kind {
	case jsonscan.String:
		text := m.Text()
		c.values[d.alias] = text
		c.pattern(d, text)
		if d.format != nil && !d.format(text) {
			c.violate(d, CodeFormat, m.Kind)
		}
	case jsonscan.Number:
		c.values[d.alias] = json.Number(m.Raw)
		if d.Type == TypeInteger && !c.schema.opts.BigIntegers && beyond64(m.Raw) {
			c.violate(d, CodeIntegerRange, m.Kind)
		}
	case jsonscan.Bool:
		c.values[d.alias] = m.Raw[0] == 't'
	case jsonscan.Null, jsonscan.Array, jsonscan.Object, jsonscan.Faulty: // of no type that a property has
		c.violate(d, CodeType, m.Kind)
	}
	if d.enum == nil && d.Const == nil {
		return
	}
	value := ""
	if m.Kind.Scalar() {
		value = canonical(m.Value)
	}
	if _, listed := d.enum[value]; d.enum != nil && !listed {
		c.violate(d, CodeEnum, m.Kind)
	}
	if d.Const != nil && (value == "" || value != d.constant) {
		c.violate(d, CodeConst, m.Kind)
	}
}

// pattern matches a string, unless it is left out for its length anyway.
func (c *checking) pattern(d *declared, text string) {
	if d.match == nil || d.lengths.max >= 0 && utf8.RuneCountInString(text) > d.lengths.max {
		return
	}
	steps := c.steps + int64(d.pattern.Size)*int64(len(text))
	if steps > int64(c.schema.opts.Limits.PatternSteps) {
		c.violate(d, CodePatternSteps, jsonscan.String)
		return
	}
	c.steps = steps
	if !d.match.MatchString(text) {
		c.violate(d, CodePattern, jsonscan.String)
	}
}

// beyond64 says whether a number is an integer that 64 bits do not hold.
func beyond64(literal []byte) bool {
	if len(literal) <= 18 && !bytes.ContainsAny(literal, "eE") {
		return false
	}
	n := parseDecimal(string(literal))
	_, ok := n.int64()
	return n.isInteger() && !ok
}

func (c *checking) violate(d *declared, code Code, got jsonscan.Kind) {
	if c.failed == nil {
		c.failed = make(map[*declared]bool)
	}
	c.failed[d] = true
	expected := d.expected(code)
	if code == CodePatternSteps {
		expected = strconv.Itoa(c.schema.opts.Limits.PatternSteps)
	}
	c.violations = append(c.violations, Violation{d.pointer, code, expected, got.String()})
}

// result puts together what was found.
func (c *checking) result(members []jsonscan.Member, size int) Result {
	projection := make([]byte, 1, size)
	projection[0] = '{'
	for _, m := range members {
		d := c.schema.byName[string(m.Key)]
		if d == nil || c.failed[d] {
			continue
		}
		if len(projection) > 1 {
			projection = append(projection, ',')
		}
		projection = append(append(projection, m.RawKey...), ':')
		projection = append(projection, m.Raw...)
	}
	r := Result{Accepted: true, Projection: append(projection, '}')}
	for _, d := range c.schema.required {
		if _, present := c.values[d.alias]; !present || c.failed[d] {
			r.Accepted = false
			c.violations = append(c.violations, Violation{Pointer: d.pointer, Code: CodeRequired})
		}
	}
	c.guess()
	if c.schema.opts.Strict && len(c.violations)+len(c.undeclared) > 0 {
		r.Accepted = false
	}
	r.Violations, r.Unlisted = c.listed()
	return r
}

// guess says which properties, declared and not in the payload, may be meant by undeclared ones.
func (c *checking) guess() {
	if len(c.strangers) == 0 || len(c.values) >= len(c.schema.declared) {
		return
	}
	var missing []string
	for _, d := range c.schema.declared {
		if _, present := c.values[d.alias]; !present && !c.failed[d] && len(missing) < mostNames {
			missing = append(missing, d.Name)
		}
	}
	for _, s := range c.strangers {
		c.undeclared[s.at].Expected = nearest(string(s.name), missing)
	}
}

// listed returns the violations in order, as many as the limit allows.
func (c *checking) listed() ([]Violation, int) {
	sortViolations(c.violations)
	sortViolations(c.undeclared)
	list := slices.Concat(c.violations, c.undeclared)
	unlisted := max(0, len(list)-c.schema.opts.Limits.Violations)
	list = list[:len(list)-unlisted]
	sortViolations(list)
	return list, unlisted
}

// expected describes what a rule demands of a property.
func (d *declared) expected(code Code) string {
	switch code {
	case CodeType:
		return string(d.Type)
	case CodeIntegerRange:
		return "64-bit integer"
	case CodeFormat:
		return string(d.Format)
	case CodeEnum:
		values := make([]string, len(d.Enum))
		for i, v := range d.Enum {
			values[i] = string(v)
		}
		return short("["+strings.Join(values, ",")+"]", 200)
	case CodeConst:
		return short(string(d.Const), 200)
	case CodeMinimum:
		return d.Minimum.String()
	case CodeMaximum:
		return d.Maximum.String()
	case CodeExclusiveMinimum:
		return d.ExclusiveMinimum.String()
	case CodeExclusiveMaximum:
		return d.ExclusiveMaximum.String()
	case CodeMultipleOf:
		return d.MultipleOf.String()
	case CodeMinLength:
		return d.MinLength.String()
	case CodeMaxLength:
		return d.MaxLength.String()
	case CodePattern:
		return d.Pattern
	case CodeRequired, CodeUndeclared, CodePatternSteps:
	}
	return ""
}

// short cuts a text to so many bytes, at a character.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// kindOf returns the JSON type of a value as the library gets it.
func kindOf(v any) jsonscan.Kind {
	switch v.(type) {
	case string:
		return jsonscan.String
	case bool:
		return jsonscan.Bool
	}
	return jsonscan.Number
}
