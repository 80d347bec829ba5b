// Package ecma reads regular expressions as ECMA-262 defines them in Unicode
// mode, and translates those that RE2 can do into RE2, the dialect of package
// regexp.
//
// The two dialects share most of their look and differ in meaning: \s, \d and
// the dot match other characters, \Z and (?i) are RE2 but not ECMA-262, \cJ
// and [^] are ECMA-262 but not RE2. So a pattern is parsed, not patched.
package ecma

import (
	"errors"
	"fmt"
	"strconv"
)

// The classes of errors.
var (
	ErrSyntax      = errors.New("not an ECMA-262 regular expression")
	ErrUnsupported = errors.New("not supported")
	ErrTooComplex  = errors.New("too complex") // for RE2, whatever the limit
	ErrTooLarge    = errors.New("too large")
)

// Error says what is wrong with a pattern and where. It wraps one of the
// classes.
type Error struct {
	Offset int // in bytes
	Reason string
	Class  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%v: %s at offset %d", e.Class, e.Reason, e.Offset)
}

// Unwrap returns the class.
func (e *Error) Unwrap() error { return e.Class }

// Program is a translated pattern.
type Program struct {
	RE2 string
	// Size is at least the number of instructions that RE2 compiles.
	Size int
}

// Those of RE2 may be raised with a release, but never lowered: what was
// translated once must be translated ever after.
const (
	maxDepth  = 250     // of groups; RE2 allows some 1,000 levels of any kind
	maxRepeat = 1000    // of RE2, nested repetitions multiplied
	maxSize   = 1 << 30 // sizes stop growing here
)

// Valid says whether the pattern is a regular expression by the syntax of
// ECMA-262, whether or not it can be translated.
func Valid(pattern string) bool {
	p := parser{src: pattern, syntaxOnly: true}
	_, err := p.pattern()
	return err == nil
}

// Translate returns the RE2 expression that matches the same strings, if its
// size is at most limit. The error wraps ErrSyntax, else ErrUnsupported
// (lookaround, back references, some Unicode properties), else ErrTooComplex,
// else ErrTooLarge.
func Translate(pattern string, limit int) (Program, error) {
	p := parser{src: pattern, budget: limit}
	whole, err := p.pattern()
	if err != nil {
		return Program{}, err
	}
	if whole.repeats > maxRepeat {
		p.refuse(0, "nested repetitions", ErrTooComplex)
	}
	if whole.size > limit {
		p.refuse(0, "its size is "+strconv.Itoa(whole.size), ErrTooLarge)
	}
	for _, class := range []error{ErrUnsupported, ErrTooComplex, ErrTooLarge} {
		if refusal := p.refused[class]; refusal != nil {
			return Program{}, refusal
		}
	}
	return Program{p.out.String(), whole.size}, nil
}

// extent is how large a part of a pattern is.
type extent struct {
	size    int // in instructions, at most
	repeats int // the highest product of nested repetitions
}

func (e extent) plus(other extent) extent {
	return extent{min(e.size+other.size, maxSize), max(e.repeats, other.repeats)}
}

// repeated is the extent of what is written out that many times.
func (e extent) repeated(times int) extent {
	if times == 0 {
		return extent{2, 0}
	}
	return extent{min((e.size+1)*times+2, maxSize), min(max(e.repeats, 1)*times, maxSize)}
}

// single is the extent of a character or assertion.
var single = extent{size: 1}
