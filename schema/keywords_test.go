package schema_test

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

// property compiles a schema of the one property "p".
func property(tb testing.TB, keywords string, opts *schema.Options) *schema.Schema {
	tb.Helper()
	return parse(tb, fmt.Sprintf(`{"id":"S","displayName":"S","jsonSchema":{"$schema":%q,"type":"object","properties":{"p":%s}}}`,
		schema.Dialect, keywords), opts)
}

// The cases are those that JSON Schema itself settles, wrapped as the property
// of an object. BigIntegers is on: the standard knows no 64-bit integers.
func TestKeywordsAreThoseOfJSONSchema(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keywords string
		yes, no  []string
	}{
		{
			`{"type":"integer"}`,
			[]string{`1`, `1.0`, `-0`, `1e2`, `-1`, `98249283749234923498293171823948729348710298301928331`},
			[]string{`1.1`, `"foo"`, `"1"`, `{}`, `[]`, `true`, `null`, `1e-1`},
		},
		{`{"type":"number"}`, []string{`1`, `1.0`, `1.1`, `-1e-300`, `1e308`, `98249283749234923498293171823948729348710298301928331`}, []string{`"foo"`, `"1"`, `{}`, `[]`, `true`, `null`}},
		{`{"type":"string"}`, []string{`"foo"`, `"1"`, `""`}, []string{`1`, `1.1`, `{}`, `[]`, `true`, `null`}},
		{`{"type":"boolean"}`, []string{`true`, `false`}, []string{`1`, `0`, `1.1`, `"foo"`, `""`, `{}`, `[]`, `null`}},

		{`{"type":"number","minimum":1.1}`, []string{`2.6`, `1.1`}, []string{`0.6`}},
		{`{"type":"string","minimum":1.1}`, []string{`"x"`}, nil},
		{`{"type":"number","minimum":-2}`, []string{`-1`, `0`, `-2`, `-2.0`}, []string{`-2.0001`, `-3`}},
		{`{"type":"number","maximum":3.0}`, []string{`2.6`, `3.0`}, []string{`3.5`}},
		{`{"type":"number","maximum":300}`, []string{`299.97`, `300`, `300.00`}, []string{`300.5`}},
		{`{"type":"number","exclusiveMinimum":1.1}`, []string{`1.2`}, []string{`1.1`, `0.6`}},
		{`{"type":"number","exclusiveMaximum":3.0}`, []string{`2.2`}, []string{`3.0`, `3.5`}},
		{`{"type":"number","minimum":2,"maximum":1}`, nil, []string{`1`, `1.5`, `2`}},
		{`{"type":"integer","maximum":18446744073709551615}`, []string{`18446744073709551600`}, []string{`18446744073709551616`}},
		{`{"type":"integer","minimum":-18446744073709551615}`, []string{`-18446744073709551600`}, []string{`-18446744073709551616`}},
		{`{"type":"number","exclusiveMaximum":972783798187987123879878123.18878137}`, nil, []string{`972783798187987123879878123.188781371`}},
		{`{"type":"number","exclusiveMinimum":-972783798187987123879878123.18878137}`, nil, []string{`-972783798187987123879878123.188781371`}},
		{`{"type":"number","minimum":9007199254740993}`, []string{`9007199254740993`}, []string{`9007199254740992`}},

		{`{"type":"integer","multipleOf":2}`, []string{`10`, `0`, `-4`}, []string{`7`}},
		{`{"type":"string","multipleOf":2}`, []string{`"foo"`}, nil},
		{`{"type":"number","multipleOf":1.5}`, []string{`0`, `4.5`}, []string{`35`}},
		{`{"type":"number","multipleOf":0.0001}`, []string{`0.0075`}, []string{`0.00751`}},
		{`{"type":"integer","multipleOf":0.123456789}`, nil, []string{`1e308`}},
		{`{"type":"integer","multipleOf":0.5}`, []string{`1e308`}, nil},
		{`{"type":"integer","multipleOf":1e-8}`, []string{`12391239123`}, nil},

		{`{"type":"string","minLength":2}`, []string{`"foo"`, `"fo"`}, []string{`"f"`, `"💩"`, `"\ud83d\udca9"`}},
		{`{"type":"integer","minLength":2}`, []string{`1`}, nil},
		{`{"type":"string","minLength":2.0}`, []string{`"fo"`}, []string{`"f"`}},
		{`{"type":"string","minLength":2e0}`, []string{`"fo"`}, []string{`"f"`}},
		{`{"type":"string","minLength":1e300}`, nil, []string{`"f"`}},
		{`{"type":"string","maxLength":2}`, []string{`"f"`, `"fo"`, `"💩💩"`, `"\ud83d\udca9\ud83d\udca9"`}, []string{`"foo"`}},
		{`{"type":"string","maxLength":2.0}`, []string{`"f"`}, []string{`"foo"`}},
		{`{"type":"string","maxLength":1e300}`, []string{`"foo"`}, nil},
		{`{"type":"string","maxLength":0}`, []string{`""`}, []string{`"f"`}},
		{`{"type":"string","minLength":2,"maxLength":1}`, nil, []string{`"f"`, `"fo"`}},

		{`{"type":"string","pattern":"^a*$"}`, []string{`"aaa"`, `""`}, []string{`"abc"`}},
		{`{"type":"boolean","pattern":"^a*$"}`, []string{`true`}, nil},
		{`{"type":"string","pattern":"a+"}`, []string{`"xxaayy"`}, []string{`"b"`}},
		{`{"type":"string","pattern":""}`, []string{`"x"`, `""`}, nil},
		{`{"type":"string","pattern":"^🐲*$"}`, []string{`""`, `"🐲"`, `"🐲🐲"`}, []string{`"🐉"`, `"D"`}},
		{`{"type":"string","pattern":"^\\d+$"}`, []string{`"42"`}, []string{`"৪২"`, `"-%#"`}},
		{`{"type":"string","pattern":"\\p{Letter}cole"}`, []string{`"école"`}, []string{`"LECOLE"`}},

		{`{"type":"integer","enum":[1,2,3]}`, []string{`1`, `3.0`}, []string{`4`, `"1"`}},
		{`{"type":"integer","enum":[6,"foo",[],true,{"foo":12}]}`, []string{`6`}, []string{`7`, `"foo"`, `[]`, `true`, `{"foo":12}`}},
		{`{"type":"string","enum":[6,"foo",[],true,{"foo":12}]}`, []string{`"foo"`}, []string{`"6"`}},
		{`{"type":"string","enum":["foo\nbar","foo\rbar"]}`, []string{`"foo\nbar"`, `"foo\u000abar"`}, []string{`"abc"`}},
		{`{"type":"boolean","enum":[false]}`, []string{`false`}, []string{`0`, `0.0`, `true`}},
		{`{"type":"integer","enum":[false]}`, nil, []string{`0`, `false`}},
		{`{"type":"integer","enum":[0]}`, []string{`0`, `0.0`, `-0`}, []string{`false`}},
		{`{"type":"number","enum":[[0],1]}`, []string{`1.0`}, []string{`[0]`, `[false]`, `0`}},
		{`{"type":"string","enum":["hello\u0000there"]}`, []string{`"hello\u0000there"`}, []string{`"hellothere"`}},
		{`{"type":"string","enum":[]}`, nil, []string{`""`, `"a"`}},
		{`{"type":"number","enum":[null]}`, nil, []string{`0`, `null`}},
		{`{"type":"string","enum":["a","a"]}`, []string{`"a"`}, nil},
		{`{"type":"number","enum":[9007199254740993]}`, []string{`9007199254740993`, `9007199254740993.0`}, []string{`9007199254740992`}},
		{`{"type":"number","enum":[1e308]}`, []string{`10e307`}, []string{`1.0000000000000000001e308`}},

		{`{"type":"integer","const":2}`, []string{`2`, `2.0`, `20e-1`}, []string{`5`, `"2"`}},
		{`{"type":"string","const":{"foo":"bar"}}`, nil, []string{`"foo"`, `{"foo":"bar"}`}},
		{`{"type":"string","const":null}`, nil, []string{`null`, `""`}},
		{`{"type":"boolean","const":false}`, []string{`false`}, []string{`true`, `0`, `[]`}},
		{`{"type":"boolean","const":true}`, []string{`true`}, []string{`false`, `1`}},
		{`{"type":"number","const":0}`, []string{`0`, `-0.0`}, []string{`false`, `""`, `{}`}},
		{`{"type":"number","const":-2.0}`, []string{`-2`, `-2.0`}, []string{`2`, `-2.00001`}},
		{`{"type":"integer","const":9007199254740992}`, []string{`9007199254740992`, `9007199254740992.0`}, []string{`9007199254740991`, `9007199254740993`}},
		{`{"type":"string","const":"hello\u0000there"}`, []string{`"hello\u0000there"`}, []string{`"hellothere"`}},
		{`{"type":"string","const":"<é>\u2028"}`, []string{`"\u003c\u00e9\u003e\u2028"`}, []string{`"<e>"`}},

		{`{"type":"string","format":"date-time"}`, []string{`"1998-12-31T23:59:60Z"`}, []string{`"1998-12-31"`, `""`}},
		{`{"type":"string","format":"regex"}`, []string{`"([abc])+\\s+$"`, `"a(?=b)"`}, []string{`"^(abc]"`, `"\\a"`, `"^\\S(|(.|\\n)*\\S)\\Z"`}},
		{`{"type":"string","format":"uuid","pattern":"^2"}`, []string{`"2EB8AA08-AA98-11EA-B4AA-73B441D16380"`}, []string{`"3EB8AA08-AA98-11EA-B4AA-73B441D16380"`}},
	} {
		s := property(t, c.keywords, &schema.Options{BigIntegers: true})
		for _, value := range c.yes {
			r := check(t, s, `{"p":`+value+`}`)
			if len(r.Violations) != 0 || string(r.Projection) != `{"p":`+value+`}` {
				t.Errorf("%s: %s does not conform: %+v", c.keywords, value, r)
			}
		}
		for _, value := range c.no {
			r := check(t, s, `{"p":`+value+`}`)
			if len(r.Violations) == 0 || string(r.Projection) != `{}` {
				t.Errorf("%s: %s conforms", c.keywords, value)
			}
		}
	}
}

