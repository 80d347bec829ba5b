package routing

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// symbol is what a token is.
type symbol int

const (
	symEnd symbol = iota
	symConstant
	symKey
	symOperator
	symNot
	symAnd
	symOr
	symOpen
	symClose
	symOpenList
	symCloseList
	symComma
)

// token is one word of an expression.
type token struct {
	symbol   symbol
	offset   int
	text     string // as it is written
	constant value
	path     []element
	operator operator
}

// words are what has a meaning of its own, in any case. None of them can be a key,
// unless it is a part of one (task.in).
var words = map[string]token{
	"AND":      {symbol: symAnd},
	"OR":       {symbol: symOr},
	"NOT":      {symbol: symNot},
	"IN":       {symbol: symOperator, operator: opIn},
	"HAS":      {symbol: symOperator, operator: opHas},
	"CONTAINS": {symbol: symOperator, operator: opContains},
	"TRUE":     {symbol: symConstant, constant: boolValue(true)},
	"FALSE":    {symbol: symConstant, constant: boolValue(false)},
	"NULL":     {symbol: symConstant, constant: null},
}

// signs are the tokens that are not words, the longer ones first.
var signs = []struct {
	text  string
	token token
}{
	{"==", token{symbol: symOperator, operator: opEqual}},
	{"!=", token{symbol: symOperator, operator: opNotEqual}},
	{"<=", token{symbol: symOperator, operator: opLessOrEqual}},
	{">=", token{symbol: symOperator, operator: opGreaterOrEqual}},
	{"=", token{symbol: symOperator, operator: opEqual}}, // stands in examples of the documentation
	{"<", token{symbol: symOperator, operator: opLess}},
	{">", token{symbol: symOperator, operator: opGreater}},
	{"(", token{symbol: symOpen}},
	{")", token{symbol: symClose}},
	{"[", token{symbol: symOpenList}},
	{"]", token{symbol: symCloseList}},
	{",", token{symbol: symComma}},
}

// lexer reads an expression, one token at a time.
type lexer struct {
	text string
	at   int
}

func refuse(offset int, reason string) error { return &ExpressionError{Offset: offset, Reason: reason} }

// next gives the next token. After the last there are only ends.
func (l *lexer) next() (token, error) {
	for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) >= 0 {
		l.at++
	}
	if l.at == len(l.text) {
		return token{offset: l.at}, nil
	}
	start := l.at
	var (
		t   token
		err error
	)
	switch c, following := l.text[l.at], l.text[l.at+1:]; {
	case c == '\'' || c == '"':
		t, err = l.quoted()
	case isDigit(c), c == '-' && following != "" && isDigit(following[0]):
		t, err = l.number()
	case l.nameLength(false) > 0:
		t, err = l.word()
	default:
		t, err = l.sign()
	}
	if err != nil {
		return token{}, err
	}
	t.offset, t.text = start, l.text[start:l.at]
	return t, nil
}

func (l *lexer) sign() (token, error) {
	rest := l.text[l.at:]
	for _, s := range signs {
		if strings.HasPrefix(rest, s.text) {
			l.at += len(s.text)
			return s.token, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	switch r {
	case utf8.RuneError:
		return token{}, refuse(l.at, "is not UTF-8")
	case '-':
		return token{}, refuse(l.at, "there are no hyphens, but in quotes and before numbers")
	case '&', '|':
		return token{}, refuse(l.at, "conditions are joined by AND and OR")
	case '!':
		return token{}, refuse(l.at, "there is no !, but in !=; to negate, write == false or NOT IN")
	}
	return token{}, refuse(l.at, string(r)+" has no meaning here")
}

// nameLength is how long the name is that begins here, in bytes; 0 if there is none. An
// inner one, behind a dot, may begin with a digit.
func (l *lexer) nameLength(inner bool) int {
	for i, r := range l.text[l.at:] {
		switch {
		case r == '_', r == '$', unicode.IsLetter(r):
		case unicode.IsDigit(r) && (inner || i > 0):
		case unicode.IsMark(r) && i > 0:
		default:
			return i
		}
	}
	return len(l.text) - l.at
}

// word reads a key, or a word with a meaning of its own.
func (l *lexer) word() (token, error) {
	name := l.text[l.at : l.at+l.nameLength(false)]
	l.at += len(name)
	if t, ok := wordOf(name); ok && !strings.HasPrefix(l.text[l.at:], ".") {
		return t, nil
	}
	path := []element{{name: name}}
	for l.at < len(l.text) {
		switch l.text[l.at] {
		case '.':
			l.at++
			n := l.nameLength(true)
			if n == 0 {
				return token{}, refuse(l.at, "a name is missing behind the dot")
			}
			path = append(path, element{name: l.text[l.at : l.at+n]})
			l.at += n
		case '[':
			digits, rest := leadingDigits(l.text[l.at+1:])
			if digits == "" || digits[0] == '0' && len(digits) > 1 || !strings.HasPrefix(rest, "]") {
				return token{}, refuse(l.at, "an index is a number in brackets, such as [0]")
			}
			if len(digits) > 9 {
				return token{}, refuse(l.at, "the index is too large")
			}
			index, _ := smallInt(digits)
			path = append(path, element{index: int(index)})
			l.at += len(digits) + 2
		case '-':
			return token{}, refuse(l.at, "there are no hyphens in keys")
		default:
			return token{symbol: symKey, path: path}, nil
		}
	}
	return token{symbol: symKey, path: path}, nil
}

// wordOf finds a word with a meaning of its own, in any case of its letters, which are
// those of ASCII only: HAſ is a name.
func wordOf(name string) (token, bool) {
	if len(name) > len("CONTAINS") {
		return token{}, false
	}
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return token{}, false
		}
	}
	t, ok := words[strings.ToUpper(name)]
	return t, ok
}

