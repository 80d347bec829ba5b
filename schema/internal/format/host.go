package format

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/schema/internal/idna"
)

// Hostname is a host name of RFC 1123, section 2.1: labels of letters, digits
// and hyphens. A label in Punycode must also be the encoding of a valid one.
func Hostname(s string) bool {
	return domain(s, func(label string) bool {
		if len(label) >= 4 && strings.EqualFold(label[:4], "xn--") {
			return ldh(label) && idna.ValidALabel(label)
		}
		return ldh(label)
	})
}

// domain says whether s is labels with dots between them, 253 octets at most.
func domain(s string, valid func(label string) bool) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !valid(label) {
			return false
		}
	}
	return true
}

// ldh says whether a label is letters, digits and inner hyphens.
func ldh(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i]; !isAlpha(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

// IPv4 is a dotted quad without leading zeros, which some read as octal.
func IPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

// IPv6 is an address of RFC 4291, section 2.2, without a zone.
func IPv6(s string) bool {
	if strings.Contains(s, "%") {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6()
}

// Email is a Mailbox of RFC 5321, section 4.1.2.
func Email(s string) bool { return mailbox(s, false) }

// IDNEmail is a Mailbox as RFC 6531, section 3.3, extends it.
func IDNEmail(s string) bool { return mailbox(s, true) }

func mailbox(s string, international bool) bool {
	local, host, ok := splitMailbox(s)
	if !ok || len(local) > 64 || len(host) > 255 {
		return false
	}
	if local[0] == '"' {
		ok = quotedString(local, international)
	} else {
		ok = dotString(local, international)
	}
	if !ok {
		return false
	}
	if literal, ok := strings.CutPrefix(host, "["); ok {
		return addressLiteral(literal)
	}
	return domain(host, func(label string) bool {
		return ldh(label) || international && idna.ValidULabel(label)
	})
}

// splitMailbox finds the @ behind the local part, which may hold others if it
// is quoted.
func splitMailbox(s string) (local, host string, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

func dotString(local string, international bool) bool {
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if c := atom[i]; !isAtext(c) && !(international && c >= utf8.RuneSelf) {
				return false
			}
		}
	}
	return true
}

func quotedString(local string, international bool) bool {
	if len(local) < 2 || local[len(local)-1] != '"' {
		return false
	}
	inner := local[1 : len(local)-1]
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c == '\\' { // a quoted pair
			i++
			if i == len(inner) || inner[i] < ' ' || inner[i] > '~' {
				return false
			}
			continue
		}
		if c == '"' || !(c >= ' ' && c <= '~') && !(international && c >= utf8.RuneSelf) {
			return false
		}
	}
	return true
}

// addressLiteral takes what follows the opening bracket (RFC 5321, section
// 4.1.3). No tag but IPv6 is registered.
func addressLiteral(s string) bool {
	s, ok := strings.CutSuffix(s, "]")
	if !ok {
		return false
	}
	const tag = "IPv6:"
	if len(s) > len(tag) && strings.EqualFold(s[:len(tag)], tag) {
		return literalIPv6(s[len(tag):])
	}
	return literalIPv4(s)
}

// literalIPv4 is a dotted quad, of which RFC 5321 allows leading zeros.
func literalIPv4(s string) bool {
	parts := strings.SplitN(s, ".", 5)
	for _, part := range parts {
		if _, err := strconv.ParseUint(part, 10, 8); err != nil || len(part) > 3 {
			return false
		}
	}
	return len(parts) == 4
}

// literalIPv6 is an address in which "::", if it is there, stands for two groups
// at least. The last two may be a dotted quad.
func literalIPv6(s string) bool {
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.Contains(s[i:], ".") {
		if !literalIPv4(s[i+1:]) {
			return false
		}
		s = s[:i+1] + "0:0"
	}
	groups := len(strings.FieldsFunc(s, func(c rune) bool { return c == ':' }))
	return IPv6(s) && (groups <= 6 || !strings.Contains(s, "::"))
}

func isAtext(c byte) bool {
	return isAlpha(c) || isDigit(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
