package store_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/engage-interactions/engage/store"
)

// documents are texts that are JSON, and such that nearly are.
var documents = []string{
	``, ` `, `{}`, `[]`, ` { } `, "\t[\r\n]", `{"a":1}`, `{ "a" : 1 , "b" : [ 1 , 2 ] }`, `{"a":1,}`, `{,}`, `[,]`, `[1,]`, `[1 2]`, `{"a" 1}`,
	`{"a":}`, `{a:1}`, `{"a":1`, `{"a"`, `{`, `[`, `}`, `]`, `[}`, `{]`, `1 2`, `{}{}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{1:1}`, `{"":{}}`,
	`true`, `false`, `null`, `tru`, `truee`, `nul`, `True`, `falsey`, `t`, `[true,false,null]`,
	`0`, `-0`, `-`, `+1`, `01`, `00`, `-01`, `1.`, `.1`, `1.0`, `1.e1`, `1e`, `1e+`, `1E-2`, `1e05`, `1e1.5`, `0e0`, `0.0e+00`, `1a`, `0x1`, `--1`, `Infinity`, `NaN`,
	`""`, `"`, `"a`, `"\"`, `"\""`, `"\\"`, `"\/\b\f\n\r\t"`, `"\a"`, `"\u"`, `"\u12"`, `"\u123"`, `"\u12aF"`, `"\u12G4"`, `"\ud800"`, `"\u12`, `"\`,
	"\"\n\"", "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"é\U0010ffff\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\ufeff{}", "\v1", "\u00a01", "{}\x00",
	`{"_format":1,"id":"01M7YD","n":-1.5e3,"list":[{"a":["b",null,true]},{}],"text":"a \"quoted\" \u00e9"}`,
	strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001),
	strings.Repeat(`{"a":`, 10_000) + "{}" + strings.Repeat("}", 10_000), strings.Repeat("[", 100_000),
}

// TestValuesAreWhatEncodingJSONReads: whatever one lets pass, the other does.
func TestValuesAreWhatEncodingJSONReads(t *testing.T) {
	t.Parallel()
	check := valueCheck(t)
	for _, document := range documents {
		check(t, []byte(document))
	}
	// And with a few bytes changed, added and taken away.
	draw := rand.New(rand.NewPCG(1, 2))
	const bytes = "{}[]\",:\\u0123456789aAeE+-.tfn /\n\x00\xff"
	for range 50_000 {
		document := documents[draw.IntN(len(documents))]
		if len(document) > 200 {
			continue
		}
		v := []byte(document)
		for range 1 + draw.IntN(3) {
			at := draw.IntN(len(v) + 1)
			if draw.IntN(2) == 0 && at < len(v) {
				v = append(v[:at], v[at+1:]...)
			} else {
				v = append(v[:at], append([]byte{bytes[draw.IntN(len(bytes))]}, v[at:]...)...)
			}
		}
		check(t, v)
	}
}

func FuzzValues(f *testing.F) {
	for _, document := range documents {
		f.Add([]byte(document))
	}
	check := valueCheck(f)
	f.Fuzz(func(t *testing.T, v []byte) { check(t, v) })
}

// valueCheck compares what becomes of a batch with a value with what package json says of
// that.
func valueCheck(tb testing.TB) func(tb testing.TB, v []byte) {
	tb.Helper()
	c := catalog(tb)
	return func(tb testing.TB, v []byte) {
		tb.Helper()
		r := put("a")
		r.Value = v
		err := c.Batch(store.Batch{ID: "b", Tenant: "acme", Puts: []store.Record{r}})
		if want := json.Valid(v) && utf8.Valid(v); (err == nil) != want {
			tb.Errorf("%.80q of %d bytes: %v, want it accepted: %v", v, len(v), err, want)
		}
	}
}