func TestEachRuleHasItsViolation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keywords, value string
		want            schema.Violation
	}{
		{`{"type":"integer"}`, `"x"`, schema.Violation{Code: schema.CodeType, Expected: "integer", Got: "string"}},
		{`{"type":"integer"}`, `1.5`, schema.Violation{Code: schema.CodeType, Expected: "integer", Got: "number"}},
		{`{"type":"string"}`, `null`, schema.Violation{Code: schema.CodeType, Expected: "string", Got: "null"}},
		{`{"type":"string"}`, `[1]`, schema.Violation{Code: schema.CodeType, Expected: "string", Got: "array"}},
		{`{"type":"string"}`, `{}`, schema.Violation{Code: schema.CodeType, Expected: "string", Got: "object"}},
		{`{"type":"string"}`, `true`, schema.Violation{Code: schema.CodeType, Expected: "string", Got: "boolean"}},
		{`{"type":"integer"}`, `9223372036854775808`, schema.Violation{Code: schema.CodeIntegerRange, Expected: "64-bit integer", Got: "number"}},
		{`{"type":"integer"}`, `-9223372036854775809`, schema.Violation{Code: schema.CodeIntegerRange, Expected: "64-bit integer", Got: "number"}},
		{`{"type":"integer"}`, `1e19`, schema.Violation{Code: schema.CodeIntegerRange, Expected: "64-bit integer", Got: "number"}},
		{`{"type":"string","format":"email"}`, `"x"`, schema.Violation{Code: schema.CodeFormat, Expected: "email", Got: "string"}},
		{`{"type":"string","enum":["a","b"]}`, `"x"`, schema.Violation{Code: schema.CodeEnum, Expected: `["a","b"]`, Got: "string"}},
		{`{"type":"string","const":"a"}`, `"x"`, schema.Violation{Code: schema.CodeConst, Expected: `"a"`, Got: "string"}},
		{`{"type":"number","minimum":1.50}`, `1`, schema.Violation{Code: schema.CodeMinimum, Expected: "1.50", Got: "number"}},
		{`{"type":"number","maximum":1}`, `2`, schema.Violation{Code: schema.CodeMaximum, Expected: "1", Got: "number"}},
		{`{"type":"number","exclusiveMinimum":1}`, `1`, schema.Violation{Code: schema.CodeExclusiveMinimum, Expected: "1", Got: "number"}},
		{`{"type":"number","exclusiveMaximum":1}`, `1`, schema.Violation{Code: schema.CodeExclusiveMaximum, Expected: "1", Got: "number"}},
		{`{"type":"number","multipleOf":2}`, `1`, schema.Violation{Code: schema.CodeMultipleOf, Expected: "2", Got: "number"}},
		{`{"type":"string","minLength":2.0}`, `"x"`, schema.Violation{Code: schema.CodeMinLength, Expected: "2.0", Got: "string"}},
		{`{"type":"string","maxLength":2}`, `"xyz"`, schema.Violation{Code: schema.CodeMaxLength, Expected: "2", Got: "string"}},
		{`{"type":"string","pattern":"^\\d$"}`, `"x"`, schema.Violation{Code: schema.CodePattern, Expected: `^\d$`, Got: "string"}},
	} {
		c.want.Pointer = "/p"
		r := check(t, property(t, c.keywords, nil), `{"p":`+c.value+`}`)
		if len(r.Violations) != 1 || r.Violations[0] != c.want {
			t.Errorf("%s on %s: %+v, want %+v", c.keywords, c.value, r.Violations, c.want)
		}
	}
}

func TestIntegersOf64BitsConform(t *testing.T) {
	t.Parallel()
	s := property(t, `{"type":"integer"}`, nil)
	for _, value := range []string{`9223372036854775807`, `-9223372036854775808`, `9223372036854775807.0`, `9.223372036854775807e18`, `0e400`, `0.0000000000000000000`} {
		if r := check(t, s, `{"p":`+value+`}`); len(r.Violations) != 0 {
			t.Errorf("%s: %+v", value, r.Violations)
		}
	}
}
