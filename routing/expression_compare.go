package routing

import "strings"

// operator compares two values.
type operator int

const (
	opEqual operator = iota
	opNotEqual
	opLess
	opLessOrEqual
	opGreater
	opGreaterOrEqual
	opContains
	opHas
	opIn
	opNotIn
)

// operators are how they are written, and which of them asks the same with its operands
// exchanged, if one does.
var operators = [...]struct {
	text     string
	mirrored operator
	mirrors  bool
}{
	opEqual:          {"==", opEqual, true},
	opNotEqual:       {"!=", opNotEqual, true},
	opLess:           {"<", opGreater, true},
	opLessOrEqual:    {"<=", opGreaterOrEqual, true},
	opGreater:        {">", opLess, true},
	opGreaterOrEqual: {">=", opLessOrEqual, true},
	opContains:       {text: "CONTAINS"},
	opHas:            {"HAS", opIn, true},
	opIn:             {"IN", opHas, true},
	opNotIn:          {text: "NOT IN"},
}

// holds compares. The rules stand at [Expression].
func (o operator) holds(l, r value) bool {
	switch o {
	case opEqual:
		return sameScalar(l, r)
	case opNotEqual:
		if l.kind == kindNull || r.kind == kindNull {
			return l.kind != r.kind
		}
		return l.kind.scalar() && r.kind.scalar() && !sameScalar(l, r)
	case opLess:
		c, ok := ordered(l, r)
		return ok && c < 0
	case opLessOrEqual:
		c, ok := ordered(l, r)
		return ok && c <= 0
	case opGreater:
		c, ok := ordered(l, r)
		return ok && c > 0
	case opGreaterOrEqual:
		c, ok := ordered(l, r)
		return ok && c >= 0
	case opContains:
		return l.kind == kindString && r.kind == kindString && strings.Contains(l.text, r.text)
	case opHas:
		return l.kind == kindArray && r.kind.scalar() && l.has(r)
	case opIn:
		return r.kind == kindArray && l.kind.scalar() && r.has(l)
	case opNotIn:
		return r.kind == kindArray && l.kind.scalar() && !r.has(l)
	}
	return false
}

// ordered compares what has an order.
func ordered(l, r value) (c int, ok bool) {
	switch {
	case l.kind == kindNumber && r.kind == kindNumber:
		return compareNumbers(l, r), true
	case l.kind == kindString && r.kind == kindString:
		return strings.Compare(l.text, r.text), true
	}
	return 0, false
}

// operand is one side of a comparison: a key, or else a constant.
type operand struct {
	key      *key
	constant value
}

func (o *operand) value(f *Facts) value {
	if o.key != nil {
		return o.key.value(f)
	}
	return o.constant
}

func (o *operand) appendTo(b []byte) []byte {
	if o.key != nil {
		return append(b, o.key.text...)
	}
	return appendValue(b, o.constant)
}

// comparison is the smallest condition.
type comparison struct {
	left, right operand
	operator    operator
}

func (c *comparison) appendTo(b []byte) []byte {
	b = append(c.left.appendTo(b), ' ')
	b = append(b, operators[c.operator].text...)
	return c.right.appendTo(append(b, ' '))
}

// appendFacts adds what the keys lead to.
func (c *comparison) appendFacts(b []byte, f *Facts) []byte {
	for _, o := range []operand{c.left, c.right} {
		if o.key == nil {
			continue
		}
		b = append(append(append(b, ", "...), o.key.text...), " is "...)
		if v := o.key.value(f); v.kind == kindObject {
			b = append(b, "an object"...)
		} else {
			b = appendValue(b, v.constant())
		}
	}
	return b
}

// join is how a condition is made of others.
type join int

const (
	allOf   join = iota // AND
	anyOf               // OR
	compare             // it is a comparison
)

// node is a condition: a comparison, or several conditions that are joined. All of none
// always holds, and so does the zero node; any of none never does.
type node struct {
	join       join
	parts      []node
	comparison comparison
}

var never = node{join: anyOf}

func (n *node) isAlways() bool { return n.join == allOf && len(n.parts) == 0 }
func (n *node) isNever() bool  { return n.join == anyOf && len(n.parts) == 0 }

func (n *node) holds(f *Facts) bool {
	switch n.join {
	case allOf:
		for i := range n.parts {
			if !n.parts[i].holds(f) {
				return false
			}
		}
		return true
	case anyOf:
		for i := range n.parts {
			if n.parts[i].holds(f) {
				return true
			}
		}
		return false
	case compare:
		c := &n.comparison
		return c.operator.holds(c.left.value(f), c.right.value(f))
	}
	return false
}

// walk visits each comparison.
func (n *node) walk(visit func(*comparison)) {
	if n.join == compare {
		visit(&n.comparison)
	}
	for i := range n.parts {
		n.parts[i].walk(visit)
	}
}

// appendTo writes the condition. Only what is joined by OR within what is joined by AND
// needs parentheses, so that they nest no deeper than in what was parsed.
func (n *node) appendTo(b []byte) []byte {
	switch {
	case n.join == compare:
		return n.comparison.appendTo(b)
	case n.isAlways():
		return append(b, "1 == 1"...)
	case n.isNever():
		return append(b, "1 == 0"...)
	}
	for i := range n.parts {
		part := &n.parts[i]
		if i > 0 && n.join == allOf {
			b = append(b, " AND "...)
		} else if i > 0 {
			b = append(b, " OR "...)
		}
		if n.join == allOf && part.join == anyOf && len(part.parts) > 0 {
			b = append(part.appendTo(append(b, '(')), ')')
		} else {
			b = part.appendTo(b)
		}
	}
	return b
}
