package interaction

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// Limits of the detail of a thread, and of the custom fields of an intervention.
const (
	// MaxValues is the most bytes that names and values come to.
	MaxValues = 256 << 10
	// MaxValueDepth is how deep arrays and objects are nested in a value at most.
	// What reads JSON gives up somewhere beyond that, databases first.
	MaxValueDepth = 100
)

// mergeValues sets the values of others, each a JSON value, in a copy of values. One
// that is null is removed. The error is a [*FieldError].
func mergeValues(field string, values, others map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	merged := make(map[string]json.RawMessage, len(values)+len(others))
	maps.Copy(merged, values)
	for name, value := range others {
		if err := errors.Join(checkText(field, name), checkUTF8(field, string(value), MaxValues)); err != nil {
			return nil, firstField(err)
		}
		value, err := compact(value)
		if err != nil {
			return nil, &FieldError{Field: field, Err: errors.New("holds what is not JSON")}
		}
		if nesting(value) > MaxValueDepth {
			return nil, &FieldError{Field: field, Err: fmt.Errorf("is nested deeper than %d", MaxValueDepth)}
		}
		if string(value) == "null" {
			delete(merged, name)
		} else {
			merged[name] = value
		}
	}
	size := 0
	for name, value := range merged {
		size += len(name) + len(value)
	}
	if size > MaxValues {
		return nil, &FieldError{Field: field, Err: errors.New("comes to more than 256 KiB")}
	}
	return merged, nil
}

// nesting returns how deep arrays and objects are nested in valid JSON.
func nesting(value []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(value); i++ {
		switch b := value[i]; {
		case quoted && b == '\\':
			i++ // whatever comes next is part of the text
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '[' || b == '{':
			depth++
			deepest = max(deepest, depth)
		case b == ']' || b == '}':
			depth--
		}
	}
	return deepest
}
