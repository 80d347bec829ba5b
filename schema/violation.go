package schema

import (
	"cmp"
	"slices"
)

// Violation is one way in which a payload does not conform. It never holds a
// value of the payload; undeclared property names do show in its pointer.
type Violation struct {
	// Pointer is a JSON Pointer into the payload. That of a missing property
	// names the property.
	Pointer string `json:"pointer"`
	Code    Code   `json:"code"`
	// Expected is what the schema demands, from the definition; with
	// CodePatternSteps it is the limit, and with CodeUndeclared the property that is
	// declared, not in the payload, and probably meant, if there is such.
	Expected string `json:"expected,omitempty"`
	// Got is the JSON type of the value: string, number, boolean, null, array
	// or object. It is empty for a missing property.
	Got string `json:"got,omitempty"`
}

// Code is the rule that a violation breaks.
type Code string

// The rules. Most are the JSON Schema keywords of the same name.
const (
	CodeRequired         Code = "required"     // missing, or left out because it does not conform
	CodeUndeclared       Code = "undeclared"   // the schema does not declare such a property
	CodeType             Code = "type"         //
	CodeIntegerRange     Code = "integerRange" // an integer beyond 64 bits (see Options.BigIntegers)
	CodeFormat           Code = "format"
	CodeEnum             Code = "enum"
	CodeConst            Code = "const"
	CodeMinimum          Code = "minimum"
	CodeMaximum          Code = "maximum"
	CodeExclusiveMinimum Code = "exclusiveMinimum"
	CodeExclusiveMaximum Code = "exclusiveMaximum"
	CodeMultipleOf       Code = "multipleOf"
	CodeMinLength        Code = "minLength"
	CodeMaxLength        Code = "maxLength"
	CodePattern          Code = "pattern"
	CodePatternSteps     Code = "patternSteps" // not matched: the payload is beyond Limits.PatternSteps
)

// String returns the violation as one line: the pointer, and what is wrong.
func (v Violation) String() string {
	text := string(v.Code)
	switch v.Code {
	case CodeRequired:
		text = "is required, and missing or left out"
	case CodeUndeclared:
		text = "is not declared"
		if v.Expected != "" {
			text += `: did you mean "` + v.Expected + `"?`
		}
	case CodeType, CodeIntegerRange:
		text = "must be of type " + v.Expected + ", and is " + v.Got
	case CodePatternSteps:
		text = "is not matched: the payload takes more steps than " + v.Expected
	case CodeFormat, CodeEnum, CodeConst, CodeMinimum, CodeMaximum, CodeExclusiveMinimum, CodeExclusiveMaximum,
		CodeMultipleOf, CodeMinLength, CodeMaxLength, CodePattern:
		text = "does not conform to " + text + " " + v.Expected
	}
	return v.Pointer + ": " + text
}

func sortViolations(vs []Violation) {
	slices.SortFunc(vs, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code))
	})
}
