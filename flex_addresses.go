package engage

import "github.com/engage-interactions/engage/routing"

// Address says on which source customers are reached who write to an address of the
// company, as an address configuration of the platform does.
type Address struct {
	Type     routing.ChannelType `json:"type"`
	Address  string              `json:"address"`
	SourceID string              `json:"source_id"`
}

func (a *storedAddress) id() string { return hashOf(string(a.Type), a.Address.Address) }
