package engage

import "github.com/engage-interactions/engage/routing"

// problemsError gives what package routing says is wrong with a request its class.
func problemsError(err error) error {
	return new(problems).join(err)
}

// addCoded notes a problem that has a code of its own.
func (p *problems) addCoded(path, message string, code int) {
	p.found = append(p.found, routing.Problem{Path: path, Message: message, Code: code})
}

// join adds the problems that an error has, and returns all as one. Another error comes back
// as it is.
func (p *problems) join(err error) error {
	if err := p.check(err); err != nil {
		return err
	}
	return p.err()
}
