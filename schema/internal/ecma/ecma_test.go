package ecma_test

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/schema/internal/ecma"
)

func TestTranslatedPatternsMatchAsECMADoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{``, []string{"", "a"}, nil},
		{`a`, []string{"a", "xax"}, []string{"", "A"}},
		{`^abc$`, []string{"abc"}, []string{"abc\n", "xabc", "\nabc"}},
		{`^\t$`, []string{"\t"}, []string{`\t`}},
		{`^\cC$`, []string{"\u0003"}, []string{`\cC`}},
		{`^\cc$`, []string{"\u0003"}, []string{`\cc`}},
		{`^[\cJ]$`, []string{"\n"}, nil},
		{`^\d$`, []string{"0", "9"}, []string{"߀", "৪", "a"}},
		{`^\D$`, []string{"߀", "é"}, []string{"0"}},
		{`^\w$`, []string{"a", "Z", "_", "3"}, []string{"é", "-"}},
		{`^\W$`, []string{"é", "-"}, []string{"a"}},
		{
			`^\s$`,
			[]string{" ", "\t", "\n", "\v", "\f", "\r", "\u00a0", "\ufeff", "\u2028", "\u2029", "\u2003", "\u3000", "\u1680", "\u202f", "\u205f"},
			[]string{"\u0001", "\u2013", "\u0085", "\u180e", "\u200b"},
		},
		{`^\S$`, []string{"\u0001", "\u2013", "\u0085", "\u200b", "a", "🐲"}, []string{" ", "\v", "\u00a0", "\ufeff", "\u2029", "\u2003"}},
		{`^[\s]$`, []string{"\ufeff"}, []string{"a"}},
		{`^[^\s]$`, []string{"a"}, []string{"\ufeff"}},
		{`^[\S]$`, []string{"a"}, []string{"\ufeff"}},
		{`^[^\S]$`, []string{"\ufeff"}, []string{"a"}},
		{`^.$`, []string{"a", "\u0085", "🐲"}, []string{"\n", "\r", "\u2028", "\u2029", ""}},
		{`^[.]$`, []string{"."}, []string{"a"}},
		{`^[^]$`, []string{"a", "\n"}, []string{""}},
		{`[]`, nil, []string{"", "a"}},
		{`^[a-z]cole`, []string{"ecole"}, []string{"école"}},
		{`\wcole`, []string{"l'ecole"}, []string{"L'école"}},
		{`\p{Letter}cole`, []string{"Les hivers de mon enfance étaient des saisons longues. Nous vivions en trois lieux: l'école, l'église", "LECOLE lecole"}, []string{"L'ÉCOLE"}},
		{`^\p{Letter}+$`, []string{"école"}, []string{"42"}},
		{`^\p{digit}+$`, []string{"42", "৪২"}, []string{"-%#"}},
		{`^\p{Nd}\P{Nd}$`, []string{"4a"}, []string{"44"}},
		{`^\p{General_Category=Lu}\p{gc=Ll}$`, []string{"Aa"}, []string{"aA"}},
		{`^\p{Script=Greek}\p{sc=Grek}$`, []string{"αβ"}, []string{"ab"}},
		{`^\P{Script=Greek}$`, []string{"a"}, []string{"α"}},
		{`^[\p{Lu}\d]+$`, []string{"A1"}, []string{"a"}},
		{`^[^\p{Lu}]$`, []string{"a"}, []string{"A"}},
		{`^[\P{Lu}]$`, []string{"a"}, []string{"A"}},
		{`^\p{White_Space}\P{space}$`, []string{" a"}, []string{"aa"}},
		{`^\p{ASCII}\P{ASCII}$`, []string{"aé"}, []string{"éa"}},
		{`\P{Any}`, nil, []string{"", "a", "]"}},
		{`^(\P{Any}|\]|a\P{Any}*)$`, []string{"]", "a"}, []string{"", "b"}},
		{`^[\P{Any}a]$`, []string{"a"}, []string{"]", ""}},
		{`^[^\P{Any}]$`, []string{"a", "]"}, []string{""}},
		{`^\p{Any}\p{Assigned}$`, []string{"aé"}, []string{"a\u0378"}},
		{`^\p{Alphabetic}\p{Lowercase}\p{Uppercase}$`, []string{"αªⅠ"}, []string{"1aA"}},
		{`^🐲*$`, []string{"", "🐲", "🐲🐲"}, []string{"🐉", "🐉🐉", "D", "DD"}},
		{`^\uD83D\uDC32$`, []string{"🐲"}, []string{"🐉"}},
		{`^[\uD83D\uDC32]$`, []string{"🐲"}, []string{"🐉"}},
		{`^\u{1F432}\u0061\x62$`, []string{"🐲ab"}, []string{"ab"}},
		{`\uD83D`, nil, []string{"🐲", "\uFFFD"}},
		{`^[\uD83Da]$`, []string{"a"}, []string{"🐲"}},
		{`^\0$`, []string{"\x00"}, []string{"0"}},
		{`^\/\^\$\.\*\+\?\(\)\[\]\{\}\|\\$`, []string{`/^$.*+?()[]{}|\`}, nil},
		{`^[\b\-a]$`, []string{"\b", "-", "a"}, []string{"b"}},
		{`^[a-]$`, []string{"a", "-"}, []string{"b"}},
		{`^[-a]$`, []string{"a", "-"}, []string{"b"}},
		{`^[[a]$`, []string{"[", "a"}, []string{"b"}},
		{`^[a&&b]$`, []string{"&", "a"}, []string{"c"}},
		{`^[:alpha:]$`, nil, []string{"x:", "q"}},
		{`\bcat\B`, []string{"cats"}, []string{"cat", "scats"}},
		{`^(a)(?:b)(?<name>c)$`, []string{"abc"}, []string{"ab"}},
		{`^(?<$name_1>c)$`, []string{"c"}, nil},
		{`^(?<\u0061>c)$`, []string{"c"}, nil},
		{`^a*?b+?c??d{2}?e{1,}f{0,1}$`, []string{"bdde", "aabbcddeef"}, []string{"bde"}},
		{`^(a|)(|b)$`, []string{"", "a", "ab", "b"}, []string{"ba"}},
		{`^a{02}$`, []string{"aa"}, []string{"a"}},
		{`a{0}`, []string{"", "b"}, nil},
		{`^(?:){3}$`, []string{""}, []string{"a"}},
		{`^é\u00e9$`, []string{"éé"}, []string{"ee"}},
		{"^a\nb$", []string{"a\nb"}, nil},
		{`^<!-"'#%,:;=@~ >$`, []string{`<!-"'#%,:;=@~ >`}, nil},
	} {
		p, err := ecma.Translate(c.pattern, 50_000)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if !ecma.Valid(c.pattern) {
			t.Errorf("%s: not valid", c.pattern)
		}
		re, err := regexp.Compile(p.RE2)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		for _, s := range c.yes {
			if !re.MatchString(s) {
				t.Errorf("%s (%s) does not match %q", c.pattern, p.RE2, s)
			}
		}
		for _, s := range c.no {
			if re.MatchString(s) {
				t.Errorf("%s (%s) matches %q", c.pattern, p.RE2, s)
			}
		}
	}
}

func TestWhatIsNotECMAIsRefused(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`\a`, `\A`, `\Z`, `\z`, `\Q`, `\e`, `\h`, `\G`, `\-`, `\_`, `\"`, `\é`, `\`, `[\`, `[\a]`, `[\B]`, `\C`,
		`^\S(|(.|\n)*\S)\Z`, `(?i)a`, `(?i:a)`, `(?P<n>a)`, `(?#c)`, `(?>a)`, `(?`, `(`, `)`, `a)`, `(a`, `[`, `[a`, `]`, `{`, `}`, `a{`, `a{1`,
		`a{,1}`, `a{2,1}`, `a{1}{2}`, `a**`, `a+*`, `*`, `+a`, `?`, `|*`, `(*)`, `^*`, `$+`, `\b+`, `(?=a)*`, `(?<=a)?`,
		`[z-a]`, `[\d-z]`, `[a-\d]`, `[\p{L}-z]`, `\01`, `\00`, `[\1]`, `\c`, `\c1`, `\x`, `\x1`, `\xg1`, `\u`, `\u123`, `\u{}`, `\u{110000}`, `\u{12`, `\u{g}`,
		`\1`, `(a)\2`, `\k`, `\k<a>`, `\k<`, `(?<a>b)\k<c>`, `(?<>a)`, `(?<1>a)`, `(?<a`, `(?<a-b>c)`, `(?<a>b)(?<a>c)`, `(?<\a>c)`,
		`\p`, `\p{}`, `\p{`, `\pL`, `\p{letter}`, `\p{Lx}`, `\p{Greek}`, `\p{Script=greek}`, `\p{Script}`, `\p{L=Lu}`, `\P{No_Such}`, `\p{IsGreek}`, `\p{^Lu}`,
	} {
		if ecma.Valid(pattern) {
			t.Errorf("%s is valid", pattern)
		}
		if _, err := ecma.Translate(pattern, 50_000); !errors.Is(err, ecma.ErrSyntax) {
			t.Errorf("%s: got %v", pattern, err)
		}
	}
}

func TestWhatRE2LacksIsValidButUnsupported(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`a(?=b)`, `a(?!b)`, `(?<=a)b`, `(?<!a)b`, `(a)\1`, `\1(a)`, `(?<n>a)\k<n>`, `\k<n>(?<n>a)`,
		`\p{Script_Extensions=Greek}`, `\p{scx=Grek}`, `\p{Script=Unknown}`, `\p{sc=Zzzz}`, `\p{Emoji}`, `\p{ID_Start}`, `^(?!.*(admin)).*$`,
	} {
		if !ecma.Valid(pattern) {
			t.Errorf("%s is not valid", pattern)
		}
		if _, err := ecma.Translate(pattern, 50_000); !errors.Is(err, ecma.ErrUnsupported) {
			t.Errorf("%s: got %v", pattern, err)
		}
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`a{1001}`, `a{0,99999999999999999999}`, `(a{100}){100}`,
		nested(251), `((?:a{2000}){3})`,
	} {
		if _, err := ecma.Translate(pattern, 50_000); !errors.Is(err, ecma.ErrTooComplex) {
			t.Errorf("%.20s: got %v", pattern, err)
		}
	}
	for _, pattern := range []string{`a{500}b{500}c{1000}` + strings.Repeat(`\p{L}`, 1000), `(a{100}){10}` + strings.Repeat("b", 50_000)} {
		if _, err := ecma.Translate(pattern, 50_000); !errors.Is(err, ecma.ErrTooLarge) {
			t.Errorf("%.20s: got %v", pattern, err)
		}
	}
}

func nested(groups int) string { return strings.Repeat("(", groups) + strings.Repeat(")", groups) }

func TestTheLimitsOfRE2AreNotThoseOfECMA(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`a{1001}`, `a{0,99999999999999999999}`, `(?:a{2000}){3}`, `(a{100}){100}`, nested(300), nested(60_000), nested(1_000_000),
		strings.Repeat("(?:a|", 60_000) + strings.Repeat(")*", 60_000), strings.Repeat(`\p{Alphabetic}`, 4_000),
	} {
		if !ecma.Valid(pattern) {
			t.Errorf("%.20s is not valid", pattern)
		}
	}
	for _, pattern := range []string{strings.Repeat("(", 60_000), nested(60_000) + ")", `a{1001}\Z`, `a{1002,1001}`, nested(300) + "**", nested(300) + `\1{`} {
		if ecma.Valid(pattern) {
			t.Errorf("%.20s is valid", pattern)
		}
	}
}

