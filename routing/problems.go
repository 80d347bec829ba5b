package routing

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with what was given.
type Problem struct {
	// Path is where, in JSON, such as "task_routing.filters[0].targets[1].expression".
	// Empty: the whole.
	Path string
	// Message is what is wrong, and what would be right.
	Message string
	// Code is the platform's error code, 0 if none is documented.
	Code int
}

// String gives the path and the message.
func (p Problem) String() string {
	s := p.Message
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Code != 0 {
		s += fmt.Sprintf(" (%d)", p.Code)
	}
	return s
}

// ProblemsError is all that is wrong with what was given, in its order.
type ProblemsError struct {
	Problems []Problem // at least one
}

// Error gives the first problems, and how many more there are.
func (e *ProblemsError) Error() string {
	const most = 5
	var b strings.Builder
	for n, p := range e.Problems {
		if n == most {
			fmt.Fprintf(&b, "; and %d more", len(e.Problems)-n)
			break
		}
		if n > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.String())
	}
	return b.String()
}
