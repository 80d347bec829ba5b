package flexapi

import (
	"bytes"
	"encoding/json"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// transfer finds the transfer that the path names, of the channel that it names.
func (c *call) transfer() (routing.Transfer, error) {
	ch, err := c.onChannel()
	if err != nil {
		return routing.Transfer{}, err
	}
	t, err := c.eng.Flex.GetTransfer(c.Context(), c.PathValue("transfer"))
	if err == nil && t.ChannelSID != ch.SID {
		err = notFound(c.Request)
	}
	return t, err
}

// listTransfers lists those of a channel, which the platform cannot.
func listTransfers(c *call) (answer, error) {
	ch, err := c.onChannel()
	if err != nil {
		return answer{}, err
	}
	return list(c, c.base.Flex, "transfers", func(limit int, continuation string) (engage.Page[routing.Transfer], error) {
		return c.eng.Flex.Transfers(c.Context(), ch.SID, limit, continuation)
	}, func(t routing.Transfer) (routing.TransferView, error) { return t.View(c.base), nil })
}

func createTransfer(c *call) (answer, error) {
	ch, err := c.onChannel()
	if err != nil {
		return answer{}, err
	}
	request, _, err := routing.ParseTransfer(c.object)
	if err != nil {
		return answer{}, err
	}
	made, err := c.eng.Flex.Transfer(c.Context(), ch.SID, request)
	if err != nil {
		return answer{}, err
	}
	return created(made.View(c.base))
}

func getTransfer(c *call) (answer, error) {
	t, err := c.transfer()
	if err != nil {
		return answer{}, err
	}
	return ok(t.View(c.base))
}

// updateTransfer gives a transfer up, which is then shown as failed: that is all that can be
// said of one.
func updateTransfer(c *call) (answer, error) {
	t, err := c.transfer()
	if err := firstOf(err, c.unversioned()); err != nil {
		return answer{}, err
	}
	var request struct {
		Status string `json:"status"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(c.object), &request); err != nil || request.Status != "canceled" {
		var p params
		p.problem("status", `must be canceled: the body is {"status":"canceled"}`)
		return answer{}, p.err()
	}
	if t, err = c.eng.Flex.CancelTransfer(c.Context(), t.SID); err != nil {
		return answer{}, err
	}
	return ok(t.View(c.base))
}
