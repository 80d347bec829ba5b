package ecma

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser reads src and writes the translation to out as it goes. Its methods
// return the size of what they wrote and panic with an *Error of class
// ErrSyntax. Groups are kept on a stack of its own: patterns come from
// strangers, and nest as deep as they are long.
type parser struct {
	src        string
	syntaxOnly bool // what is written does not matter
	budget     int  // for Unicode properties, which are long when written out
	pos        int
	out        strings.Builder
	open       []group
	groups     int              // capturing groups so far
	names      map[string]bool  // of groups
	highest    reference        // the highest back reference by number
	named      []reference      // back references by name
	refused    map[error]*Error // why it cannot be translated: the first of each class
}

// group is a group that is not closed yet.
type group struct {
	before    extent // of what stands before it, in the group around it
	assertion bool
}

type reference struct {
	offset int
	number int
	name   string
}

// pattern reads all of src.
func (p *parser) pattern() (whole extent, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			err = e
		default:
			panic(e)
		}
	}()
	whole = p.disjunction()
	if p.highest.number > p.groups {
		panic(&Error{p.highest.offset, "back reference to a group that does not exist", ErrSyntax})
	}
	for _, ref := range p.named {
		if !p.names[ref.name] {
			panic(&Error{ref.offset, "back reference to a group that does not exist", ErrSyntax})
		}
	}
	return whole.plus(extent{size: 2}), nil // RE2's own fail and match
}

// disjunction reads alternatives, and the groups in them, to the end.
func (p *parser) disjunction() extent {
	whole := single
	for p.more() {
		switch p.src[p.pos] {
		case '|':
			p.pos++
			p.out.WriteByte('|')
			whole = whole.plus(extent{size: 2})
		case '(':
			p.open = append(p.open, group{before: whole, assertion: p.opening()})
			whole = single
			if len(p.open) >= maxDepth {
				p.refuse(p.pos, "groups nested too deep", ErrTooComplex)
			}
		case ')':
			if len(p.open) == 0 {
				p.fail("unmatched )")
			}
			p.pos++
			p.out.WriteByte(')')
			closed := p.open[len(p.open)-1]
			p.open = p.open[:len(p.open)-1]
			if !closed.assertion {
				whole = p.quantifier(whole)
			}
			whole = closed.before.plus(whole)
		default:
			whole = whole.plus(p.term())
		}
	}
	if len(p.open) > 0 {
		p.fail("missing )")
	}
	return whole
}

// term reads an assertion, or an atom that is no group and its quantifier.
func (p *parser) term() extent {
	atom := single
	switch c := p.src[p.pos]; c {
	case '^', '$':
		p.pos++
		p.out.WriteByte(c)
		return single
	case '.':
		p.pos++
		p.out.WriteString(`[^\n\r\x{2028}\x{2029}]`)
	case '[':
		atom.size = p.class()
	case '\\':
		if p.take(`\b`) {
			p.out.WriteString(`\b`)
			return single
		}
		if p.take(`\B`) {
			p.out.WriteString(`\B`)
			return single
		}
		atom.size = p.escape()
	case '*', '+', '?', '{':
		p.fail("nothing to repeat")
	case '}', ']':
		p.fail("unescaped " + string(c))
	default:
		p.literal(p.next())
	}
	return p.quantifier(atom)
}

// opening reads the start of a group of any kind. RE2 gets no capturing groups:
// nothing asks what they capture.
func (p *parser) opening() (assertion bool) {
	start := p.pos
	switch {
	case p.take("(?:"):
	case p.take("(?="), p.take("(?!"), p.take("(?<="), p.take("(?<!"):
		assertion = true
		p.refuse(start, "lookaround", ErrUnsupported)
	case p.take("(?<"):
		name := p.groupName()
		if p.names[name] {
			p.fail("two groups of the same name")
		}
		if p.names == nil {
			p.names = make(map[string]bool)
		}
		p.names[name] = true
		p.groups++
	case p.take("(?"):
		p.fail("unknown kind of group")
	default:
		p.pos++
		p.groups++
	}
	p.out.WriteString("(?:")
	return assertion
}