// What is wrong by the syntax is never called too large, nor what no limit
// would admit.
func TestTheSyntaxIsJudgedFirstThenWhatRE2Lacks(t *testing.T) {
	t.Parallel()
	for pattern, class := range map[string]error{
		strings.Repeat(`\p{L}`, 9) + `(`: ecma.ErrSyntax, `a{1001}(`: ecma.ErrSyntax, nested(300) + `\Z`: ecma.ErrSyntax, `(?=a)(`: ecma.ErrSyntax,
		strings.Repeat(`\p{L}`, 9) + `(?=a)`: ecma.ErrUnsupported, `a{1001}(?=a)`: ecma.ErrUnsupported,
		strings.Repeat(`\p{L}`, 9) + `a{1001}`: ecma.ErrTooComplex, `aaaaaaaaaaaaaaaa`: ecma.ErrTooLarge,
	} {
		if _, err := ecma.Translate(pattern, 10); !errors.Is(err, class) {
			t.Errorf("%.20s: %v, want %v", pattern, err, class)
		}
	}
}

// checkTranslation holds what must be true of any pattern.
func checkTranslation(t interface{ Fatalf(string, ...any) }, pattern string) {
	p, err := ecma.Translate(pattern, 50_000)
	if err != nil {
		if _, ok := errors.AsType[*ecma.Error](err); !ok {
			t.Fatalf("%q: untyped error %v", pattern, err)
		}
		return
	}
	re, err := syntax.Parse(p.RE2, syntax.Perl)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	program, err := syntax.Compile(re.Simplify())
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	if len(program.Inst) > p.Size {
		t.Fatalf("%q (%s): %d instructions, but size %d", pattern, p.RE2, len(program.Inst), p.Size)
	}
}

