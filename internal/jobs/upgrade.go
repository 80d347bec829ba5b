package jobs

import "encoding/json"

// upgradeJob gives a job of format 1 the class that it would have now: before there were
// classes, what a handler needed stood in its data alone, as the type of a source.
func upgradeJob(_ int, value []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return nil, err
	}
	var data map[string]json.RawMessage
	_ = json.Unmarshal(members["data"], &data) // any JSON will do: who has no source has no class
	if data["source_type"] == nil || members["class"] != nil {
		return value, nil
	}
	members["class"] = data["source_type"]
	return json.Marshal(members)
}