// quantifier reads the quantifier of an atom, if it has one, and returns the
// extent of both.
func (p *parser) quantifier(atom extent) extent {
	start := p.pos
	switch {
	case p.take("*"), p.take("+"), p.take("?"):
		p.out.WriteByte(p.src[start])
		atom.size = min(atom.size+2, maxSize)
	case p.take("{"):
		low, ok := p.decimal()
		high := low
		open := false
		if ok && p.take(",") {
			if high, ok = p.decimal(); !ok {
				open, ok = true, true
			}
		}
		if !ok || !p.take("}") {
			p.fail("incomplete quantifier")
		}
		if !open && low > high {
			p.fail("quantifier out of order")
		}
		if low > maxRepeat || high > maxRepeat {
			p.refuse(start, "more than 1000 repetitions", ErrTooComplex)
		}
		p.out.WriteByte('{')
		p.out.WriteString(strconv.Itoa(low))
		if open {
			p.out.WriteString(",}")
			atom = atom.repeated(max(low, 1))
		} else {
			p.out.WriteString("," + strconv.Itoa(high) + "}")
			atom = atom.repeated(high)
		}
	default:
		return atom
	}
	if p.take("?") {
		p.out.WriteByte('?')
	}
	return atom
}

// escape reads an escape outside of a class.
func (p *parser) escape() int {
	start := p.pos
	p.pos++ // over the backslash
	if !p.more() {
		p.fail(`\ at the end`)
	}
	if c := p.src[p.pos]; c >= '1' && c <= '9' {
		n, _ := p.decimal()
		if n > p.highest.number {
			p.highest = reference{offset: start, number: n}
		}
		p.refuse(start, "back reference", ErrUnsupported)
		return 1
	}
	if p.take("k") {
		if !p.take("<") {
			p.fail(`\k without a name`)
		}
		p.named = append(p.named, reference{offset: start, name: p.groupName()})
		p.refuse(start, "back reference", ErrUnsupported)
		return 1
	}
	if set, ok := p.setEscape(); ok {
		if set.text == "" { // as of \P{Any}
			set.text = nothing
		} else {
			set.text = "[" + set.text + "]"
		}
		p.out.WriteString(set.text)
		return set.size
	}
	p.literal(p.character())
	return 1
}

// literal writes one character. Half of a surrogate pair is no character of
// any string, so it becomes a class that matches nothing.
func (p *parser) literal(c rune) {
	switch {
	case isSurrogate(c):
		p.out.WriteString(nothing)
	case isWord(c):
		p.out.WriteRune(c)
	default:
		fmt.Fprintf(&p.out, `\x{%X}`, c)
	}
}

// groupName reads a name and the ">" behind it.
func (p *parser) groupName() string {
	var name strings.Builder
	for !p.take(">") {
		if !p.more() {
			p.fail("unterminated group name")
		}
		c := p.next()
		if c == '\\' {
			if !p.take("u") {
				p.fail("escape in a group name")
			}
			c = p.unicodeEscape()
		}
		if !isNameChar(c, name.Len() == 0) {
			p.fail("character in a group name")
		}
		name.WriteRune(c)
	}
	if name.Len() == 0 {
		p.fail("empty group name")
	}
	return name.String()
}

func (p *parser) more() bool { return p.pos < len(p.src) }

// take skips the text if it stands at pos.
func (p *parser) take(text string) bool {
	if !strings.HasPrefix(p.src[p.pos:], text) {
		return false
	}
	p.pos += len(text)
	return true
}

func (p *parser) next() rune {
	c, n := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += n
	return c
}

// decimal reads digits; a number too large to matter stops growing.
func (p *parser) decimal() (n int, ok bool) {
	for p.more() && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		n, ok = min(n*10+int(p.src[p.pos]-'0'), maxSize), true
		p.pos++
	}
	return n, ok
}

func (p *parser) fail(reason string) { panic(&Error{p.pos, reason, ErrSyntax}) }

// refuse notes why the pattern cannot be translated. Reading goes on, for the
// syntax may still be wrong.
func (p *parser) refuse(offset int, reason string, class error) {
	if p.refused[class] == nil {
		if p.refused == nil {
			p.refused = make(map[error]*Error)
		}
		p.refused[class] = &Error{offset, reason, class}
	}
}
