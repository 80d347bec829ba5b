package routing

import "fmt"

// parser reads an expression from left to right, with one token in hand.
//
//	or         = and { OR and }
//	and        = condition { AND condition }
//	condition  = comparison | "(" or ")"
//	comparison = side operator side
//	list       = "[" [ constant { "," constant } ] "]"
//	side       = key | constant | list
type parser struct {
	lexer lexer
	scope Scope
	token token // not used yet
	depth int   // of parentheses
	keys  int
}

// parse reads all of it.
func (p *parser) parse() (node, error) {
	if err := p.advance(); err != nil {
		return node{}, err
	}
	if p.token.symbol == symEnd {
		return node{}, refuse(0, "there is nothing; what always holds is 1 == 1")
	}
	n, err := p.or()
	if err != nil {
		return node{}, err
	}
	switch p.token.symbol {
	case symEnd:
		return n, nil
	case symClose:
		return node{}, p.refuse("a parenthesis is closed that was not opened")
	case symConstant, symKey, symOperator, symNot, symAnd, symOr, symOpen, symOpenList, symCloseList, symComma:
	}
	return node{}, p.refuse("AND or OR is missing before " + p.shown())
}

func (p *parser) advance() (err error) {
	p.token, err = p.lexer.next()
	return err
}

func (p *parser) refuse(reason string) error { return refuse(p.token.offset, reason) }

// shown is the token in hand, for a message.
func (p *parser) shown() string {
	if p.token.symbol == symEnd {
		return "the end"
	}
	return clip(p.token.text)
}

func (p *parser) or() (node, error) { return p.joined(symOr, anyOf, p.and) }

func (p *parser) and() (node, error) { return p.joined(symAnd, allOf, p.condition) }

// joined reads what one word joins. Parts that are joined by the same word are taken as
// parts of the whole: parentheses that change nothing go.
func (p *parser) joined(by symbol, as join, part func() (node, error)) (node, error) {
	first, err := part()
	if err != nil || p.token.symbol != by {
		return first, err
	}
	n := node{join: as}
	for next := first; ; {
		if next.join == as {
			n.parts = append(n.parts, next.parts...)
		} else {
			n.parts = append(n.parts, next)
		}
		if p.token.symbol != by {
			return n, nil
		}
		if err := p.advance(); err != nil {
			return node{}, err
		}
		if next, err = part(); err != nil {
			return node{}, err
		}
	}
}

func (p *parser) condition() (node, error) {
	if p.token.symbol != symOpen {
		return p.comparison()
	}
	p.depth++
	if p.depth > MaxExpressionDepth {
		return node{}, p.refuse(fmt.Sprintf("parentheses nest deeper than %d", MaxExpressionDepth))
	}
	if err := p.advance(); err != nil {
		return node{}, err
	}
	n, err := p.or()
	if err != nil {
		return node{}, err
	}
	if p.token.symbol != symClose {
		return node{}, p.refuse("a parenthesis is not closed before " + p.shown())
	}
	p.depth--
	return n, p.advance()
}

func (p *parser) comparison() (node, error) {
	left, err := p.operand()
	if err != nil {
		return node{}, err
	}
	o, err := p.operator()
	if err != nil {
		return node{}, err
	}
	right, err := p.operand()
	if err != nil {
		return node{}, err
	}
	return node{join: compare, comparison: comparison{left, right, o}}, nil
}

func (p *parser) operator() (operator, error) {
	o := p.token.operator
	switch p.token.symbol {
	case symOperator:
	case symNot:
		if err := p.advance(); err != nil {
			return 0, err
		}
		if p.token.symbol != symOperator || p.token.operator != opIn {
			return 0, p.refuse("after NOT there is IN")
		}
		o = opNotIn
	case symEnd, symConstant, symKey, symAnd, symOr, symOpen, symClose, symOpenList, symCloseList, symComma:
		return 0, p.refuse("an operator, such as ==, is missing before " + p.shown())
	}
	return o, p.advance()
}

func (p *parser) operand() (operand, error) {
	switch t := p.token; t.symbol {
	case symConstant:
		return operand{constant: t.constant}, p.advance()
	case symOpenList:
		return p.list()
	case symKey:
		p.keys++
		if p.keys > MaxExpressionKeys {
			return operand{}, p.refuse(fmt.Sprintf("there are more than %d keys", MaxExpressionKeys))
		}
		k, reason := p.scope.newKey(t.text, t.path)
		if reason != "" {
			return operand{}, p.refuse(reason)
		}
		return operand{key: k}, p.advance()
	case symNot:
		return operand{}, p.refuse("NOT stands before IN only; to negate, write == false or !=")
	case symEnd, symOperator, symAnd, symOr, symOpen, symClose, symCloseList, symComma:
	}
	return operand{}, p.refuse("a key or a constant is missing before " + p.shown())
}

func (p *parser) list() (operand, error) {
	var elements []value
	if err := p.advance(); err != nil {
		return operand{}, err
	}
	for p.token.symbol != symCloseList {
		if p.token.symbol != symConstant {
			return operand{}, p.refuse("a list has constants, such as ['en', 'es'], not " + p.shown())
		}
		elements = append(elements, p.token.constant)
		if err := p.advance(); err != nil {
			return operand{}, err
		}
		switch p.token.symbol {
		case symComma:
			if err := p.advance(); err != nil {
				return operand{}, err
			}
			if p.token.symbol == symCloseList {
				return operand{}, p.refuse("a constant is missing behind the comma")
			}
		case symCloseList:
		case symEnd, symConstant, symKey, symOperator, symNot, symAnd, symOr, symOpen, symClose, symOpenList:
			return operand{}, p.refuse("a comma or ] is missing before " + p.shown())
		}
	}
	return operand{constant: value{kind: kindArray, scalar: sortedScalars(elements)}}, p.advance()
}