// number reads digits, with a point and an exponent if there are.
func (l *lexer) number() (token, error) {
	start := l.at
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		switch {
		case isDigit(c), c == '.', c == 'e', c == 'E':
			continue
		case (c == '+' || c == '-') && (l.text[l.at-1] == 'e' || l.text[l.at-1] == 'E'):
			continue
		}
		break
	}
	if l.nameLength(false) > 0 {
		return token{}, refuse(start, "a number ends in letters; text goes in quotes")
	}
	text := l.text[start:l.at]
	if _, ok := parseDecimal(text); !ok {
		return token{}, refuse(start, "is no number, or one that is too large")
	}
	return token{symbol: symConstant, constant: numberValue(text)}, nil
}

// quoted reads a string.
func (l *lexer) quoted() (token, error) {
	start, quote := l.at, l.text[l.at]
	l.at++
	var b strings.Builder
	for from := l.at; l.at < len(l.text); {
		switch l.text[l.at] {
		case quote:
			b.WriteString(l.text[from:l.at])
			l.at++
			if s := b.String(); utf8.ValidString(s) {
				return token{symbol: symConstant, constant: stringValue(s)}, nil
			}
			return token{}, refuse(start, "the text is not UTF-8")
		case '\\':
			b.WriteString(l.text[from:l.at])
			r, err := l.escaped()
			if err != nil {
				return token{}, err
			}
			b.WriteRune(r)
			from = l.at
		default:
			l.at++
		}
	}
	return token{}, refuse(start, "the quote is not closed")
}

// escapes are what a backslash makes of a character.
var escapes = map[byte]rune{
	'\'': '\'', '"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escaped reads a backslash and what it stands with.
func (l *lexer) escaped() (rune, error) {
	start := l.at
	if l.at+2 > len(l.text) {
		return 0, refuse(start, "the quote is not closed")
	}
	l.at += 2
	if l.text[start+1] != 'u' {
		r, ok := escapes[l.text[start+1]]
		if !ok {
			return 0, refuse(start, `after a backslash there is one of ' " \ / b f n r t u; a backslash itself is \\`)
		}
		return r, nil
	}
	r, ok := l.unit()
	if ok && utf16.IsSurrogate(r) {
		if ok = strings.HasPrefix(l.text[l.at:], `\u`); ok {
			l.at += 2
			var second rune
			if second, ok = l.unit(); ok {
				r = utf16.DecodeRune(r, second)
				ok = r != utf8.RuneError
			}
		}
	}
	if !ok {
		return 0, refuse(start, `after \u there are four hexadecimal digits, of a character or of both halves of one`)
	}
	return r, nil
}

// unit reads four hexadecimal digits.
func (l *lexer) unit() (r rune, ok bool) {
	if len(l.text)-l.at < 4 {
		return 0, false
	}
	for _, c := range []byte(l.text[l.at : l.at+4]) {
		r <<= 4
		switch {
		case isDigit(c):
			r |= rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	l.at += 4
	return r, true
}
