package schema

import (
	"encoding/json"
	"slices"
)

// Type is the type of a property (seed 002, "The schema"). Interactions are
// flat: there are no arrays and no objects.
type Type string

// The four types.
const (
	TypeString  Type = "string"
	TypeNumber  Type = "number"
	TypeInteger Type = "integer" // a number without a fraction: 1, 1.0 and 1e2 are integers
	TypeBoolean Type = "boolean"
)

// Types returns all types, in the order in which seed 002 names them.
func Types() []Type { return []Type{TypeString, TypeNumber, TypeInteger, TypeBoolean} }

// Format is a format that the strings of a property must have. Formats are
// always checked, each as the standard it is named after has it.
type Format string

// The formats. Names that are not in this list are refused in definitions.
const (
	FormatDate                Format = "date"                  // RFC 3339 full-date
	FormatTime                Format = "time"                  // RFC 3339 full-time, with its offset
	FormatDateTime            Format = "date-time"             // RFC 3339 date-time, with its offset (see Options.AssumeUTC)
	FormatHostname            Format = "hostname"              // RFC 1123; labels in Punycode also as IDNA 2008 has them
	FormatEmail               Format = "email"                 // RFC 5321 Mailbox
	FormatIDNEmail            Format = "idn-email"             // RFC 6531
	FormatIPv4                Format = "ipv4"                  // dotted quad of RFC 2673, without leading zeros
	FormatIPv6                Format = "ipv6"                  // RFC 4291, without zone
	FormatURI                 Format = "uri"                   // RFC 3986, absolute
	FormatURIReference        Format = "uri-reference"         // RFC 3986, absolute or relative
	FormatIRI                 Format = "iri"                   // RFC 3987, absolute
	FormatIRIReference        Format = "iri-reference"         // RFC 3987, absolute or relative
	FormatURITemplate         Format = "uri-template"          // RFC 6570, level 4
	FormatUUID                Format = "uuid"                  // RFC 4122, any case, any version
	FormatRegex               Format = "regex"                 // ECMA-262, in Unicode mode
	FormatJSONPointer         Format = "json-pointer"          // RFC 6901, as a string
	FormatRelativeJSONPointer Format = "relative-json-pointer" // draft-bhutton-relative-json-pointer-00
)

// Formats returns all formats, sorted by name.
func Formats() []Format {
	names := make([]Format, 0, len(checkers))
	for f := range checkers {
		names = append(names, f)
	}
	slices.Sort(names)
	return names
}

// Property is one declared property. A keyword that the definition does not
// use is the zero value of its field. Keywords that do not concern the type
// (minLength on an integer) are legal and say nothing, as in JSON Schema.
type Property struct {
	Name string
	Type Type
	// Format is only ever set on strings.
	Format Format
	// Required says that a payload without this property is rejected.
	Required bool

	// DisplayName is what people see instead of Name. It may be empty.
	DisplayName string
	// SortOrder is the place on the contact card; nil is after all others.
	SortOrder *int
	// ShowInContactCard puts the property on the contact card.
	ShowInContactCard bool
	// AddToSegmentation makes contacts selectable by this property's value.
	AddToSegmentation bool

	// Enum lists the values allowed; nil allows all, empty allows none.
	Enum []json.RawMessage
	// Const is the one value allowed; nil allows all.
	Const json.RawMessage

	// Bounds of numbers, as written in the definition; "" is no bound.
	Minimum, Maximum, ExclusiveMinimum, ExclusiveMaximum json.Number
	// MultipleOf is what a number must be a whole multiple of; "" is none.
	MultipleOf json.Number

	// Lengths of strings in Unicode code points, as written in the
	// definition (2.0 is legal); "" is no bound.
	MinLength, MaxLength json.Number
	// Pattern is an ECMA-262 regular expression, in Unicode mode, that some
	// part of the string must match; "" matches every string.
	Pattern string
}

// Label returns what people see for the property: its display name, else its
// name.
func (p Property) Label() string {
	if p.DisplayName != "" {
		return p.DisplayName
	}
	return p.Name
}

func (p Property) clone() Property {
	if p.SortOrder != nil {
		n := *p.SortOrder
		p.SortOrder = &n
	}
	p.Const = slices.Clone(p.Const)
	if p.Enum != nil {
		enum := make([]json.RawMessage, len(p.Enum))
		for i, v := range p.Enum {
			enum[i] = slices.Clone(v)
		}
		p.Enum = enum
	}
	return p
}
