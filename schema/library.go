package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/xeipuuv/gojsonschema"
)

// library runs gojsonschema on what it gets right: types, bounds, multipleOf
// and lengths of scalars. Patterns would be too, but their work is counted.
//
// It is kept from the rest. It sees a schema written here, never the
// author's: properties are numbered, so no name means anything to it, and no
// reference, format or enum is in it. It detects no dialect, consults no
// metaschema, and has no way to load anything. It is fed only strings,
// booleans and number literals within bounds; other Go types would pass every
// check. A panic in it becomes an error.
type library struct{ schema *gojsonschema.Schema }

var errLibrary = errors.New("schema: gojsonschema failed")

func newLibrary(props []*declared) (l *library, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errLibrary
		}
	}()
	children := make(map[string]any, len(props))
	for _, d := range props {
		children[d.alias] = rewrite(d)
	}
	source, err := json.Marshal(map[string]any{"type": "object", "properties": children})
	if err != nil {
		return nil, err
	}
	loader := gojsonschema.NewSchemaLoader() // good for one schema
	loader.AutoDetect = false
	loader.Validate = false
	loader.Draft = gojsonschema.Draft7
	compiled, err := loader.Compile(sealed{gojsonschema.NewBytesLoader(source)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLibrary, err)
	}
	return &library{compiled}, nil
}

// rewrite returns the keywords of a property that concern its type, in the
// form that gojsonschema understands.
func rewrite(d *declared) map[string]any {
	m := map[string]any{"type": d.Type}
	switch d.Type {
	case TypeString:
		if d.MinLength != "" {
			m["minLength"] = d.lengths.min
		}
		if d.MaxLength != "" {
			// Apart from minLength: gojsonschema refuses a minimum above the
			// maximum, which JSON Schema allows and nothing satisfies.
			m["allOf"] = []any{map[string]any{"maxLength": d.lengths.max}}
		}
	case TypeNumber, TypeInteger:
		for keyword, n := range map[string]json.Number{
			"minimum": d.Minimum, "exclusiveMinimum": d.ExclusiveMinimum,
			"maximum": d.Maximum, "exclusiveMaximum": d.ExclusiveMaximum,
			"multipleOf": d.MultipleOf,
		} {
			if n != "" {
				m[keyword] = n
			}
		}
	case TypeBoolean:
	}
	return m
}

// failure is one keyword that one property does not satisfy.
type failure struct {
	index int
	code  Code
}

// libraryCodes translates the error types of gojsonschema.
var libraryCodes = map[string]Code{
	"invalid_type":  CodeType,
	"number_gte":    CodeMinimum,
	"number_gt":     CodeExclusiveMinimum,
	"number_lte":    CodeMaximum,
	"number_lt":     CodeExclusiveMaximum,
	"multiple_of":   CodeMultipleOf,
	"string_gte":    CodeMinLength,
	"string_lte":    CodeMaxLength,
	"number_all_of": "", // the frame around maxLength; the cause is reported too
}

// validate checks values by alias. They are json.Number, string and bool.
func (l *library) validate(values map[string]any) (failures []failure, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errLibrary
		}
	}()
	result, err := l.schema.Validate(gojsonschema.NewRawLoader(values))
	if err != nil {
		return nil, err
	}
	for _, found := range result.Errors() {
		code, known := libraryCodes[found.Type()]
		index, err := strconv.Atoi(found.Field())
		if !known || err != nil {
			return nil, errLibrary
		}
		if code != "" {
			failures = append(failures, failure{index, code})
		}
	}
	return failures, nil
}

// sealed is a loader from which nothing else can be loaded.
type sealed struct{ gojsonschema.JSONLoader }

func (sealed) LoaderFactory() gojsonschema.JSONLoaderFactory { return denial{} }

type denial struct{}

func (denial) New(string) gojsonschema.JSONLoader { return denied{} }

// denied is what every reference gets.
type denied struct{ gojsonschema.JSONLoader }

func (denied) LoadJSON() (any, error) { return nil, errLibrary }
