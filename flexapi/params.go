package flexapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/engage-interactions/engage/routing"
)

// params are the parameters of a query or of a form. What is wrong with those that are read
// is kept, so that all of it is told at once.
type params struct {
	values   url.Values
	problems []routing.Problem
}

// has reports whether a parameter is there, however empty.
func (p *params) has(name string) bool { return p.values.Has(name) }

// problem keeps what is wrong with a parameter. Its path is the name that it has in JSON.
func (p *params) problem(name, message string) {
	p.problems = append(p.problems, routing.Problem{Path: snake(name), Message: message, Code: routing.CodeInvalid})
}

// err says all that is wrong with what was read; nil: nothing is.
func (p *params) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	return &routing.ProblemsError{Problems: p.problems}
}

// text returns a parameter, empty if it is not there. One that is there twice cannot be
// meant.
func (p *params) text(name string) string {
	if len(p.values[name]) > 1 {
		p.problem(name, "is given more than once")
		return ""
	}
	return p.values.Get(name)
}

// field is a part of a form that is JSON.
func (p *params) field(name string) []byte { return []byte(p.text(name)) }

// textIf returns a parameter that changes something; nil: it is not there, and nothing
// changes. An empty one takes away what was there.
func (p *params) textIf(name string) *string {
	if !p.has(name) {
		return nil
	}
	text := p.text(name)
	return &text
}

// needed returns a parameter that must be there.
func (p *params) needed(name string) string {
	text := p.text(name)
	if text == "" && len(p.values[name]) < 2 {
		p.missing(name)
	}
	return text
}

// missing says that a parameter must be there, in the platform's words.
func (p *params) missing(name string) {
	p.problem(name, "Missing required parameter "+name+" in the post body")
}

// number returns a whole number within bounds; nil: there is none.
func (p *params) number(name string, least, most int) *int {
	text := p.text(name)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		p.problem(name, fmt.Sprintf("must be a whole number, %d to %d", least, most))
		return nil
	}
	return &n
}

// truth returns true or false; nil: there is neither.
func (p *params) truth(name string) *bool {
	var value bool
	switch strings.ToLower(p.text(name)) {
	case "":
		return nil
	case "true", "1", "yes":
		value = true
	case "false", "0", "no":
	default:
		p.problem(name, "must be true or false")
		return nil
	}
	return &value
}

// time returns a time; nil: there is none.
func (p *params) time(name string) *time.Time {
	text := p.text(name)
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		p.problem(name, "must be a time in ISO 8601, such as 2026-05-01T12:00:00Z")
		return nil
	}
	return &t
}

// attributes returns attributes; nil: there are none.
func (p *params) attributes() *routing.Attributes {
	const name = "Attributes"
	if !p.has(name) {
		return nil
	}
	a, err := routing.ParseAttributes(p.text(name))
	if err != nil {
		p.problem(name, strings.TrimPrefix(err.Error(), "attributes: "))
		return nil
	}
	return &a
}

// choice returns a parameter that is one of a few; empty: it is not there.
func choice[T ~string](p *params, name string, values []T) T {
	value := T(p.text(name))
	if value != "" && !slices.Contains(values, value) {
		texts := make([]string, len(values))
		for n, v := range values {
			texts[n] = string(v)
		}
		p.problem(name, "must be one of "+strings.Join(texts, ", "))
		return ""
	}
	return value
}

// cannot refuses parameters that the platform has and this endpoint has not: to ignore them
// would be to do something else than was asked for.
func (p *params) cannot(names ...string) {
	for _, name := range names {
		if p.values.Get(name) != "" {
			p.problem(name, "is not supported here")
		}
	}
}

// or is what a pointer points to, or else a value.
func or[T any](pointer *T, otherwise T) T {
	if pointer == nil {
		return otherwise
	}
	return *pointer
}

// snake is the name that a parameter has in JSON: friendly_name of FriendlyName.
func snake(name string) string {
	var b strings.Builder
	for n, r := range name {
		if unicode.IsUpper(r) && n > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
