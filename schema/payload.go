package schema

import "fmt"

// PayloadCode is why a payload cannot be checked at all.
type PayloadCode string

// The reasons.
const (
	PayloadSyntax    PayloadCode = "syntax"    // not JSON
	PayloadTrailing  PayloadCode = "trailing"  // something after the JSON value
	PayloadUnicode   PayloadCode = "unicode"   // invalid UTF-8 or a lone surrogate
	PayloadNotObject PayloadCode = "notObject" // JSON, but not an object
	PayloadTooLarge  PayloadCode = "tooLarge"  // over Limits.PayloadBytes
	PayloadTooDeep   PayloadCode = "tooDeep"   // over Limits.PayloadDepth
	PayloadDuplicate PayloadCode = "duplicate" // the same key twice in one object
	PayloadNumber    PayloadCode = "number"    // a number literal out of bounds
	PayloadInternal  PayloadCode = "internal"  // the validator failed; never seen
)

// PayloadError says why a payload cannot be checked. Nothing of such a
// payload is usable.
type PayloadError struct {
	Code PayloadCode `json:"code"`
	// Pointer says where, if that is known: it names the property of the
	// payload, declared or not, in which the fault is. It goes no deeper,
	// because the keys inside of a value are a part of the value.
	Pointer string `json:"pointer,omitempty"`
}

// Error describes the reason. It never quotes a value of the payload, and names
// the property in 64 bytes at most.
func (e *PayloadError) Error() string {
	text := map[PayloadCode]string{
		PayloadSyntax:    "it is not valid JSON",
		PayloadTrailing:  "there is data after the JSON value",
		PayloadUnicode:   "it is not valid Unicode",
		PayloadNotObject: "it is not a JSON object",
		PayloadTooLarge:  "it is too large",
		PayloadTooDeep:   "it is nested too deep",
		PayloadDuplicate: "a key stands twice in the same object",
		PayloadNumber:    "a number is out of bounds",
		PayloadInternal:  "the validator failed on it",
	}[e.Code]
	if e.Pointer == "" {
		return "schema: payload refused: " + text
	}
	return fmt.Sprintf("schema: payload refused: at %s: %s", short(e.Pointer, 64), text)
}

// Is matches another *PayloadError by its code; an empty code or pointer in
// target matches any.
func (e *PayloadError) Is(target error) bool {
	t, ok := target.(*PayloadError)
	return ok && (t.Code == "" || t.Code == e.Code) && (t.Pointer == "" || t.Pointer == e.Pointer)
}
