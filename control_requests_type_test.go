package engage_test

import (
	"errors"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// TestHandoverOfAnUnknownType: a type that no source has is an error of its own, not one of the
// customer.
func TestHandoverOfAnUnknownType(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	for _, row := range []struct {
		typ, sourceID, customer string
		unknown                 bool
	}{
		{"telegraph", "", "eve", true},
		{"telegraph", "", "nobody", true},
		{"telegraph", "chat", "eve", true},
		{"messenge", "", "eve", true},
		{"messenger", "", "nobody", false},
		{"messenger", "no source", "eve", false},
	} {
		_, err := c.Control.Handover(t.Context(), handover.Request{
			Type: row.typ, SourceID: row.sourceID, IdentityForeignID: row.customer, From: handover.Agent, To: handover.Bot, AppID: "robot",
		})
		wrong, isWrong := errors.AsType[*handover.UnknownValueError](err)
		_, notFound := errors.AsType[*handover.UnknownIdentityError](err)
		if isWrong != row.unknown || notFound == row.unknown || isWrong && (wrong.Parameter != "type" || wrong.Value != row.typ || !errors.Is(err, engage.ErrInvalid)) {
			t.Errorf("%+v: %v", row, err)
		}
		if want := map[bool]int{true: 400, false: 404}[row.unknown]; handover.Respond(err).Status != want {
			t.Errorf("%+v: %+v, want the status %d", row, handover.Respond(err), want)
		}
	}
}
