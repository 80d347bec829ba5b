// Package schema is the schemas of customer interactions: what a host declares
// about an interaction, and what becomes of a payload that comes in (seed 002,
// "The schema" and "Sending an interaction").
//
// A [Definition] is what the host writes: an ID, a display name and a small
// JSON Schema. [ParseDefinition] reads one strictly, [Compile] makes a
// [Schema] of it, and [Recompile] does so again when it comes from the host's
// own store. [Schema.Check] judges a payload and gives a [Result]: the
// projection, which is the declared properties that conform; the [Violation]s,
// which say what was left out and why; and whether the payload is accepted.
// [Schema.Card] lays a projection out for the contact card, [Schema.Values]
// and [Schema.ParseValue] give values for triggers and segments, and [Compare]
// says what a new definition changes and whether that can break what was
// valid before.
//
// The package is pure: no clock, no I/O, no network, nothing global. A Schema
// never changes and is safe for concurrent use. Whatever it is fed, the
// package answers with a value or a typed error, in bounded time (but for
// Recompile), and its errors and violations hold no value of a payload.
//
// # What becomes of a payload
//
//   - A property that is declared and conforms is in the projection, key and
//     value as they were spelled.
//   - One that is not declared, or does not conform, is left out. The payload
//     itself is the caller's to keep.
//   - Then the projection is judged: if a required property is missing from
//     it, the payload is not accepted. Under [Options].Strict any violation
//     rejects.
//   - A payload that cannot be judged is a [PayloadError]: not a JSON object,
//     over a limit, a key that stands twice, invalid Unicode, data after the
//     end, a number out of bounds. These hold at any depth, in undeclared
//     properties too.
//
// # What a definition may say
//
// The JSON schema is an object with these keywords, and no others: an unknown
// one is refused by name, for it would be a rule that nobody checks.
//
//	keyword      value
//	$schema      the URL of draft 2020-12 ([Dialect]), or absent
//	type         "object"
//	properties   the properties, by name
//	required     names of declared properties, each once
//
// Each property has a type, and may have the rest:
//
//	keyword                             value
//	type                                string, number, integer or boolean
//	format                              one of the formats below; only for strings
//	enum, const                         any JSON values; equal as JSON Schema has it: 1 is 1.0
//	minimum, maximum                    a number
//	exclusiveMinimum, exclusiveMaximum  a number
//	multipleOf                          a number above 0
//	minLength, maxLength                a whole number (2.0 too), in Unicode code points
//	pattern                             a regular expression of ECMA-262 in Unicode mode
//	displayName                         what people see instead of the name
//	sortOrder                           a whole number: the place on the contact card
//	showInContactCard                   true or false
//	addToSegmentation                   true or false
//
// The last three may stand in quotes, as in the seed. A keyword that does not
// concern the type is legal and says nothing. The name productSku is reserved:
// such a property must be a string.
//
// A pattern matches if some part of the string does. It runs in linear time,
// so lookaround and back references are refused, as are a few Unicode
// properties and repetitions beyond 1,000.
//
// Formats are always checked, each as its standard defines it:
//
//	date, time, date-time        RFC 3339; time and date-time with their offset
//	hostname                     RFC 1123; Punycode labels as IDNA 2008 has them (*)
//	email, idn-email             RFC 5321 and 6531 (*): a mailbox, without display name
//	ipv4, ipv6                   RFC 2673 and 4291
//	uri, uri-reference           RFC 3986
//	iri, iri-reference           RFC 3987
//	uri-template                 RFC 6570
//	uuid                         RFC 4122, in any case
//	regex                        ECMA-262 in Unicode mode
//	json-pointer                 RFC 6901
//	relative-json-pointer        draft-bhutton-relative-json-pointer-00
//
// (*) It is not checked that the characters of a label, decoded or as written,
// are in Normalization Form C.
//
// # Limits
//
// Each is a field of [Limits], with its default. Besides, the exponent of a
// number in a definition lies within ±324, that of one in a payload within
// ±400, and no number exceeds a 64-bit float. A string on which the patterns
// would work too long is left out, as one that does not conform. A declared integer beyond 64
// bits is a violation, unless [Options].BigIntegers is set; then the package
// agrees with JSON Schema draft 2020-12 in all that its keywords say.
package schema
