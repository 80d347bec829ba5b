package messenger

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// ErrMalformed says that a body is not what Messenger sends.
var ErrMalformed = errors.New("not a webhook of Messenger")

// hook is the body of a webhook. What is in it is read piece by piece, so that one that
// is not understood does not lose the others.
type hook struct {
	Object string            `json:"object"`
	Entry  []json.RawMessage `json:"entry"`
}

type entry struct {
	ID        id                `json:"id"`
	Messaging []json.RawMessage `json:"messaging"`
	Standby   []json.RawMessage `json:"standby"`
}

// told is one event of an entry.
type told struct {
	Sender    party           `json:"sender"`
	Recipient party           `json:"recipient"`
	Timestamp json.RawMessage `json:"timestamp"`

	Message  *saidMessage `json:"message"`
	Postback *struct {
		MID     string `json:"mid"`
		Title   string `json:"title"`
		Payload string `json:"payload"`
	} `json:"postback"`

	Pass    *control                   `json:"pass_thread_control"`
	Take    *control                   `json:"take_thread_control"`
	Request *control                   `json:"request_thread_control"`
	Roles   map[string]json.RawMessage `json:"app_roles"`
}

type party struct {
	ID id `json:"id"`
}

type saidMessage struct {
	MID         string            `json:"mid"`
	Text        string            `json:"text"`
	Attachments []json.RawMessage `json:"attachments"`
	IsEcho      bool              `json:"is_echo"`
	AppID       id                `json:"app_id"`
	Metadata    string            `json:"metadata"`
	ReplyTo     struct {
		MID string `json:"mid"`
	} `json:"reply_to"`
}

type control struct {
	Previous  id     `json:"previous_owner_app_id"`
	New       id     `json:"new_owner_app_id"`
	Requested id     `json:"requested_owner_app_id"`
	Metadata  string `json:"metadata"`
}

// Parse reads the body of a webhook for the app of that ID. It returns the events in the
// order of the body, and what it could not make out of single ones, for a log. Kinds of
// events that it does not know it leaves out. The error is [ErrMalformed] if the body as a
// whole is none of Messenger's.
//
// Parse does not look at who has sent it: see [CheckSignature].
func Parse(body []byte, appID string) (events []Event, skipped []error, err error) {
	var h hook
	if err := json.Unmarshal(body, &h); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if h.Object != "page" && h.Object != "instagram" {
		return nil, nil, fmt.Errorf("%w: its object is %.40q", ErrMalformed, h.Object)
	}
	for i, raw := range h.Entry {
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			skipped = append(skipped, fmt.Errorf("entry %d: %w", i, err))
			continue
		}
		for _, list := range []struct {
			name    string
			of      []json.RawMessage
			standby bool
		}{{"messaging", e.Messaging, false}, {"standby", e.Standby, true}} {
			for j, raw := range list.of {
				found, err := parseTold(raw, string(e.ID), appID, list.standby)
				if err != nil {
					skipped = append(skipped, fmt.Errorf("entry %d: %s %d: %w", i, list.name, j, err))
				}
				events = append(events, found...)
			}
		}
	}
	return events, skipped, nil
}

// parseTold reads one event of an entry, of which there may be two: an echo, and what
// follows of it.
func parseTold(raw json.RawMessage, pageID, appID string, standby bool) ([]Event, error) {
	var t told
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, err
	}
	psid := string(t.Sender.ID)
	echo := t.Message != nil && t.Message.IsEcho
	if echo {
		psid = string(t.Recipient.ID)
	}
	if pageID == "" {
		pageID = string(t.Recipient.ID)
		if echo {
			pageID = string(t.Sender.ID)
		}
	}
	event := Event{PageID: pageID, Standby: standby}
	known := t.Message != nil || t.Postback != nil || t.Pass != nil || t.Take != nil || t.Request != nil
	switch {
	case !known && t.Roles == nil:
		return nil, nil // reads, deliveries, and what there may be one day
	case pageID == "":
		return nil, errors.New("it names no page")
	case known && psid == "":
		return nil, errors.New("it names no customer")
	}
	at := t.at()
	if t.Message != nil || t.Postback != nil {
		event.Inbound = t.inbound(psid, appID, at)
		events := []Event{event}
		if app := string(t.app()); standby && echo && app != "" && app != appID {
			owner := event
			owner.Inbound, owner.Report = nil, &Report{
				Kind: ReportOwner, PageID: pageID, PSID: psid, Party: partyOf(app, appID), Concluded: true,
			}
			if !at.IsZero() {
				owner.Report.At = at.Add(-time.Millisecond)
			}
			events = append(events, owner)
		}
		return events, nil
	}
	event.Report = t.report(appID)
	event.Report.PageID, event.Report.PSID, event.Report.At = pageID, psid, at
	if event.Report.Kind == ReportRoles {
		event.Report.PSID = ""
	}
	if event.Report.Kind == ReportRequest && event.Report.AppID == "" {
		return nil, errors.New("it does not say who requests control")
	}
	return []Event{event}, nil
}

