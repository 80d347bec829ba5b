package schema

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

// What the library is kept from, in case something ever gets past the reader.

func TestTheSealedLoaderLoadsNothing(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{"http://127.0.0.1:1/", "file:///etc/hostname", "other.json", "http://json-schema.org/draft-07/schema#"} {
		source, err := json.Marshal(map[string]any{"allOf": []any{map[string]any{"$ref": ref}}})
		if err != nil {
			t.Fatal(err)
		}
		loader := gojsonschema.NewSchemaLoader()
		loader.AutoDetect = false
		loader.Draft = gojsonschema.Draft7
		if _, err := loader.Compile(sealed{gojsonschema.NewBytesLoader(source)}); err == nil {
			t.Errorf("%s is loaded", ref)
		}
	}
}

func TestAPanicInTheLibraryIsAnError(t *testing.T) {
	t.Parallel()
	d := &declared{Property: Property{Name: "p", Type: TypeNumber, Maximum: "5"}, alias: "0"}
	l, err := newLibrary([]*declared{d})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.validate(map[string]any{"0": json.Number("1e1000001")}); !errors.Is(err, errLibrary) {
		t.Errorf("got %v", err)
	}
}

func TestWhatTheLibraryCannotCompileIsRefused(t *testing.T) {
	t.Parallel()
	d := &declared{Property: Property{Name: "p", Type: "no such type"}, alias: "0"}
	if _, err := newLibrary([]*declared{d}); !errors.Is(err, errLibrary) {
		t.Errorf("got %v", err)
	}
}

func TestCanonicalNumbersAreExact(t *testing.T) {
	t.Parallel()
	for literal, want := range map[string]struct {
		text    string
		integer bool
	}{
		"9223372036854775808": {"9223372036854775808", true},
		"-0.10":               {"-0.1", false},
		"1e-400":              {"1e-400", false},
		"123e-2":              {"1.23", false},
		"12300e-2":            {"123", true},
		"1.5e308":             {"15e307", true},
	} {
		d := parseDecimal(literal)
		if d.String() != want.text || d.isInteger() != want.integer {
			t.Errorf("%s: %s, integer %t", literal, d, d.isInteger())
		}
	}
}
