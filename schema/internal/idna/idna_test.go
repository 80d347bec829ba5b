package idna_test

import (
	"testing"

	"github.com/engage-interactions/engage/schema/internal/idna"
)

func TestALabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, label string
		valid       bool
	}{
		{"Arabic", "xn--4gbwdl", true},
		{"Arabic with a zero width joiner rule", "xn--wgbh1c", true},
		{"upper case", "XN--4GBWDL", true},
		{"German sharp s", "xn--fa-hia", true},
		{"RFC 3492, Arabic, ends in a question mark", "xn--egbpdaj6bu4bxfgehfvwxn", false},
		{"RFC 3492, simplified Chinese", "xn--ihqwcrb4cv8a8dqg056pqjye", true},
		{"RFC 3492, traditional Chinese", "xn--ihqwctvzc91f659drss3x8bo0yb", true},
		{"RFC 3492, Hebrew", "xn--4dbcagdahymbxekheh6e0a7fei0b", true},
		{"RFC 3492, Hindi", "xn--i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd", true},
		{"RFC 3492, Japanese", "xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa", true},
		{"not Punycode", "xn--X", false},
		{"nothing encoded", "xn--", false},
		{"only ASCII encoded", "xn--abc-", false},
		{"-- in the third and fourth place", "xn--aa---o47jg78q", false},
		{"begins with a dash", "xn---hello-txk", false},
		{"begins with a spacing mark", "xn--hello-txk", false},
		{"begins with a nonspacing mark", "xn--hello-zed", false},
		{"begins with an enclosing mark", "xn--hello-6bf", false},
		{"valid exceptions, left to right", "xn--zca29lwxobi7a", true},
		{"valid exceptions, right to left", "xn--qmbc", true},
		{"disallowed exceptions, right to left", "xn--chb89f", false},
		{"disallowed exceptions, left to right", "xn--07jceefgh4c", false},
		{"middle dot with no l before", "xn--al-0ea", false},
		{"middle dot with nothing before", "xn--l-fda", false},
		{"middle dot with no l behind", "xn--la-0ea", false},
		{"middle dot with nothing behind", "xn--l-gda", false},
		{"middle dot between two l", "xn--ll-0ea", true},
		{"keraia not before Greek", "xn--S-jib3p", false},
		{"keraia before nothing", "xn--wva3j", false},
		{"keraia before Greek", "xn--wva3je", true},
		{"geresh not after Hebrew", "xn--A-2hc5h", false},
		{"geresh after nothing", "xn--5db1e", false},
		{"geresh after Hebrew", "xn--4dbc5h", true},
		{"gershayim not after Hebrew", "xn--A-2hc8h", false},
		{"gershayim after nothing", "xn--5db3e", false},
		{"gershayim after Hebrew", "xn--4dbc8h", true},
		{"katakana middle dot among Latin", "xn--defabc-k64e", false},
		{"katakana middle dot alone", "xn--vek", false},
		{"katakana middle dot with hiragana", "xn--k8j5u", true},
		{"katakana middle dot with katakana", "xn--bck0j", true},
		{"katakana middle dot with Han", "xn--vek778f", true},
		{"both kinds of Arabic digits", "xn--ngb6iyr", false},
		{"Arabic-Indic digits", "xn--ngba1o", true},
		{"extended Arabic-Indic digits", "xn--0-gyc", true},
		{"joiner not after virama", "xn--11b2er09f", false},
		{"joiner after nothing", "xn--02b508i", false},
		{"joiner after virama", "xn--11b2ezcw70k", true},
		{"non-joiner after virama", "xn--11b2ezcs70k", true},
		{"non-joiner between joining letters", "xn--ngba5hb2804a", true},
		{"too long", "xn--4gbwdl4gbwdl4gbwdl4gbwdl4gbwdl4gbwdl4gbwdl4gbwdl4gbwdl4gbwdl4gbwdl", false},
	} {
		if got := idna.ValidALabel(c.label); got != c.valid {
			t.Errorf("%s: ValidALabel(%q) = %t", c.name, c.label, got)
		}
	}
}

func TestULabels(t *testing.T) {
	t.Parallel()
	for label, valid := range map[string]bool{
		"실례": true, "테스트": true, "faß": true, "bücher": true, "例え": true, "אבג": true,
		"ascii": false, "": false, "Bücher": false, "-ü": false, "ü-": false, "aü--b": false, "aüb--c": true,
		"a\u2060ü": false, "ｅx": false, "\u0301ü": false, "אa": false, "aא": false, "א1": true, "1א": false,
		"\xff": false, "☃": false, "ᄀ": false,
		"l\u06f4": true, "\u06f4l": true, "\u06f4": true, "\u06f4\u067d": false, "\u067d\u06f4": true, "\u067d\u06f4\u067d": true, "l\u06f4\u067d": false,
		"\u0664": false, "\u0664\u067d": false, "\u067d\u0664": true,
	} {
		if got := idna.ValidULabel(label); got != valid {
			t.Errorf("ValidULabel(%q) = %t", label, got)
		}
	}
}

func FuzzLabels(f *testing.F) {
	f.Add("xn--4gbwdl")
	f.Add("실례")
	f.Fuzz(func(t *testing.T, label string) {
		idna.ValidALabel(label)
		idna.ValidULabel(label)
	})
}
