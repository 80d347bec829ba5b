package routing

// key is a name in an expression that leads to a value.
type key struct {
	of   origin
	text string // as it is written, its prefix included
	// What it leads to is an attribute, by a path, or a variable.
	path     []element
	variable variable
	name     string // what the variable is asked for
}

// element is one step of a path: into an object, by a name, or into an array.
type element struct {
	name  string // empty: an index
	index int
}

// value is what the key leads to; NULL if that is nothing.
func (k *key) value(f *Facts) value {
	if k.variable != isAttribute {
		return k.variable.value(f, k.name)
	}
	attributes := f.Task
	if k.of == ofWorker {
		attributes = f.Worker.Attributes
	}
	return valueOf(attributes.at(k.path))
}

// at follows a path, which begins with a name.
func (a Attributes) at(path []element) any {
	v := a[path[0].name]
	for _, e := range path[1:] {
		switch inner := v.(type) {
		case map[string]any:
			if e.name == "" {
				return nil
			}
			v = inner[e.name]
		case Attributes:
			if e.name == "" {
				return nil
			}
			v = inner[e.name]
		case []any:
			if e.name != "" || e.index >= len(inner) {
				return nil
			}
			v = inner[e.index]
		case []string:
			if e.name != "" || e.index >= len(inner) {
				return nil
			}
			v = inner[e.index]
		default:
			return nil
		}
	}
	return v
}
