package format

import (
	"strings"
	"unicode/utf8"
)

// URI is a URI of RFC 3986, section 3: it has a scheme.
func URI(s string) bool { return grammar{}.reference(s, true) }

// URIReference is a URI-reference of RFC 3986, section 4.1.
func URIReference(s string) bool { return grammar{}.reference(s, false) }

// IRI is an IRI of RFC 3987, section 2.2.
func IRI(s string) bool { return grammar{international: true}.reference(s, true) }

// IRIReference is an IRI-reference of RFC 3987, section 2.2.
func IRIReference(s string) bool { return grammar{international: true}.reference(s, false) }

// grammar is that of RFC 3986, section 3, or, international, its extension by
// RFC 3987: the same rules over more characters.
type grammar struct{ international bool }

const (
	unreserved = "-._~"
	subDelims  = "!$&'()*+,;="
)

func (g grammar) reference(s string, absolute bool) bool {
	s, fragment, _ := strings.Cut(s, "#")
	s, query, _ := strings.Cut(s, "?")
	if !g.chars(fragment, subDelims+":@/?", false) || !g.chars(query, subDelims+":@/?", true) {
		return false
	}
	// A colon in the first segment ends a scheme; a relative reference cannot
	// have one there.
	scheme, rest, hasScheme := strings.Cut(s, ":")
	if hasScheme && strings.Contains(scheme, "/") {
		hasScheme = false
	}
	switch {
	case hasScheme && !isScheme(scheme):
		return false
	case hasScheme:
		s = rest
	case absolute:
		return false
	}
	if authority, ok := strings.CutPrefix(s, "//"); ok {
		path := ""
		if i := strings.IndexByte(authority, '/'); i >= 0 {
			authority, path = authority[:i], authority[i:]
		}
		return g.authority(authority) && g.path(path)
	}
	return g.path(s)
}

func isScheme(s string) bool {
	if s == "" || !isAlpha(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlpha(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func (g grammar) path(s string) bool { return g.chars(s, subDelims+":@/", false) }

func (g grammar) authority(s string) bool {
	if user, host, ok := strings.Cut(s, "@"); ok {
		if !g.chars(user, subDelims+":", false) {
			return false
		}
		s = host
	}
	if literal, ok := strings.CutPrefix(s, "["); ok {
		address, port, ok := strings.Cut(literal, "]")
		return ok && (IPv6(address) || isIPvFuture(address)) && (port == "" || port[0] == ':' && isPort(port[1:]))
	}
	host, port, _ := strings.Cut(s, ":")
	return g.chars(host, subDelims, false) && isPort(port)
}

func isPort(s string) bool {
	_, ok := digits(s)
	return ok
}

func isIPvFuture(s string) bool {
	version, rest, ok := strings.Cut(s, ".")
	if !ok || len(version) < 2 || version[0]|0x20 != 'v' || rest == "" || strings.Contains(rest, "%") {
		return false
	}
	for i := 1; i < len(version); i++ {
		if !isHex(version[i]) {
			return false
		}
	}
	return grammar{}.chars(rest, subDelims+":", false)
}

// chars says whether s is unreserved characters, percent-encoded octets, and
// the extra ones. In queries an IRI may also have private characters.
func (g grammar) chars(s, extra string, query bool) bool {
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			n = 3
		case c < utf8.RuneSelf:
			if b := byte(c); !isAlpha(b) && !isDigit(b) && strings.IndexByte(unreserved, b) < 0 && strings.IndexByte(extra, b) < 0 {
				return false
			}
		case !g.international || !(isUCSChar(c) || query && isPrivate(c)):
			return false
		}
		i += n
	}
	return true
}

// isUCSChar is ucschar of RFC 3987.
func isUCSChar(c rune) bool {
	switch {
	case c < 0x10000:
		return c >= 0xA0 && c <= 0xD7FF || c >= 0xF900 && c <= 0xFDCF || c >= 0xFDF0 && c <= 0xFFEF
	case c < 0xE0000:
		return c&0xFFFF <= 0xFFFD
	}
	return c >= 0xE1000 && c <= 0xEFFFD
}

// isPrivate is iprivate of RFC 3987.
func isPrivate(c rune) bool {
	return c >= 0xE000 && c <= 0xF8FF || c >= 0xF0000 && c <= 0xFFFFD || c >= 0x100000 && c <= 0x10FFFD
}
