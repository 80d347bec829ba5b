package ecma

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// set is what may stand between the brackets of an RE2 class.
type set struct {
	text string
	size int
}

// The predefined sets as ECMA-262 has them; \d and \w are the same in RE2.
const (
	nothing  = `[^\x{0}-\x{10FFFF}]`
	anything = `[\x{0}-\x{10FFFF}]`

	space    = `\t-\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}`
	notSpace = `\x{0}-\x{8}\x{E}-\x{1F}!-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}` +
		`\x{202A}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{FEFE}\x{FF00}-\x{10FFFF}`
)

// class reads a class in brackets.
func (p *parser) class() int {
	p.pos++ // over the bracket
	negated := p.take("^")
	var b strings.Builder
	size := 1
	for !p.take("]") {
		size += p.classItem(&b)
	}
	switch {
	case b.Len() > 0 && negated:
		p.out.WriteString("[^" + b.String() + "]")
	case b.Len() > 0:
		p.out.WriteString("[" + b.String() + "]")
	case negated:
		p.out.WriteString(anything)
	default:
		p.out.WriteString(nothing)
	}
	return size
}

// classItem reads a character, a range or a predefined set.
func (p *parser) classItem(b *strings.Builder) int {
	low, predefined, isSet := p.classAtom()
	if p.pos+1 < len(p.src) && p.src[p.pos] == '-' && p.src[p.pos+1] != ']' {
		p.pos++
		high, _, highSet := p.classAtom()
		if isSet || highSet {
			p.fail("range without an end that is a character")
		}
		if low > high {
			p.fail("range out of order")
		}
		fmt.Fprintf(b, `\x{%X}-\x{%X}`, low, high)
		return 0
	}
	if isSet {
		b.WriteString(predefined.text)
		return predefined.size
	}
	if !isSurrogate(low) { // no string has one
		fmt.Fprintf(b, `\x{%X}`, low)
	}
	return 0
}

func (p *parser) classAtom() (c rune, predefined set, isSet bool) {
	if !p.more() {
		p.fail("missing ]")
	}
	if !p.take(`\`) {
		return p.next(), set{}, false
	}
	switch {
	case !p.more():
		p.fail(`\ at the end`)
	case p.take("b"):
		return '\b', set{}, false
	case p.take("-"):
		return '-', set{}, false
	}
	if predefined, isSet = p.setEscape(); isSet {
		return 0, predefined, true
	}
	return p.character(), set{}, false
}

// setEscape reads what may follow a backslash and stands for a set.
func (p *parser) setEscape() (set, bool) {
	switch {
	case p.take("d"):
		return set{`\d`, 1}, true
	case p.take("D"):
		return set{`\D`, 1}, true
	case p.take("w"):
		return set{`\w`, 1}, true
	case p.take("W"):
		return set{`\W`, 1}, true
	case p.take("s"):
		return set{space, 1}, true
	case p.take("S"):
		return set{notSpace, 1}, true
	case p.take("p{"):
		return p.property(false), true
	case p.take("P{"):
		return p.property(true), true
	}
	return set{}, false
}

// character reads what may follow a backslash and stands for one character.
func (p *parser) character() rune {
	c := p.next()
	switch c {
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	case '0':
		if p.more() && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
			p.fail("octal escape")
		}
		return 0
	case 'c':
		if p.more() && isLetter(p.src[p.pos]) {
			return p.next() % 32
		}
		p.fail(`\c without a letter`)
	case 'x':
		return p.hex(2)
	case 'u':
		return p.unicodeEscape()
	case '^', '$', '\\', '.', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '/':
		return c
	}
	p.fail("unknown escape")
	return 0
}

// unicodeEscape reads what follows \u: four digits, two such escapes that are
// a surrogate pair, or a code point in braces.
func (p *parser) unicodeEscape() rune {
	if p.take("{") {
		start := p.pos
		c := 0
		for p.more() && p.src[p.pos] != '}' {
			c = c<<4 | int(p.hex(1))
			if c > unicode.MaxRune {
				p.fail("not a code point")
			}
		}
		if p.pos == start || !p.take("}") {
			p.fail("incomplete escape")
		}
		return rune(c)
	}
	c := p.hex(4)
	if c >= 0xD800 && c <= 0xDBFF {
		rest := p.pos
		if p.take(`\u`) && !p.take("{") && p.pos+4 <= len(p.src) {
			if low, err := strconv.ParseUint(p.src[p.pos:p.pos+4], 16, 32); err == nil && low >= 0xDC00 && low <= 0xDFFF {
				p.pos += 4
				return (c-0xD800)<<10 + rune(low) - 0xDC00 + 0x10000
			}
		}
		p.pos = rest
	}
	return c
}

func (p *parser) hex(digits int) rune {
	if p.pos+digits > len(p.src) {
		p.fail("incomplete escape")
	}
	var c rune
	for range digits {
		switch d := p.src[p.pos]; {
		case d >= '0' && d <= '9':
			c = c<<4 | rune(d-'0')
		case d >= 'a' && d <= 'f':
			c = c<<4 | rune(d-'a'+10)
		case d >= 'A' && d <= 'F':
			c = c<<4 | rune(d-'A'+10)
		default:
			p.fail("incomplete escape")
		}
		p.pos++
	}
	return c
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isWord(c rune) bool {
	return c >= '0' && c <= '9' || c < 0x80 && isLetter(byte(c)) || c == '_'
}

func isSurrogate(c rune) bool { return c >= 0xD800 && c <= 0xDFFF }

// isNameChar follows RegExpIdentifierName.
func isNameChar(c rune, first bool) bool {
	if c == '$' || c == '_' || unicode.IsLetter(c) || unicode.In(c, unicode.Nl, unicode.Other_ID_Start) {
		return true
	}
	return !first && (c == 0x200C || c == 0x200D ||
		unicode.In(c, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue))
}
