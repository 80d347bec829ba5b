package enginetest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage/store"
)

var mintedRank = regexp.MustCompile(`#\d+`)

// minted begins the IDs that a party mints; mintedDigits follow. They are ULIDs, for the SIDs of
// routing have their digits.
const (
	minted       = "01HQTBRNG0"
	mintedDigits = 16
)

// mintedSID is the part of a SID that is one of these IDs.
var mintedSID = regexp.MustCompile(`018df4bc5600[0-9a-f]{20}`)

// unhexed returns a text with the IDs themselves in place of their digits in SIDs.
func unhexed(text string) string {
	return mintedSID.ReplaceAllStringFunc(text, func(digits string) string {
		var id ulid.ULID
		if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
			return digits
		}
		return id.String()
	})
}

// content is all that a store keeps for a tenant, without versions, and with minted
// IDs known by their order only.
type content struct {
	exact string // and what the platforms have seen
	text  string // the same whenever the same was done: without what is fleeting
	loose string // the same, too, if several did it: of minted IDs, not even the order
}

// content reads all that a store keeps for the tenant.
func (p *party) content(tb testing.TB, st store.Store) content {
	tb.Helper()
	c, err := p.read(tb.Context(), st)
	if err != nil {
		tb.Fatalf("enginetest: reading all of the store: %v", err)
	}
	return c
}

func (p *party) read(ctx context.Context, st store.Store) (c content, err error) {
	var lines []string
	for _, kind := range p.world.kinds {
		q := store.Query{Tenant: p.tenant, Kind: kind.Name, Limit: store.MaxLimit}
		for {
			page, err := st.Find(ctx, q)
			if err != nil {
				return c, err
			}
			for _, r := range page.Records {
				lines = append(lines, fmt.Sprintf("%s %q %q %s", r.Kind, r.ID, r.Terms, r.Value))
			}
			if q.Cursor = page.Next; page.Next == "" {
				break
			}
		}
	}
	after := int64(0)
	for {
		page, err := st.Events(ctx, p.tenant, after, store.MaxLimit)
		if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok && after == 0 {
			after = trimmed.Mark
			lines = append(lines, fmt.Sprintf(`events are trimmed: {"position":%d}`, after))
			continue
		}
		if err != nil {
			return c, err
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			lines = append(lines, fmt.Sprintf("event %s %s %s", e.ID, e.Type, e.Value))
			after = e.Position
		}
	}
	for n, line := range lines {
		lines[n] = unhexed(line)
	}
	c.exact = ranked(strings.Join(append(lines, p.outside()...), "\n"))
	c.text = ranked(p.timeless(strings.Join(p.lasting(lines), "\n")))
	c.loose = nameless(c.text)
	return c, nil
}

// lasting returns the lines without what is fleeting.
func (p *party) lasting(lines []string) []string {
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		short, known := p.world.lasting[line] // most are the same in all tenants
		if !known {
			short = line
			for _, part := range p.world.fleeting {
				short = part.ReplaceAllString(short, "")
			}
			p.world.lasting[line] = short
		}
		if short != "" {
			kept = append(kept, short)
		}
	}
	return kept
}

// nameless returns a text without minted IDs. They do not show who was first: a work
// keeps its own while it waits for others.
func nameless(text string) string {
	lines := strings.Split(mintedRank.ReplaceAllString(text, "#"), "\n")
	events := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "event") })
	if events < 0 {
		events = len(lines)
	}
	slices.Sort(lines[:events]) // which were in the order of IDs
	return strings.Join(lines, "\n")
}

// ranked returns a text in which each minted ID is replaced by its rank.
func ranked(text string) string {
	var ids, between []string
	for {
		before, after, more := strings.Cut(text, minted)
		between = append(between, before)
		if !more {
			break
		}
		ids, text = append(ids, after[:mintedDigits]), after[mintedDigits:]
	}
	rank := map[string]string{}
	for i, id := range sorted(ids) {
		rank[id] = fmt.Sprintf("#%d", i)
	}
	var b strings.Builder
	for i, part := range between {
		b.WriteString(part)
		if i < len(ids) {
			b.WriteString(rank[ids[i]])
		}
	}
	return b.String()
}

// difference returns the lines that two contents do not share.
func difference(got, want string) string {
	var all []string
	is, be := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range is {
		if !slices.Contains(be, line) {
			all = append(all, "too much: "+line)
		}
	}
	for _, line := range be {
		if !slices.Contains(is, line) {
			all = append(all, "missing: "+line)
		}
	}
	switch {
	case got == want:
		return "no difference"
	case len(all) == 0:
		return "the same in another order, or another number of times"
	case len(all) > maxShown:
		all = append(all[:maxShown], fmt.Sprintf("… and %d more", len(all)-maxShown))
	}
	return strings.Join(all, "\n\t      ")
}

// maxShown is how many lines of a difference are printed.
const maxShown = 8
