package schema

import "encoding/json"

// Result is what a payload amounts to under a schema. It is a result, not an
// error: a payload that is not accepted can be kept aside with its violations.
type Result struct {
	// Accepted says that every required property is in the projection and,
	// under Options.Strict, that there is no violation at all.
	Accepted bool `json:"accepted"`
	// Projection is a JSON object of the declared properties that conform, in
	// the order of the payload, each key and value in its original spelling.
	// It is at least {}, never longer than the payload, and a payload of which
	// it is itself the projection.
	Projection json.RawMessage `json:"projection"`
	// Violations is everything that did not conform, sorted by pointer, then
	// code, at most Limits.Violations of them. Those of declared properties
	// are kept before those of undeclared ones.
	Violations []Violation `json:"violations,omitempty"`
	// Unlisted is how many violations there were beyond those listed.
	Unlisted int `json:"unlisted,omitempty"`
}

// Omitted returns the pointers of the properties that the payload has and the
// projection has not, sorted. It rests on Violations, so it is incomplete if
// Unlisted is not zero.
func (r Result) Omitted() []string {
	var omitted []string
	for _, v := range r.Violations {
		if v.Code != CodeRequired && (len(omitted) == 0 || omitted[len(omitted)-1] != v.Pointer) {
			omitted = append(omitted, v.Pointer)
		}
	}
	return omitted
}
