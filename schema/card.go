package schema

import "encoding/json"

// Field is one line of the contact card.
type Field struct {
	Name   string          `json:"name"`
	Label  string          `json:"label"` // the display name, else the name
	Type   Type            `json:"type"`
	Format Format          `json:"format,omitempty"`
	Value  json.RawMessage `json:"value"`
}

// Card returns what the contact card shows of a projection (seed 002, "The
// basics"): the properties marked showInContactCard that it has, by their sort
// order, then as declared. The error is a *PayloadError.
func (s *Schema) Card(projection json.RawMessage) ([]Field, error) {
	values, err := s.Values(projection)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]json.RawMessage, len(values))
	for _, v := range values {
		byName[v.Property] = v.Raw
	}
	var fields []Field
	for _, d := range s.sorted {
		if value, ok := byName[d.Name]; ok && d.ShowInContactCard {
			fields = append(fields, Field{d.Name, d.Label(), d.Type, d.Format, value})
		}
	}
	return fields, nil
}
