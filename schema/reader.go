package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// maxExponent bounds the written exponents of numbers in definitions: all of
// float64, subnormal numbers included. gojsonschema takes minutes over numbers
// like 1e-1000000. It may grow with a release, but never shrink.
const maxExponent = 324

// How much is said about one definition: faults of the document (keys that
// stand twice and the like), and bytes of problems in all. A definition can be
// made so that it has a problem in every few bytes, each with a long pointer.
const (
	maxFaults       = 100
	maxProblemBytes = 1 << 20
)

// maxID is the length of a schema ID in bytes.
const maxID = 128

// reader reads a definition and collects all that is wrong with it.
type reader struct {
	limits   Limits
	idBytes  int
	bounds   jsonscan.Bounds
	problems []Problem
	faulty   map[string]bool // pointers to what cannot be read, and is reported
	room     int             // for more problems, in bytes
	size     int             // of the patterns so far
	overfull bool            // a pattern did not fit into what was left
	places   int             // decimal places of the numbers so far
}

// newReader takes limits that have their defaults.
func newReader(l Limits) *reader {
	return &reader{
		limits:  l,
		idBytes: maxID,
		room:    maxProblemBytes,
		bounds:  jsonscan.Bounds{Depth: l.Depth, NumberBytes: l.NumberBytes, Exponent: maxExponent},
	}
}

// newRereader returns a reader for what was accepted before: nothing that may
// be set, or tightened by a later release, limits it.
func newRereader() *reader {
	r := newReader(unlimited())
	r.idBytes = math.MaxInt
	return r
}

// problem notes what is wrong with a value, unless it cannot be read anyway.
func (r *reader) problem(pointer string, code ProblemCode, detail string, args ...any) {
	if !r.faulty[pointer] {
		r.note(Problem{pointer, code, fmt.Sprintf(detail, args...)})
	}
}

// unknown notes a key that has no place where it stands, whatever its value, and which of those
// that have one was probably meant.
func (r *reader) unknown(pointer, what string, key []byte, known []string) {
	guess := ""
	if len(r.problems) < mostGuessed {
		guess = meant(string(key), known)
	}
	r.note(Problem{pointer, ProblemUnknown, fmt.Sprintf("%s %q%s", what, key, guess)})
}

func (r *reader) note(p Problem) {
	if !r.full() {
		const overhead = 64 // of a Problem beside its texts
		r.problems = append(r.problems, p)
		r.room -= len(p.Pointer) + len(p.Detail) + overhead
	}
}

// full says that no more problems are noted, so reading on is of no use.
func (r *reader) full() bool { return r.room <= 0 }

// err returns what was found as a *DefinitionError, or nil.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &DefinitionError{Problems: sortProblems(r.problems)}
}

// open looks through a document that comes from outside and reports all its
// faults; not ok if it is not JSON at all.
func (r *reader) open(at string, data []byte, b jsonscan.Bounds) (v jsonscan.Value, ok bool) {
	if err := jsonscan.Check(data, b); err != nil {
		r.fault(at, data, err)
		return v, false
	}
	for _, f := range jsonscan.Faults(data, b, maxFaults) {
		r.fault(at, data, f)
	}
	return jsonscan.Outline(data, b), true
}

// broken says where a document is no JSON, and why: a comma after the last member is easily
// written, and hard to see. The byte that is named is the last one that was read.
func broken(data []byte) string {
	err, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(data, &json.RawMessage{}))
	if !ok {
		return ""
	}
	at, why := max(0, min(int(err.Offset), len(data))-1), err.Error()
	if r, size := utf8.DecodeRune(data[at:]); size > 1 {
		// It takes the first byte for a character, which nobody has written.
		why = strings.Replace(why, strconv.QuoteRune(rune(data[at])), strconv.QuoteRune(r), 1)
	}
	line, column := 1+bytes.Count(data[:at], []byte("\n")), at-bytes.LastIndexByte(data[:at], '\n')
	return fmt.Sprintf(" in line %d, at byte %d: %s", line, column, why)
}

// fault notes a fault of a document.
func (r *reader) fault(at string, data []byte, err *jsonscan.Error) {
	at += jsonscan.Pointer(err.Path...)
	switch err.Fault {
	case jsonscan.Syntax:
		r.problem(at, ProblemSyntax, "not valid JSON%s", broken(data))
	case jsonscan.Trailing:
		r.problem(at, ProblemSyntax, "data after the JSON value")
	case jsonscan.Duplicate:
		r.problem(at, ProblemDuplicate, "the key stands twice")
	case jsonscan.Unicode:
		r.unreadable(at, ProblemSyntax, "not valid Unicode")
	case jsonscan.TooDeep:
		r.unreadable(at, ProblemLimit, "nested deeper than "+strconv.Itoa(r.bounds.Depth))
	case jsonscan.NumberBounds:
		r.unreadable(at, ProblemLimit, "number out of bounds")
	}
}

// unreadable notes a problem of a value, or its key, about which nothing else
// is to be said.
func (r *reader) unreadable(at string, code ProblemCode, detail string) {
	r.problem(at, code, "%s", detail)
	if r.faulty == nil {
		r.faulty = make(map[string]bool)
	}
	r.faulty[at] = true
}

// members returns the members of what must be an object.
func (r *reader) members(at string, v jsonscan.Value) []jsonscan.Member {
	if v.Kind != jsonscan.Object {
		r.problem(at, ProblemInvalid, "must be an object")
		return nil
	}
	return jsonscan.OutlineMembers(v, r.bounds)
}

// text returns the text of what must be a string.
func (r *reader) text(at string, v jsonscan.Value) (string, bool) {
	if v.Kind != jsonscan.String {
		r.problem(at, ProblemInvalid, "must be a string")
		return "", false
	}
	return v.Text(), true
}

func (r *reader) reported(pointer string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Pointer == pointer })
}
