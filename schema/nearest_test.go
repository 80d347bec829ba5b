package schema

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"required", "type", "minimum", "maximum", "displayName", "ok"}
	for name, want := range map[string]string{
		"requierd":    "required", // neighbours that have changed places
		"typ":         "type",
		"tpye":        "type",
		"minimun":     "minimum", // one wrong; maximum has three
		"DisplayName": "displayName",
		"displyNam":   "displayName",
		"no":          "", // in a short name one wrong letter is another name
		"description": "",
		"required":    "required",
		"a name that is much longer than any that is meant": "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestUndeclaredNamesAreGuessed: of those that are missing.
func TestUndeclaredNamesAreGuessed(t *testing.T) {
	t.Parallel()
	s, err := Compile(Definition{ID: "review", DisplayName: "Review", JSONSchema: []byte(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
		"properties": {"stars": {"type": "integer"}, "text": {"type": "string"}}}`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]string{
		`{"Stars": 5}`:              `/Stars: is not declared: did you mean "stars"?`,
		`{"stars": 5, "star": 4}`:   `/star: is not declared`, // stars is there
		`{"stars": "5", "strs": 4}`: `/stars: must be of type integer, and is string`,
		`{"colour": "red"}`:         `/colour: is not declared`,
	} {
		r, err := s.Check([]byte(payload))
		if err != nil || r.Violations[0].String() != want {
			t.Errorf("%s: %v, %v", payload, r.Violations, err)
		}
	}
}
