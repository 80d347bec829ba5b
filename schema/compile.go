package schema

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/schema/internal/format"
	"github.com/engage-interactions/engage/schema/internal/jsonscan"
)

// Schema is a compiled definition. It never changes and is safe for
// concurrent use.
type Schema struct {
	def      Definition
	opts     Options // limits with their defaults
	bounds   jsonscan.Bounds
	declared []*declared // as declared
	sorted   []*declared // as people see them
	required []*declared
	byName   map[string]*declared
	library  *library
}

// payloadExponent bounds the written exponents of numbers in payloads: all of
// float64 and a little below, still cheap to compare exactly.
const payloadExponent = 400

// Compile checks a definition and makes it ready. The error is a
// *DefinitionError that lists every problem at once, except where that cannot
// be: of a JSON schema that is no JSON, is not valid UTF-8 or is too large,
// nothing more is known.
func Compile(def Definition, opts *Options) (*Schema, error) {
	o := resolve(opts)
	return compile(def, o, newReader(o.Limits))
}

// Recompile is Compile for a definition that was accepted before, by Compile
// or ParseDefinition, and stored. The limits of today may be lower than those
// under which it was accepted; a schema in use must not fail for that. So the
// limits on definitions do not apply (DefinitionBytes to DecimalPlaces in
// [Limits], NumberBytes as far as it concerns the definition, the length of
// the ID). Those on payloads are the ones of the options, as are the other
// options. Whatever else is wrong is a *DefinitionError, as ever.
//
// Use Compile for what comes in, Recompile for what comes from your own store.
// What Recompile costs is not bounded, so it is not for definitions that
// nobody has checked.
func Recompile(def Definition, opts *Options) (*Schema, error) {
	return compile(def, resolve(opts), newRereader())
}

// compile goes on with a reader that may have found problems already.
func compile(def Definition, opts Options, r *reader) (*Schema, error) {
	s := newSchema(def, opts, r.definition(def))
	if err := r.err(); err != nil {
		return nil, err
	}
	for _, d := range s.declared {
		if !d.compilePattern() {
			r.problem(propertyPointer(d)+"/pattern", ProblemLimit, "too large for package regexp")
		}
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	var err error
	if s.library, err = newLibrary(s.declared); err != nil {
		r.problem("/jsonSchema", ProblemUnsupported, "%v", err)
		return nil, r.err()
	}
	return s, nil
}

// resolve returns the options with their defaults.
func resolve(opts *Options) Options {
	var o Options
	if opts != nil {
		o = *opts
	}
	o.Limits = o.Limits.withDefaults()
	return o
}

func newSchema(def Definition, opts Options, props []*declared) *Schema {
	s := &Schema{
		def:  def.clone(),
		opts: opts,
		bounds: jsonscan.Bounds{
			Depth:       opts.Limits.PayloadDepth,
			NumberBytes: opts.Limits.NumberBytes,
			Exponent:    payloadExponent,
		},
		declared: props,
		sorted:   slices.Clone(props),
		byName:   make(map[string]*declared, len(props)),
	}
	for i, d := range props {
		d.index, d.alias = i, strconv.Itoa(i)
		s.byName[d.Name] = d
		if d.Required {
			s.required = append(s.required, d)
		}
		if d.Format == FormatDateTime && opts.AssumeUTC {
			d.format = format.DateTimeAssumingUTC
		}
	}
	slices.SortStableFunc(s.sorted, func(a, b *declared) int { return cmp.Compare(place(a), place(b)) })
	return s
}

// place sorts properties without a sort order behind all others.
func place(d *declared) int {
	if d.SortOrder == nil {
		return math.MaxInt
	}
	return *d.SortOrder
}

// Definition returns what the schema was compiled from.
func (s *Schema) Definition() Definition { return s.def.clone() }

// Properties returns the declared properties as people see them: by their sort
// order, those without one after the others, then as declared.
func (s *Schema) Properties() []Property {
	props := make([]Property, len(s.sorted))
	for i, d := range s.sorted {
		props[i] = d.clone()
	}
	return props
}

// Property returns the declared property of that name.
func (s *Schema) Property(name string) (Property, bool) {
	d, ok := s.byName[name]
	if !ok {
		return Property{}, false
	}
	return d.clone(), true
}

// Required returns the names of the required properties, in the order in which
// they are declared.
func (s *Schema) Required() []string {
	var names []string
	for _, d := range s.required {
		names = append(names, d.Name)
	}
	return names
}
