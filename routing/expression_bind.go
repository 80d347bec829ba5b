package routing

import (
	"slices"
	"strings"
)

// Bind puts a task's attributes in the place of its keys and decides what that decides:
// for every worker the result holds if, and only if, the expression holds for the task
// and the worker.
//
// Tasks that demand the same of workers get expressions with equal texts, whatever else
// their attributes say: comparisons are written in one direction, and what is joined is
// sorted and stands there once.
func (e Expression) Bind(task Attributes) Expression {
	bound, _ := bind(&e.root, &Facts{Task: task})
	return Expression{scope: e.scope, root: bound}
}

// bind gives the bound condition, and its text.
func bind(n *node, f *Facts) (bound node, text string) {
	if n.join == compare {
		bound = bindComparison(n.comparison, f)
		return bound, string(bound.appendTo(nil))
	}
	type written struct {
		node node
		text string
	}
	var parts []written
	add := func(part node, text string) { parts = append(parts, written{part, text}) }
	for i := range n.parts {
		part, text := bind(&n.parts[i], f)
		switch {
		case part.isAlways() && n.join == anyOf, part.isNever() && n.join == allOf:
			return part, text // It decides.
		case part.join == n.join: // It may have no parts: then it does not matter.
			for _, inner := range part.parts {
				add(inner, string(inner.appendTo(nil)))
			}
		default:
			add(part, text)
		}
	}
	slices.SortFunc(parts, func(a, b written) int { return strings.Compare(a.text, b.text) })
	parts = slices.CompactFunc(parts, func(a, b written) bool { return a.text == b.text })
	if len(parts) == 1 {
		return parts[0].node, parts[0].text
	}
	bound.join = n.join
	for _, part := range parts {
		bound.parts = append(bound.parts, part.node)
	}
	return bound, string(bound.appendTo(nil))
}

// bindComparison puts the task's values in, turns the comparison so that the key stands
// at the left, and decides it if one side alone does.
func bindComparison(c comparison, f *Facts) node {
	for _, o := range []*operand{&c.left, &c.right} {
		if o.key != nil && o.key.of == ofTask {
			*o = operand{constant: o.key.value(f).constant()}
		}
	}
	if c.left.key == nil && c.right.key == nil {
		return decided(c.operator.holds(c.left.constant, c.right.constant))
	}
	if turns(c) {
		c.left, c.right, c.operator = c.right, c.left, operators[c.operator].mirrored
	}
	switch {
	case c.left.key != nil && c.right.key != nil:
	case c.operator == opNotEqual && !c.right.constant.kind.scalar():
		// An array or an object differs from nothing but NULL.
		c.operator, c.right.constant = opEqual, null
	case !possible(c):
		return never
	}
	return node{join: compare, comparison: c}
}

func decided(holds bool) node {
	if holds {
		return node{}
	}
	return never
}

// turns says whether the comparison is written the other way round.
func turns(c comparison) bool {
	if !operators[c.operator].mirrors {
		return false
	}
	switch {
	case c.left.key == nil:
		return true
	case c.right.key == nil:
		return false
	case c.operator == opHas, c.operator == opIn:
		return c.operator == opHas
	case c.left.key.text == c.right.key.text:
		return c.operator == opGreater || c.operator == opGreaterOrEqual
	default:
		return c.left.key.text > c.right.key.text
	}
}

// possible says whether the constant of a comparison leaves it open what comes of it:
// it is of a kind that the operator is for, on its side.
func possible(c comparison) bool {
	constant := c.right.constant
	if c.left.key == nil {
		constant = c.left.constant
	}
	k := constant.kind
	switch c.operator {
	case opEqual, opNotEqual, opHas:
		return k.scalar()
	case opLess, opLessOrEqual, opGreater, opGreaterOrEqual:
		return k == kindNumber || k == kindString
	case opContains:
		return k == kindString
	case opIn:
		return k == kindArray && len(constant.scalar) > 0
	case opNotIn:
		if c.left.key == nil {
			return k.scalar()
		}
		return k == kindArray
	}
	return true
}
