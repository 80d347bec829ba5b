package messenger

import (
	"maps"
	"slices"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// ReportKind is what a [Report] tells.
type ReportKind string

// The kinds.
const (
	// ReportOwner: Party has control.
	ReportOwner ReportKind = "owner"
	// ReportRequest: the app AppID asks our app, which has control, to pass it.
	ReportRequest ReportKind = "request"
	// ReportRoles: the page has given its apps the roles Roles.
	ReportRoles ReportKind = "roles"
)

// The roles of apps, where a page has a primary one.
const (
	PrimaryReceiver   = "primary_receiver"
	SecondaryReceiver = "secondary_receiver"
)

// Report is what Messenger tells of thread control by itself: its messaging_handovers, and
// what can be concluded from a standby echo.
type Report struct {
	Kind   ReportKind
	PageID string
	PSID   string // the customer; empty for roles, which are the page's
	At     time.Time
	// Party is who has control, as [Platform.Owner] gives it, and Previous who had it; for
	// ReportOwner. Previous is zero if that is not told.
	Party, Previous handover.Party
	// AppID is the app that requests control, for ReportRequest.
	AppID string
	// Metadata is what the other app has handed over.
	Metadata string
	// Roles are those of the apps, by ID, for ReportRoles: PrimaryReceiver,
	// SecondaryReceiver, or what Messenger may call others.
	Roles map[string][]string
	// Concluded says that Messenger has not said so in these words: another app has
	// written to the customer in a conversation that our app stands by, and so had control.
	// At is a millisecond before that then: an app can pass control with the words that it
	// writes, and what Messenger says of that moment counts, in whatever order it comes.
	Concluded bool
}

// Event is one thing that a webhook tells. Either Inbound or Report is set.
type Event struct {
	PageID string
	// Standby says that another app had control, so that it is for our app's information.
	Standby bool
	// Inbound is a content; its SourceID is not set.
	Inbound *engage.Inbound
	Report  *Report
}

// Control returns the report as the Engine takes it, for a source: for Control.Report. The
// roles say which side is primary if ownAppID is given. Another app that is primary is
// taken for the bot, unless it is an inbox; Messenger tells an app its own role only, and
// if that is not the primary one, the bot is taken for primary, too.
func (r Report) Control(sourceID, ownAppID string) engage.ControlReport {
	report := engage.ControlReport{SourceID: sourceID, IdentityForeignID: r.PSID, At: r.At}
	switch r.Kind {
	case ReportOwner:
		report.Party = r.Party
	case ReportRequest:
		report.RequestedBy = r.AppID
	case ReportRoles:
		report.Primary, report.PrimaryApp = r.primary(ownAppID)
	}
	return report
}

// primary returns whose app is primary, and which that is if it is another's.
func (r Report) primary(ownAppID string) (handover.Owner, string) {
	for _, app := range slices.Sorted(maps.Keys(r.Roles)) {
		switch {
		case !slices.Contains(r.Roles[app], PrimaryReceiver):
		case app == ownAppID:
			return handover.Agent, ""
		case app == PageInbox || app == InstagramInbox:
			return handover.Other, ""
		default:
			return handover.Bot, app
		}
	}
	if slices.Contains(r.Roles[ownAppID], SecondaryReceiver) {
		return handover.Bot, ""
	}
	return handover.Other, ""
}
