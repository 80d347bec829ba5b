package routing

// ParticipantRequest is somebody who is to be on the channel. What is needed depends on the
// type of the channel:
//
//   - sms and whatsapp: Address and ProxyAddress; with whatsapp, both begin with "whatsapp:";
//   - chat and web: Identity;
//   - email: Level, Name and Address;
//   - messenger and gbm: either Identity, or Address and ProxyAddress. For these nothing is
//     documented but the rule that 45351 names.
type ParticipantRequest struct {
	Address      string     `json:"address,omitempty"`
	ProxyAddress string     `json:"proxy_address,omitempty"` // the company's
	Identity     string     `json:"identity,omitempty"`
	Level        EmailLevel `json:"level,omitempty"`
	Name         string     `json:"name,omitempty"`
}

// EmailLevel is where in an email a participant stands.
type EmailLevel string

// Where participants stand (seed 003, "level").
const (
	EmailTo  EmailLevel = "to"
	EmailCC  EmailLevel = "cc"
	EmailBCC EmailLevel = "bcc"
)

// EmailLevels returns all of them.
func EmailLevels() []EmailLevel { return []EmailLevel{EmailTo, EmailCC, EmailBCC} }
