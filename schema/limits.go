package schema

import "math"

// Limits bound the cost of definitions and payloads, so that no input can
// take long, however it is made. A field that is zero (or negative) has the
// default that its comment names.
type Limits struct {
	// DefinitionBytes is the size of a definition: ID, display name and JSON
	// schema together. Here and for EnumBytes, what json.Marshal escapes
	// (<, >, & and two line separators) counts as without its escapes, so a
	// definition is no larger for having been stored. Default 65,536.
	DefinitionBytes int
	// Depth is how deep the JSON schema of a definition may nest; its
	// outermost object is 1. Default 32.
	Depth int
	// Properties is how many properties a schema may declare. Default 256.
	Properties int
	// Segmentable is how many properties may be marked addToSegmentation.
	// Default: no limit.
	Segmentable int
	// Schemas is how many live schemas a tenant may have. This package knows
	// of one schema at a time: whoever keeps them enforces it. Default: no
	// limit.
	Schemas int
	// EnumValues is how many values one enum may list. Default 1,000.
	EnumValues int
	// EnumBytes is the size of one enum or const as written. Default 16,384.
	EnumBytes int
	// PatternBytes is the length of one pattern. Default 256.
	PatternBytes int
	// PatternSize is the size of all compiled patterns of a schema together,
	// in instructions: about one per character or class, times its
	// repetitions; a Unicode property such as \p{L} counts 64.
	// Default 10,000.
	PatternSize int
	// DecimalPlaces is how many decimal places the bounds of a schema
	// (minimum and the like, multipleOf) may have together; 0.25 has two,
	// 1e-9 has nine. Default 10,000.
	DecimalPlaces int
	// NumberBytes is the length of one number literal, in definitions and in
	// payloads. Default 128.
	NumberBytes int

	// PayloadBytes is the size of a payload. Default 65,536.
	PayloadBytes int
	// PayloadDepth is how deep a payload may nest; the payload itself is 1.
	// Default 32. Nothing nests deeper than 10,000, which is the limit of
	// encoding/json.
	PayloadDepth int
	// PatternSteps is the work that the patterns of a schema may do on one
	// payload: the sum, over the strings with a pattern, of the pattern's
	// size times the bytes of the string. A string that is longer than its
	// maxLength costs nothing. One that goes beyond the limit, in the order
	// of the payload, is not matched: it is left out, with CodePatternSteps.
	// Default 5,000,000, which takes up to some 40 milliseconds.
	PatternSteps int
	// Violations is how many violations a result lists; the rest are
	// counted. Default 100.
	Violations int
}

// VoyadoLimits returns the limits that Voyado Engage enforces: 15 schemas, 6
// segmentable properties in each. All else has its default.
func VoyadoLimits() Limits {
	return Limits{Schemas: 15, Segmentable: 6}
}

// withDefaults returns the limits with every unset field that has a default
// filled in.
func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		field *int
		def   int
	}{
		{&l.DefinitionBytes, 64 << 10},
		{&l.Depth, 32},
		{&l.Properties, 256},
		{&l.EnumValues, 1000},
		{&l.EnumBytes, 16 << 10},
		{&l.PatternBytes, 256},
		{&l.PatternSize, 10_000},
		{&l.DecimalPlaces, 10_000},
		{&l.NumberBytes, 128},
		{&l.PayloadBytes, 64 << 10},
		{&l.PayloadDepth, 32},
		{&l.PatternSteps, 5_000_000},
		{&l.Violations, 100},
	} {
		if *f.field <= 0 {
			*f.field = f.def
		}
	}
	return l
}

// unlimited returns limits that no definition exceeds.
func unlimited() Limits {
	return Limits{
		DefinitionBytes: math.MaxInt,
		Depth:           math.MaxInt,
		Properties:      math.MaxInt,
		EnumValues:      math.MaxInt,
		EnumBytes:       math.MaxInt,
		PatternBytes:    math.MaxInt,
		PatternSize:     math.MaxInt,
		DecimalPlaces:   math.MaxInt,
		NumberBytes:     math.MaxInt,
	}
}
