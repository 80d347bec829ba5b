package routing

import "slices"

// TransferRequest asks to hand a channel over (the Flex Interactions API, "Interaction
// Transfers", which documents what comes back, but not the request: it has the same names
// here).
type TransferRequest struct {
	Type TransferType `json:"type"` // warm or cold
	// From is the participant who hands it over, UT…. Empty: the agent who asks for it, or
	// the only one who is there.
	From string `json:"from,omitempty"`
	// To is to whom: a worker WK…, a queue WQ…, a workflow WW…, or an agent who is a
	// participant, UT….
	To string `json:"to"`
	// Attributes are those of the task that takes the place of the old one; nil: the old
	// ones.
	Attributes Attributes `json:"attributes,omitempty"`
	// What a flow of the host's own notes with it.
	InstanceSID  string `json:"instance_sid,omitempty"`
	ExecutionSID string `json:"execution_sid,omitempty"`
	NoteSID      string `json:"note_sid,omitempty"`
	SummarySID   string `json:"summary_sid,omitempty"`
}

// Check holds a request for a transfer against all rules that it can be held against by
// itself. The error is a [*ProblemsError].
func (r TransferRequest) Check() error {
	var f findings
	f.transfer(r)
	return f.err()
}

// ParseTransfer reads a request for a transfer, which is a JSON object. The error is a
// [*ProblemsError].
func ParseTransfer(body []byte) (r TransferRequest, warnings []Problem, err error) {
	var f findings
	o, given := f.parse("transfer", CodeInvalid, body)
	if !given {
		f.cannotRead("transfer", CodeInvalid, "is missing: the body is a JSON object with type and to")
	}
	if o == nil {
		return r, f.warnings, f.err()
	}
	o.path = ""
	r = TransferRequest{
		Type: TransferType(o.text("type")), From: o.text("from"), To: o.text("to"), Attributes: o.attributes("attributes"),
		InstanceSID: o.text("instance_sid"), ExecutionSID: o.text("execution_sid"), NoteSID: o.text("note_sid"), SummarySID: o.text("summary_sid"),
	}
	o.rest()
	f.transfer(r)
	return r, f.warnings, f.err()
}

func (f *findings) transfer(r TransferRequest) {
	switch {
	case r.Type == "":
		f.problem("type", CodeInvalid, missing+"always")
	case r.Type == TransferExternal:
		f.problem("type", CodeInvalid, "external is not possible here, for there is nobody outside to hand it to: it must be warm or cold")
	case !slices.Contains(TransferTypes(), r.Type):
		f.problem("type", CodeInvalid, "must be warm or cold")
	}
	f.sid("from", CodeInvalid, PrefixParticipant, r.From)
	switch {
	case r.To == "":
		f.problem("to", CodeInvalid, missing+"always")
	case !PrefixWorker.Valid(r.To) && !PrefixQueue.Valid(r.To) && !PrefixWorkflow.Valid(r.To) && !PrefixParticipant.Valid(r.To):
		f.problem("to", CodeInvalid, "must be the SID of a worker WK, a queue WQ, a workflow WW or a participant UT")
	}
	f.attributes("attributes", r.Attributes)
	f.sid("instance_sid", CodeInvalid, PrefixInstance, r.InstanceSID)
	f.sid("execution_sid", CodeInvalid, PrefixExecution, r.ExecutionSID)
	f.sid("note_sid", CodeInvalid, PrefixNote, r.NoteSID)
	f.sid("summary_sid", CodeInvalid, PrefixNote, r.SummarySID)
}
