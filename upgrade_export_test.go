package engage

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/internal/work"
)

// KeptTables are all that the Engine keeps.
func KeptTables() []work.Kept { return keptTables() }

// ShapeOf returns a short text that is another one when the values of a table have other
// members in JSON.
func ShapeOf(table work.Kept) string {
	id := reflect.ValueOf(table).Elem().FieldByName("ID") // func(*T) string
	var text strings.Builder
	writeShape(&text, id.Type().In(0).Elem(), nil)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text.String())))[:8]
}

// writeShape describes the JSON of a type that stands within others.
func writeShape(text *strings.Builder, typ reflect.Type, within []reflect.Type) {
	if slices.Contains(within, typ) {
		text.WriteString("again")
		return
	}
	within = append(within, typ)
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		text.WriteString("[")
		writeShape(text, typ.Elem(), within)
		text.WriteString("]")
	case reflect.Map:
		text.WriteString("map ")
		writeShape(text, typ.Elem(), within)
	case reflect.Struct:
		text.WriteString("{")
		for f := range typ.Fields() {
			if tag := f.Tag.Get("json"); tag != "-" && (f.IsExported() || f.Anonymous) {
				fmt.Fprintf(text, "%s %s ", f.Name, tag)
				writeShape(text, f.Type, within)
			}
		}
		text.WriteString("}")
	default:
		text.WriteString(typ.Kind().String())
	}
}
