package routing

import (
	"fmt"
	"slices"
	"strings"
)

// Bounds of expressions. TaskRouter documents none; real expressions have a few hundred
// characters. They are what keeps looking at a worker cheap, whoever wrote the
// expression: the worst one, about the worst worker, takes some tens of milliseconds,
// and one as they are written less than a microsecond.
const (
	// MaxExpression is how long an expression may be, in bytes, as it is written and in
	// its canonical form. It leaves room for a list of some thousand telephone numbers.
	MaxExpression = 64 << 10
	// MaxExpressionDepth is how deep parentheses may nest.
	MaxExpressionDepth = 64
	// MaxExpressionKeys is how many keys there may be in one expression, and so how
	// much longer than [MaxExpression] it can become when a task is bound: by this many
	// times the attributes of the task.
	MaxExpressionKeys = 512
)

// Expression is a condition in TaskRouter's language ("Using TaskRouter Expressions"):
// comparisons of constants and keys, joined by AND and OR.
//
// Constants are 'text' or "text", numbers, true, false, null and lists of them
// (['en', 'es']). In text, a backslash is followed by one of ' " \ / b f n r t or by
// uXXXX, as in JSON. Keys are names with dots and [indexes]; names have letters, digits,
// _ and $, no hyphens. A key that leads nowhere is NULL. Operators and constants in
// words are accepted in any case; the documentation has them as AND and as in.
//
//	a == b, a = b   equal: scalars of one kind, with the same value; NULL equals NULL
//	a != b          scalars that are not equal, also if their kinds are not; NULL differs from all others
//	a < b, <= > >=  both numbers, or both strings (in the order of their characters)
//	a CONTAINS b    a string in a string
//	a HAS b         the array has the scalar
//	a IN b, NOT IN  the scalar is in the array, or it is not
//
// A comparison with an operand that its operator is not for is false: an array with ==
// or !=, a scalar with IN, numbers with CONTAINS, and so NOT IN, too, if there is no
// array. What is missing counts as the scalar NULL. == null and != null ask whether
// there is anything, and are for arrays and objects as well.
//
// AND binds tighter than OR. The zero Expression has no condition: it always holds.
type Expression struct {
	scope Scope
	root  node
}

// ExpressionError says why a text is no expression, and where.
type ExpressionError struct {
	Offset int    // in bytes, from the beginning of the text
	Reason string // what is wrong, and what would be right
}

// Error gives the place and the reason.
func (e *ExpressionError) Error() string {
	return fmt.Sprintf("expression, at offset %d: %s", e.Offset, e.Reason)
}

// ParseExpression reads an expression. The scope says what its keys mean; a key that
// means nothing there is refused, such as worker.level in the filter of a workflow,
// which would only ever be NULL.
//
// For [ScopeWorker], a text without anything in it is an expression that never holds:
// "if this value is empty, tasks will wait in the queue" (TaskRouter's documentation,
// "TaskQueue").
//
// The error is an [*ExpressionError]. A text over a bound is refused before it is read.
func ParseExpression(text string, scope Scope) (Expression, error) {
	if len(text) > MaxExpression {
		return Expression{}, &ExpressionError{
			Offset: MaxExpression,
			Reason: fmt.Sprintf("is longer than %d bytes", MaxExpression),
		}
	}
	if scope == ScopeWorker && strings.TrimSpace(text) == "" {
		return Expression{scope: scope, root: never}, nil
	}
	p := parser{lexer: lexer{text: text}, scope: scope}
	root, err := p.parse()
	if err != nil {
		return Expression{}, err
	}
	e := Expression{scope: scope, root: root}
	if len(e.root.appendTo(nil)) > MaxExpression {
		return Expression{}, &ExpressionError{
			Offset: len(text),
			Reason: fmt.Sprintf("is longer than %d bytes in its canonical form", MaxExpression),
		}
	}
	return e, nil
}

// Scope gives the scope that the expression was parsed for.
func (e Expression) Scope() Scope { return e.scope }

// Holds says whether the condition is met. What its scope does not look at may be left
// out of the facts; what is missing is NULL. It does not allocate for attributes that
// were parsed, and takes time in proportion to the expression and the attributes that
// it looks at.
func (e Expression) Holds(f Facts) bool { return e.root.holds(&f) }

// Constant says whether the condition is met, if that is known without facts: after
// [Expression.Bind], "nobody can take this task".
func (e Expression) Constant() (holds, known bool) {
	switch {
	case e.root.isAlways():
		return true, true
	case e.root.isNever():
		return false, true
	}
	return false, false
}

// String gives the expression in its canonical form: the same condition, written with
// one space around operators, single quotes, numbers in their shortest form, lists
// sorted, and parentheses only where they are needed. [ParseExpression] gives an equal
// expression from it.
//
// 1 == 1 is what always holds, 1 == 0 what never does. A bound expression may be longer
// than what ParseExpression accepts (see [MaxExpressionKeys]); its text is then good as
// a name for the demand only.
func (e Expression) String() string { return string(e.root.appendTo(nil)) }

// Keys gives the keys that the expression looks at, sorted, each once, as they are
// written: whether it holds can change only if what one of them leads to does.
func (e Expression) Keys() []string {
	var keys []string
	e.root.walk(func(c *comparison) {
		for _, o := range []operand{c.left, c.right} {
			if o.key != nil {
				keys = append(keys, o.key.text)
			}
		}
	})
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Explain says in words why the expression does not hold, for the trace of a decision:
// the first comparison that fails, and what its keys led to; of several of which one
// would do, how many there are, and the first. It is empty if the expression holds.
func (e Expression) Explain(f Facts) string {
	if e.root.holds(&f) {
		return ""
	}
	failing, alternatives := &e.root, 0
	for failing.join != compare && len(failing.parts) > 0 {
		if failing.join == anyOf && alternatives == 0 {
			alternatives = len(failing.parts)
		}
		for i := range failing.parts {
			if part := &failing.parts[i]; !part.holds(&f) {
				failing = part
				break
			}
		}
	}
	text := failing.appendTo(nil)
	if failing.join == compare {
		text = failing.comparison.appendFacts(text, &f)
	}
	if alternatives > 0 {
		return fmt.Sprintf("none of %d alternatives holds, such as %s", alternatives, clip(string(text)))
	}
	return clip(string(text))
}

// clip keeps explanations short.
func clip(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
