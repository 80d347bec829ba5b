package interaction

// ActorType says what kind of party acts.
type ActorType string

// The parties. A host may have types of its own.
const (
	ActorSystem   ActorType = "system" // the host itself
	ActorAgent    ActorType = "agent"
	ActorBot      ActorType = "bot"
	ActorCustomer ActorType = "customer"
)

// Actor is who does something. The zero Actor is nobody; where somebody must have
// acted, it is the system.
type Actor struct {
	Type ActorType `json:"type"`
	ID   string    `json:"id,omitempty"`
}

// IsZero reports whether it is nobody.
func (a Actor) IsZero() bool { return a == Actor{} }

// String returns type and ID.
func (a Actor) String() string {
	switch {
	case a.IsZero():
		return "nobody"
	case a.ID == "":
		return string(a.Type)
	default:
		return string(a.Type) + " " + a.ID
	}
}
