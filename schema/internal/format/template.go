package format

import (
	"strings"
	"unicode/utf8"
)

// URITemplate is a URI-Template of RFC 6570, level 4, section 2. An apostrophe
// may stand outside of expressions, as the erratum to section 2.1 has it.
func URITemplate(s string) bool {
	for s != "" {
		if expression, ok := strings.CutPrefix(s, "{"); ok {
			inner, rest, ok := strings.Cut(expression, "}")
			if !ok || !isExpression(inner) {
				return false
			}
			s = rest
			continue
		}
		n := literalLength(s)
		if n == 0 {
			return false
		}
		s = s[n:]
	}
	return true
}

// literalLength returns the length of the literal at the start of s, 0 if
// there is none.
func literalLength(s string) int {
	c, n := utf8.DecodeRuneInString(s)
	switch {
	case c == '%':
		if len(s) < 3 || !isHex(s[1]) || !isHex(s[2]) {
			return 0
		}
		return 3
	case c <= ' ' || c == 0x7F || c < utf8.RuneSelf && strings.IndexByte(`"<>\^{|}`+"`", byte(c)) >= 0:
		return 0
	case c >= utf8.RuneSelf && !isUCSChar(c) && !isPrivate(c):
		return 0
	}
	return n
}

// isExpression takes what stands between the braces.
func isExpression(s string) bool {
	if s != "" && strings.IndexByte("+#./;?&=,!@|", s[0]) >= 0 {
		s = s[1:]
	}
	for spec := range strings.SplitSeq(s, ",") {
		name, length, prefix := strings.Cut(spec, ":")
		if !prefix {
			name = strings.TrimSuffix(name, "*")
		} else if n, ok := digits(length); !ok || len(length) < 1 || len(length) > 4 || length[0] == '0' || n == 0 {
			return false
		}
		if !isVarName(name) {
			return false
		}
	}
	return true
}

// isVarName is varname: dots only between other characters.
func isVarName(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" {
			return false
		}
		for i := 0; i < len(part); i++ {
			switch c := part[i]; {
			case c == '%':
				if i+2 >= len(part) || !isHex(part[i+1]) || !isHex(part[i+2]) {
					return false
				}
				i += 2
			case !isAlpha(c) && !isDigit(c) && c != '_':
				return false
			}
		}
	}
	return true
}
