// Package idna judges the labels of internationalised domain names by IDNA
// 2008 (RFC 5890 to 5893), as far as package unicode and a few small tables
// allow. It does not check that a label is in Normalization Form C beyond
// what its single characters show.
package idna

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLabel is the length of a label in octets (RFC 1035).
const maxLabel = 63

// ValidALabel says whether a label that begins with "xn--", in any case, is
// the encoding of a valid label (RFC 5890, section 2.3.2.1).
func ValidALabel(label string) bool {
	label = strings.ToLower(label)
	encoded, ok := strings.CutPrefix(label, "xn--")
	if !ok || len(label) > maxLabel {
		return false
	}
	decoded, ok := decode(encoded)
	if !ok || ascii(decoded) {
		return false
	}
	again, ok := encode(decoded)
	return ok && again == encoded && valid(decoded)
}

// ValidULabel says whether a label with characters beyond ASCII is valid
// (RFC 5890, section 2.3.2.1).
func ValidULabel(label string) bool {
	if !utf8.ValidString(label) || len(label) > 4*maxLabel {
		return false
	}
	runes := []rune(label)
	if ascii(runes) || !valid(runes) {
		return false
	}
	encoded, ok := encode(runes)
	return ok && len("xn--")+len(encoded) <= maxLabel
}

// valid applies RFC 5891, section 4.2.3.
func valid(label []rune) bool {
	last := len(label) - 1
	switch {
	case label[0] == '-' || label[last] == '-':
		return false
	case len(label) >= 4 && label[2] == '-' && label[3] == '-':
		return false
	case unicode.Is(unicode.M, label[0]):
		return false
	}
	for i, c := range label {
		if !permitted(c) && !contextual(label, i) {
			return false
		}
	}
	return bidi(label)
}

// permitted says whether a character is PVALID by RFC 5892, sections 2 and 3.
func permitted(c rune) bool {
	switch {
	case c < 0x80:
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-'
	case in(exceptionsValid, c):
		return true
	case in(exceptionsDisallowed, c), in(contextO, c), in(oldHangulJamo, c), in(unstable, c):
		return false
	case unicode.In(c, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false
	case in(stableUpper, c):
		return true
	}
	return unicode.In(c, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc, unicode.Nd)
}

// contextual says whether a character that is CONTEXTJ or CONTEXTO stands in a
// place where it may (RFC 5892, appendix A).
func contextual(label []rune, i int) bool {
	before, after := rune(-1), rune(-1)
	if i > 0 {
		before = label[i-1]
	}
	if i < len(label)-1 {
		after = label[i+1]
	}
	switch c := label[i]; {
	case c == 0x200C: // zero width non-joiner
		return in(virama, before) || joins(label, i)
	case c == 0x200D: // zero width joiner
		return in(virama, before)
	case c == 0xB7: // middle dot
		return before == 'l' && after == 'l'
	case c == 0x375: // Greek keraia
		return unicode.Is(unicode.Greek, after)
	case c == 0x5F3, c == 0x5F4: // Hebrew geresh, gershayim
		return unicode.Is(unicode.Hebrew, before)
	case c == 0x30FB: // katakana middle dot
		for _, other := range label {
			if other != c && unicode.In(other, unicode.Hiragana, unicode.Katakana, unicode.Han) {
				return true
			}
		}
		return false
	case isArabicIndic(c):
		return none(label, isExtendedArabicIndic)
	case isExtendedArabicIndic(c):
		return none(label, isArabicIndic)
	}
	return false
}

// joins says whether a non-joiner stands between letters that would join.
func joins(label []rune, i int) bool {
	left := i - 1
	for left >= 0 && transparent(label[left]) {
		left--
	}
	right := i + 1
	for right < len(label) && transparent(label[right]) {
		right++
	}
	return left >= 0 && (in(joinsLeft, label[left]) || in(joinsBoth, label[left])) &&
		right < len(label) && (in(joinsRight, label[right]) || in(joinsBoth, label[right]))
}

func transparent(c rune) bool {
	return unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf) && c != 0x200C && c != 0x200D || c == 0x1E94B
}

func isArabicIndic(c rune) bool         { return c >= 0x660 && c <= 0x669 }
func isExtendedArabicIndic(c rune) bool { return c >= 0x6F0 && c <= 0x6F9 }

func none(label []rune, is func(rune) bool) bool {
	return !slices.ContainsFunc(label, is)
}

// bidi applies the rule of RFC 5893, section 2, to a label with characters
// that are written from right to left. The classes of the few characters that
// are neither letters, digits nor marks are not told apart: none is permitted.
func bidi(label []rune) bool {
	isRight := func(c rune) bool {
		return in(rightToLeft, c) && !isArabicNumber(c) && !isExtendedArabicIndic(c) && !isMark(c)
	}
	isEuropean := func(c rune) bool { return c >= '0' && c <= '9' || isExtendedArabicIndic(c) }
	if none(label, isRight) && none(label, isArabicNumber) {
		return true
	}
	if !isRight(label[0]) {
		return false
	}
	european, arabic := false, false
	end := label[0]
	for _, c := range label {
		switch {
		case isMark(c):
			continue
		case isEuropean(c):
			european = true
		case isArabicNumber(c):
			arabic = true
		case !isRight(c) && c != '-' && c != 0x200C && c != 0x200D:
			return false
		}
		end = c
	}
	return !(european && arabic) && (isRight(end) || isEuropean(end) || isArabicNumber(end))
}

func isMark(c rune) bool { return unicode.In(c, unicode.Mn, unicode.Me) }

func isArabicNumber(c rune) bool {
	return isArabicIndic(c) || c >= 0x10D30 && c <= 0x10D39
}

func ascii(label []rune) bool {
	for _, c := range label {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
