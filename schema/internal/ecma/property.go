package ecma

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// propertySize is what a Unicode property counts at least, for its many ranges.
const propertySize = 64

// property reads a Unicode property behind \p{ or \P{, up to its brace.
func (p *parser) property(negated bool) set {
	if p.budget < propertySize && !p.syntaxOnly {
		p.refuse(p.pos, "too many Unicode properties", ErrTooLarge)
		p.syntaxOnly = true
	}
	s := p.lookUp(negated)
	p.budget -= s.size
	return s
}

func (p *parser) lookUp(negated bool) set {
	start := p.pos
	length := strings.IndexByte(p.src[p.pos:], '}')
	if length < 0 {
		p.fail("unterminated property")
	}
	expr := p.src[p.pos : p.pos+length]
	p.pos += length + 1

	name, value, hasValue := strings.Cut(expr, "=")
	switch {
	case !hasValue:
		if category, ok := category(name); ok {
			return builtin(category, negated)
		}
		if name == "Assigned" {
			return builtin("Cn", !negated)
		}
		if tables, ok := binary[name]; ok {
			switch {
			case tables == nil:
				p.refuse(start, "property "+name, ErrUnsupported)
			case !p.syntaxOnly:
				return ranges(tables, negated)
			}
			return set{`\d`, 1}
		}
	case name == "General_Category" || name == "gc":
		if category, ok := category(value); ok {
			return builtin(category, negated)
		}
	case name == "Script" || name == "sc" || name == "Script_Extensions" || name == "scx":
		script, ok := script(value)
		if !ok {
			break
		}
		if name == "Script_Extensions" || name == "scx" || script == unknown {
			p.refuse(start, "property "+expr, ErrUnsupported)
			return set{`\d`, 1}
		}
		return builtin(script, negated)
	}
	panic(&Error{start, "unknown property", ErrSyntax})
}

// builtin is a property that RE2 knows by the same name.
func builtin(name string, negated bool) set {
	if negated {
		return set{`\P{` + name + `}`, propertySize}
	}
	return set{`\p{` + name + `}`, propertySize}
}

// category returns the short name of a general category.
func category(name string) (string, bool) {
	if short, ok := unicode.CategoryAliases[name]; ok {
		return short, true
	}
	_, ok := unicode.Categories[name]
	return name, ok
}

// unknown is the script of characters that have none. Package unicode has no
// table of them.
const unknown = "Unknown"

// script returns the long name of a script.
func script(name string) (string, bool) {
	if long, ok := scriptAliases[name]; ok {
		name = long
	}
	_, ok := unicode.Scripts[name]
	return name, ok || name == unknown
}

// ranges writes out the union of tables, or all that is outside of it.
func ranges(tables []*unicode.RangeTable, negated bool) set {
	type span struct{ low, high rune }
	var spans []span
	for _, t := range tables {
		for _, r := range t.R16 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				spans = append(spans, span{c, c})
				if r.Stride == 1 {
					spans[len(spans)-1].high = rune(r.Hi)
					break
				}
			}
		}
		for _, r := range t.R32 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				spans = append(spans, span{c, c})
				if r.Stride == 1 {
					spans[len(spans)-1].high = rune(r.Hi)
					break
				}
			}
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.low - b.low) })
	var text []byte
	size := propertySize
	write := func(low, high rune) {
		if low > high {
			return
		}
		size++
		text = append(text, `\x{`...)
		text = strconv.AppendInt(text, int64(low), 16)
		text = append(text, `}-\x{`...)
		text = strconv.AppendInt(text, int64(high), 16)
		text = append(text, '}')
	}
	next := rune(0) // the first character behind the spans so far
	for _, s := range spans {
		if negated {
			write(next, s.low-1)
		} else {
			write(max(next, s.low), s.high)
		}
		next = max(next, s.high+1)
	}
	if negated {
		write(next, unicode.MaxRune)
	}
	return set{string(text), size}
}

// all and ascii are properties of ECMA-262 that package unicode does not have.
var (
	all   = &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0, Hi: unicode.MaxRune, Stride: 1}}}
	ascii = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0, Hi: 0x7F, Stride: 1}}}
)

