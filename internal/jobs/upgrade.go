package jobs

import "encoding/json"

// upgradeJob gives a job of format 1 the class that it would have now: before there were
// classes, what a handler needed stood in its data alone, as the type of a source.
func upgradeJob(_ int, value []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return nil, err
	}
	var data struct {
		SourceType string `json:"source_type"`
	}
	if json.Unmarshal(members["data"], &data) != nil || data.SourceType == "" || members["class"] != nil {
		return value, nil // it needs nothing but its handler, or says what
	}
	class, err := json.Marshal(data.SourceType)
	if err != nil {
		return nil, err
	}
	members["class"] = class
	return json.Marshal(members)
}