// app returns the app that has written an echo.
func (t told) app() id {
	if t.Message == nil {
		return ""
	}
	return t.Message.AppID
}

// report returns what is told of thread control.
func (t told) report(appID string) *Report {
	switch {
	case t.Request != nil:
		return &Report{Kind: ReportRequest, AppID: string(t.Request.Requested), Metadata: t.Request.Metadata}
	case t.Pass != nil:
		// Only the app that gets control is told of a pass.
		return t.Pass.owner(appID, handover.Party{Owner: handover.Agent})
	case t.Take != nil:
		return t.Take.owner(appID, handover.Party{Owner: handover.Other})
	}
	roles := map[string][]string{}
	for app, raw := range t.Roles {
		var of []string
		if json.Unmarshal(raw, &of) == nil {
			roles[app] = of
		}
	}
	return &Report{Kind: ReportRoles, Roles: roles}
}

// owner returns who has control now: otherwise, where the first version of the protocol
// does not say.
func (c control) owner(appID string, otherwise handover.Party) *Report {
	r := Report{Kind: ReportOwner, Party: otherwise, Previous: partyOf(string(c.Previous), appID), Metadata: c.Metadata}
	if c.New != "" {
		r.Party = partyOf(string(c.New), appID)
	}
	return &r
}

// maxMillis is the last timestamp that is believed: of the year 9999.
const maxMillis = 253402300799999

// at returns when it happened: zero if that is not told, or cannot be.
func (t told) at() time.Time {
	millis, err := strconv.ParseInt(strings.Trim(string(t.Timestamp), `"`), 10, 64)
	if err != nil || millis <= 0 || millis > maxMillis {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// inbound returns what was said. An echo of ours has the key of its delivery; that of a
// bot names it; in an inbox it was a person that nobody knows.
func (t told) inbound(psid, appID string, at time.Time) *engage.Inbound {
	in := engage.Inbound{Customer: engage.Account{ForeignID: psid}, CreatedAt: at}
	if t.Message == nil {
		in.ForeignID, in.Body = t.Postback.MID, t.Postback.Title
		if strings.TrimSpace(in.Body) == "" {
			in.Body = "[postback]"
		}
		return &in
	}
	m := t.Message
	in.ForeignID, in.InReplyTo, in.Body = m.MID, m.ReplyTo.MID, m.Text
	for _, raw := range m.Attachments {
		a, said := parseAttachment(raw)
		switch {
		case a.URL != "" && len(in.Attachments) < interaction.MaxAttachments:
			in.Attachments = append(in.Attachments, a)
		case in.Body == "":
			in.Body = said
		default:
			in.Body += "\n" + said
		}
	}
	if strings.TrimSpace(in.Body) == "" && len(in.Attachments) == 0 {
		in.Body = "[message]"
	}
	if m.IsEcho {
		in.Echo = &engage.Echo{}
		switch app := string(m.AppID); {
		case app == appID:
			in.Echo.Key = m.Metadata
		case app != "" && !slices.Contains([]string{PageInbox, InstagramInbox}, app):
			in.Echo.Creator = engage.Bot(app)
		}
	}
	return &in
}

// parseAttachment returns a file, or, of what is none, what can be said of it: where a
// customer is, or the name of something that is not known here, lest nobody sees that there
// was something.
func parseAttachment(raw json.RawMessage) (a interaction.Attachment, said string) {
	var t struct {
		Type    string `json:"type"`
		Title   string `json:"title"`
		URL     string `json:"url"`
		Payload struct {
			URL         string `json:"url"`
			Title       string `json:"title"`
			Coordinates *struct {
				Lat  float64 `json:"lat"`
				Long float64 `json:"long"`
			} `json:"coordinates"`
		} `json:"payload"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return a, "[attachment]"
	}
	switch t.Type {
	case "image", "audio", "video":
		a.ContentType = t.Type + "/*"
	case "":
		t.Type = "attachment"
	}
	a.URL = t.Payload.URL
	if a.URL == "" {
		a.URL = t.URL
	}
	if c := t.Payload.Coordinates; c != nil && !math.IsNaN(c.Lat) {
		return interaction.Attachment{}, fmt.Sprintf("[%s %g, %g]", t.Type, c.Lat, c.Long)
	}
	return a, "[" + t.Type + "]"
}
