package routing

import (
	"bytes"
	"encoding/json"
)

// maxProblems is how many problems are told of at once. More say nothing new.
const maxProblems = 100

// problems collects what is wrong.
type problems struct {
	list []Problem
}

func (p *problems) full() bool { return len(p.list) >= maxProblems }

func (p *problems) add(path, message string) {
	if !p.full() {
		p.list = append(p.list, Problem{Path: path, Message: message})
	}
}

// err is nil if nothing is wrong.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &ProblemsError{Problems: p.list}
}

// member is a field of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf gives the fields of an object as they stand there, those included that come
// twice, which encoding/json does not tell of. It is false for anything else.
func membersOf(v json.RawMessage) (members []member, ok bool) {
	d := json.NewDecoder(bytes.NewReader(v))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var m member
		if m.name, ok = name.(string); !ok {
			return nil, false
		}
		if err := d.Decode(&m.value); err != nil {
			return nil, false
		}
		members = append(members, m)
	}
	return members, true
}
