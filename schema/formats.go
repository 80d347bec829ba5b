package schema

import (
	"slices"

	"github.com/engage-interactions/engage/schema/internal/ecma"
	"github.com/engage-interactions/engage/schema/internal/format"
)

// checkers holds the formats and how each is checked. gojsonschema has
// checkers of its own, in a registry that the whole process shares and that is
// laxer than the standards; none of it is used.
var checkers = map[Format]func(string) bool{
	FormatDate:                format.Date,
	FormatTime:                format.Time,
	FormatDateTime:            format.DateTime,
	FormatHostname:            format.Hostname,
	FormatEmail:               format.Email,
	FormatIDNEmail:            format.IDNEmail,
	FormatIPv4:                format.IPv4,
	FormatIPv6:                format.IPv6,
	FormatURI:                 format.URI,
	FormatURIReference:        format.URIReference,
	FormatIRI:                 format.IRI,
	FormatIRIReference:        format.IRIReference,
	FormatURITemplate:         format.URITemplate,
	FormatUUID:                format.UUID,
	FormatRegex:               ecma.Valid,
	FormatJSONPointer:         format.JSONPointer,
	FormatRelativeJSONPointer: format.RelativeJSONPointer,
}

// formats returns the names of the formats.
func formats() (names []string) {
	for name := range checkers {
		names = append(names, string(name))
	}
	slices.Sort(names)
	return names
}

// widerFormats names, for a format, those that accept all that it accepts.
var widerFormats = map[Format][]Format{
	FormatURI:          {FormatURIReference, FormatIRI, FormatIRIReference},
	FormatURIReference: {FormatIRIReference},
	FormatIRI:          {FormatIRIReference},
	FormatEmail:        {FormatIDNEmail},
}
