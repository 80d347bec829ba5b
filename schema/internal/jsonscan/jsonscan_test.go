package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

var bounds = jsonscan.Bounds{Depth: 4, NumberBytes: 20, Exponent: 400}

func TestMembersAreSpansOfTheDocument(t *testing.T) {
	t.Parallel()
	document := []byte(" {\t\"a\" : 1.50 , \"b\\n\":[ {} , null],\"c\":\"\\u0041\",\"\":{\"d\" : false}, \"t\":true}\n")
	if err := jsonscan.Check(document, bounds); err != nil {
		t.Fatal(err)
	}
	members, err := jsonscan.Members(nil, document, bounds)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range members {
		got = append(got, string(m.Key)+"="+m.Kind.String()+":"+string(m.Raw))
	}
	want := "a=number:1.50|b\n=array:[ {} , null]|c=string:\"\\u0041\"|=object:{\"d\" : false}|t=boolean:true"
	if strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if members[2].Text() != "A" {
		t.Errorf("text %q", members[2].Text())
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	elements, err := jsonscan.Elements([]byte(` [ 1 ,"a", [ ] ,{}]`), bounds)
	if err != nil || len(elements) != 4 || string(elements[0].Raw) != "1" || elements[3].Kind != jsonscan.Object {
		t.Errorf("%v %v", elements, err)
	}
	if elements, err := jsonscan.Elements([]byte(`[ ]`), bounds); err != nil || len(elements) != 0 {
		t.Errorf("%v %v", elements, err)
	}
}

func TestFaultsSayWhereTheyAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		document string
		fault    jsonscan.Fault
		pointer  string
	}{
		{`{"a":[0,{"b/~":1e401}]}`, jsonscan.NumberBounds, "/a/1/b~1~0"},
		{`[123456789012345678901]`, jsonscan.NumberBounds, "/0"},
		{`[1e99999999999999999999]`, jsonscan.NumberBounds, "/0"},
		{`[9e308]`, jsonscan.NumberBounds, "/0"},
		{`[[[[[]]]]]`, jsonscan.TooDeep, "/0/0/0/0"},
		{`{"a":{"x":1,"x":2}}`, jsonscan.Duplicate, "/a/x"},
		{`["\uDABC"]`, jsonscan.Unicode, "/0"},
		{`["\uDABC\uD800"]`, jsonscan.Unicode, "/0"},
	} {
		if err := jsonscan.Check([]byte(c.document), bounds); err != nil {
			t.Fatal(err)
		}
		_, err := jsonscan.Scan([]byte(c.document), bounds)
		if err == nil || err.Fault != c.fault || jsonscan.Pointer(err.Path...) != c.pointer {
			t.Errorf("%s: %v", c.document, err)
		}
	}
	for document, fault := range map[string]jsonscan.Fault{
		``: jsonscan.Syntax, `{"a\"[[[[[":}`: jsonscan.Syntax, `1 1`: jsonscan.Trailing, "\xff": jsonscan.Unicode, `[[[[[[`: jsonscan.TooDeep,
	} {
		if err := jsonscan.Check([]byte(document), bounds); err == nil || err.Fault != fault {
			t.Errorf("%s: %v", document, err)
		}
	}
}

// FuzzScan holds the walk against encoding/json: what it says about a valid
// document is what a decoder sees.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"\ud83d\ude00"}],"c":null}`, ` [ ] `, `"\\\""`, `-1.5e+3`, `{"a":{},"b":[[]]}`, `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		if jsonscan.Check(document, bounds) != nil {
			return
		}
		v, err := jsonscan.Scan(document, bounds)
		if err != nil {
			return
		}
		if !bytes.Equal(v.Raw, bytes.Trim(document, " \t\r\n")) {
			t.Fatalf("%q: value %q", document, v.Raw)
		}
		if v.Kind != jsonscan.Object {
			return
		}
		members, err := jsonscan.Members(nil, document, bounds)
		if err != nil {
			t.Fatalf("%q: scanned but has no members: %v", document, err)
		}
		var decoded map[string]json.RawMessage
		if err := json.Unmarshal(document, &decoded); err != nil || len(decoded) != len(members) {
			t.Fatalf("%q: %d members, %d decoded, %v", document, len(members), len(decoded), err)
		}
		for _, m := range members {
			if !bytes.Equal(decoded[string(m.Key)], m.Raw) {
				t.Fatalf("%q: %q is %q, decoded %q", document, m.Key, m.Raw, decoded[string(m.Key)])
			}
		}
	})
}