// binary holds the binary properties of ECMA-262 by their long and short
// names. Those without tables are legal, but package unicode cannot tell
// which characters have them.
var binary = func() map[string][]*unicode.RangeTable {
	properties := map[string][]*unicode.RangeTable{
		"Any":          {all},
		"ASCII":        {ascii},
		"Alphabetic":   {unicode.L, unicode.Nl, unicode.Other_Alphabetic},
		"Lowercase":    {unicode.Ll, unicode.Other_Lowercase},
		"Uppercase":    {unicode.Lu, unicode.Other_Uppercase},
		"Math":         {unicode.Sm, unicode.Other_Math},
		"ID_Start":     nil,
		"ID_Continue":  nil,
		"XID_Start":    nil,
		"XID_Continue": nil,
	}
	for name := range strings.FieldsSeq(`Bidi_Mirrored Case_Ignorable Cased
		Changes_When_Casefolded Changes_When_Casemapped Changes_When_Lowercased
		Changes_When_NFKC_Casefolded Changes_When_Titlecased Changes_When_Uppercased
		Default_Ignorable_Code_Point Emoji Emoji_Component Emoji_Modifier
		Emoji_Modifier_Base Emoji_Presentation Extended_Pictographic Grapheme_Base
		Grapheme_Extend`) {
		properties[name] = nil
	}
	for name := range strings.FieldsSeq(`ASCII_Hex_Digit Bidi_Control Dash Deprecated
		Diacritic Extender Hex_Digit IDS_Binary_Operator IDS_Trinary_Operator Ideographic
		Join_Control Logical_Order_Exception Noncharacter_Code_Point Pattern_Syntax
		Pattern_White_Space Quotation_Mark Radical Regional_Indicator Sentence_Terminal
		Soft_Dotted Terminal_Punctuation Unified_Ideograph Variation_Selector White_Space`) {
		properties[name] = []*unicode.RangeTable{unicode.Properties[name]}
	}
	for short, long := range binaryAliases {
		properties[short] = properties[long]
	}
	return properties
}()

var binaryAliases = map[string]string{
	"AHex": "ASCII_Hex_Digit", "Alpha": "Alphabetic", "Bidi_C": "Bidi_Control",
	"Bidi_M": "Bidi_Mirrored", "CI": "Case_Ignorable", "CWCF": "Changes_When_Casefolded",
	"CWCM": "Changes_When_Casemapped", "CWKCF": "Changes_When_NFKC_Casefolded",
	"CWL": "Changes_When_Lowercased", "CWT": "Changes_When_Titlecased",
	"CWU": "Changes_When_Uppercased", "DI": "Default_Ignorable_Code_Point", "Dep": "Deprecated",
	"Dia": "Diacritic", "EBase": "Emoji_Modifier_Base", "EComp": "Emoji_Component",
	"EMod": "Emoji_Modifier", "EPres": "Emoji_Presentation", "Ext": "Extender",
	"ExtPict": "Extended_Pictographic", "Gr_Base": "Grapheme_Base", "Gr_Ext": "Grapheme_Extend",
	"Hex": "Hex_Digit", "IDC": "ID_Continue", "IDS": "ID_Start", "IDSB": "IDS_Binary_Operator",
	"IDST": "IDS_Trinary_Operator", "Ideo": "Ideographic", "Join_C": "Join_Control",
	"LOE": "Logical_Order_Exception", "Lower": "Lowercase", "NChar": "Noncharacter_Code_Point",
	"Pat_Syn": "Pattern_Syntax", "Pat_WS": "Pattern_White_Space", "QMark": "Quotation_Mark",
	"RI": "Regional_Indicator", "SD": "Soft_Dotted", "STerm": "Sentence_Terminal",
	"Term": "Terminal_Punctuation", "UIdeo": "Unified_Ideograph", "Upper": "Uppercase",
	"VS": "Variation_Selector", "XIDC": "XID_Continue", "XIDS": "XID_Start", "space": "White_Space",
}
