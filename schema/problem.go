package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one reason why a definition is refused.
type Problem struct {
	// Pointer is a JSON Pointer into the definition document, such as
	// "/jsonSchema/properties/price/type".
	Pointer string      `json:"pointer"`
	Code    ProblemCode `json:"code"`
	// Detail says what is wrong, for people.
	Detail string `json:"detail,omitempty"`
}

// String returns the problem as one line: pointer and detail.
func (p Problem) String() string {
	if p.Pointer == "" {
		return p.Detail
	}
	return p.Pointer + ": " + p.Detail
}

// ProblemCode is what is wrong with a definition.
type ProblemCode string

// The problems a definition can have.
const (
	ProblemSyntax      ProblemCode = "syntax"      // not one JSON document, invalid UTF-8, a lone surrogate
	ProblemDuplicate   ProblemCode = "duplicate"   // a key, or a name in required, that stands twice
	ProblemLimit       ProblemCode = "limit"       // over one of the Limits, or a number out of bounds
	ProblemMissing     ProblemCode = "missing"     // a keyword that must be there
	ProblemUnknown     ProblemCode = "unknown"     // a keyword, type or format that is not supported
	ProblemInvalid     ProblemCode = "invalid"     // a keyword whose value is not what it must be
	ProblemUndeclared  ProblemCode = "undeclared"  // required names a property that is not declared
	ProblemReserved    ProblemCode = "reserved"    // productSku that is not a string
	ProblemPattern     ProblemCode = "pattern"     // not an ECMA-262 regular expression
	ProblemUnsupported ProblemCode = "unsupported" // a pattern with lookaround, back references or the like
)

// DefinitionError says why a definition is refused. Problems is never empty
// and is sorted by pointer, then code. A definition that is made to have very
// many problems (a megabyte of them, or 100 keys that stand twice, lone
// surrogates and the like) does not get all of them listed.
type DefinitionError struct {
	Problems []Problem
}

// Error names the first few problems. It quotes the definition, never a
// payload.
func (e *DefinitionError) Error() string {
	const shown = 5
	var b strings.Builder
	b.WriteString("schema: invalid definition: ")
	for i, p := range e.Problems {
		if i == shown {
			fmt.Fprintf(&b, "; and %d more", len(e.Problems)-shown)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// Has says whether one of the problems has the code.
func (e *DefinitionError) Has(code ProblemCode) bool {
	return slices.ContainsFunc(e.Problems, func(p Problem) bool { return p.Code == code })
}

func sortProblems(ps []Problem) []Problem {
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	return slices.Compact(ps)
}