func FuzzTranslate(f *testing.F) {
	for _, s := range []string{`^a+$`, `(a{3,5}|[^\d-]){2,}`, `\p{L}\u{1F432}(?<n>.)\k<n>`, `[\s\S]*?`, `((a{2}){3}){4,}`, `(?:a|b|)*`, `x{0}`, `(?:){1000}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, pattern string) { checkTranslation(t, pattern) })
}

// Patterns put together from pieces that nest and repeat, where a wrong size
// would show.
func TestNoPatternIsLargerThanItsSize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		atom := rapid.SampledFrom([]string{"a", ".", `\d`, `\S`, "[^a-c]", `\p{Lu}`, `[\P{Alphabetic}x]`, "[]", "(?:)", `\b`, "^", "(|a)", `\u{1F432}`})
		quantifier := rapid.SampledFrom([]string{"", "", "*", "+?", "?", "{0}", "{3}", "{2,}", "{0,}", "{1,4}?", "{0,7}"})
		var draw func(depth int) string
		draw = func(depth int) string {
			var b strings.Builder
			for range rapid.IntRange(1, 4).Draw(t, "terms") {
				if depth > 0 && rapid.Bool().Draw(t, "group") {
					b.WriteString("(" + draw(depth-1) + ")" + quantifier.Draw(t, "quantifier"))
				} else if a := atom.Draw(t, "atom"); a == `\b` || a == "^" {
					b.WriteString(a)
				} else {
					b.WriteString(a + quantifier.Draw(t, "quantifier"))
				}
				if rapid.IntRange(0, 4).Draw(t, "or") == 0 {
					b.WriteByte('|')
				}
			}
			return b.String()
		}
		pattern := draw(3)
		if !ecma.Valid(pattern) {
			t.Fatalf("%s is not valid", pattern)
		}
		checkTranslation(t, pattern)
	})
}
