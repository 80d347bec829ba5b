package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
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
	if string(members[1].RawKey) != `"b\n"` {
		t.Errorf("raw key %s", members[1].RawKey)
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	elements := jsonscan.OutlineElements(jsonscan.Outline([]byte(` [ 1 ,"a", [ ] ,{}]`), bounds), bounds)
	if len(elements) != 4 || string(elements[0].Raw) != "1" || elements[3].Kind != jsonscan.Object {
		t.Errorf("%v", elements)
	}
	if elements := jsonscan.OutlineElements(jsonscan.Outline([]byte(`[ ]`), bounds), bounds); len(elements) != 0 {
		t.Errorf("%v", elements)
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
		{`{"a":{"\uD800x":1}}`, jsonscan.Unicode, "/a/\uFFFDx"},
	} {
		if err := jsonscan.Check([]byte(c.document), bounds); err != nil {
			t.Fatal(err)
		}
		faults := jsonscan.Faults([]byte(c.document), bounds, 10)
		if len(faults) != 1 || faults[0].Fault != c.fault || jsonscan.Pointer(faults[0].Path...) != c.pointer {
			t.Errorf("%s: %v", c.document, faults)
		}
		if c.document[0] != '{' {
			continue
		}
		_, err := jsonscan.Members(nil, []byte(c.document), bounds)
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

func TestFaultsAreCollected(t *testing.T) {
	t.Parallel()
	document := []byte(`{"a":1e999,"a":[[[[["\ud800"]],{}]]],"\ud800":1,"\ud801":{"b":"\udc00","c":[1,-1e401]},"d":"ok"}`)
	var got []string
	for _, f := range jsonscan.Faults(document, bounds, 10) {
		got = append(got, f.Error())
	}
	want := []string{
		"jsonscan: fault 6 at /a", "jsonscan: fault 5 at /a", "jsonscan: fault 4 at /a/0/0/0", "jsonscan: fault 4 at /a/0/0/1",
		"jsonscan: fault 3 at /\uFFFD", "jsonscan: fault 3 at /\uFFFD", "jsonscan: fault 3 at /\uFFFD/b", "jsonscan: fault 6 at /\uFFFD/c/1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := jsonscan.Faults(document, bounds, 2); len(got) != 2 {
		t.Errorf("%v", got)
	}
	var kinds []string
	for _, m := range jsonscan.OutlineMembers(jsonscan.Outline(document, bounds), bounds) {
		kinds = append(kinds, m.Kind.String())
	}
	if want := []string{"faulty", "array", "number", "object", "string"}; !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
}

// A path that is put together from its end costs the square of its length. Not
// parallel, because it counts allocations.
func TestDeepFaultsAreCheap(t *testing.T) { //nolint:paralleltest // it counts allocations
	const depth = 9_999
	document := []byte(strings.Repeat(`{"a":`, depth) + "1e999" + strings.Repeat("}", depth))
	deep := jsonscan.Bounds{Depth: 20_000, NumberBytes: 20, Exponent: 400}
	if err := jsonscan.Check(document, deep); err != nil {
		t.Fatal(err)
	}
	var err *jsonscan.Error
	allocs := testing.AllocsPerRun(5, func() { _, err = jsonscan.Members(nil, document, deep) })
	if err == nil || len(err.Path) != depth {
		t.Errorf("%.50v", err)
	}
	if allocs > 100 {
		t.Errorf("%g allocations", allocs)
	}
}

func TestWhatEncodingJSONDoesNotFollowIsTooDeep(t *testing.T) {
	t.Parallel()
	deep := jsonscan.Bounds{Depth: 1 << 30, NumberBytes: 20, Exponent: 400}
	for depth, fault := range map[int]jsonscan.Fault{10_000: 0, 10_001: jsonscan.TooDeep} {
		err := jsonscan.Check([]byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)), deep)
		if (err != nil) != (fault != 0) || err != nil && err.Fault != fault {
			t.Errorf("%d: %v", depth, err)
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
		v := jsonscan.Outline(document, bounds)
		if !bytes.Equal(v.Raw, bytes.Trim(document, " \t\r\n")) {
			t.Fatalf("%q: value %q", document, v.Raw)
		}
		faults := jsonscan.Faults(document, bounds, 3)
		if v.Kind != jsonscan.Object {
			return
		}
		members, err := jsonscan.Members(nil, document, bounds)
		if (err == nil) != (len(faults) == 0) {
			t.Fatalf("%q: faults %v, but members: %v", document, faults, err)
		}
		outline := jsonscan.OutlineMembers(v, bounds)
		if err != nil {
			return
		}
		if !reflect.DeepEqual(outline, members) {
			t.Fatalf("%q: outline %v, members %v", document, outline, members)
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
