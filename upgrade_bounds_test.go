package engage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// A version that is interrupted while it brings a large kind up to date is followed by one that
// changes another kind: that begins again with the kind that is behind, and meets many records
// that are up to date already.
func TestBringingUpToDatePassesManyThatAre(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	newEngine(t, st, nil)
	renewed := store.Batch{ID: "renewed", Tenant: engage.DefaultTenant}
	for n := range 2 {
		renewed.ID, renewed.Puts = fmt.Sprint("renewed ", n), nil
		for k := range 3_000 {
			id := fmt.Sprintf("c%d-%05d", n, k)
			renewed.Puts = append(renewed.Puts, store.Record{
				Key:   store.Key{Tenant: engage.DefaultTenant, Kind: "contact", ID: id},
				Value: fmt.Appendf(nil, `{"_format":2,"id":%q,"created_at":"2024-02-29T12:00:00Z"}`, id),
			})
		}
		if err := st.Commit(t.Context(), renewed); err != nil {
			t.Fatal(err)
		}
	}
	guard := find(t, st, "data_format")[0]
	guard.Value = []byte(strings.Replace(string(guard.Value), `"worker":2`, `"worker":1`, 1))
	guard.Value = []byte(strings.Replace(string(guard.Value), `,"started_at"`, `,"behind":["contact"],"started_at"`, 1))
	if !strings.Contains(string(guard.Value), `"behind":["contact"]`) || !strings.Contains(string(guard.Value), `"worker":1`) {
		t.Fatalf("the guard is %s", guard.Value)
	}
	if err := st.Commit(t.Context(), store.Batch{ID: "interrupted", Tenant: engage.DefaultTenant, Puts: []store.Record{guard}}); err != nil {
		t.Fatal(err)
	}
	if _, err := engage.New(t.Context(), st, nil); err != nil {
		t.Errorf("the version that follows does not begin: %v", err)
	}
}

// Contacts of an earlier version may have many identities each, up to interaction.MaxIdentities.
func TestContactsWithManyIdentitiesAreBroughtUpToDate(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	newEngine(t, st, nil) // prepares
	b := store.Batch{ID: "earlier", Tenant: engage.DefaultTenant}
	for n := range 200 {
		id, identities := fmt.Sprintf("c%03d", n), []string{}
		for k := range 30 {
			identities = append(identities, fmt.Sprintf("%q", fmt.Sprintf("i%03d-%03d", n, k)))
		}
		b.Puts = append(b.Puts, store.Record{
			Key: store.Key{Tenant: engage.DefaultTenant, Kind: "contact", ID: id},
			Value: fmt.Appendf(nil, `{"_format":1,"id":%q,"created_at":"2024-02-29T12:00:00Z","identity_ids":[%s]}`,
				id, strings.Join(identities, ",")),
		})
	}
	for _, guard := range find(t, st, "data_format") { // there was none
		b.Deletes = append(b.Deletes, store.Check{Key: guard.Key, Version: guard.Version})
	}
	if err := st.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if _, err := engage.New(t.Context(), st, nil); err != nil {
		t.Fatalf("it does not begin: %v", err)
	}
	if slices.ContainsFunc(find(t, st, "contact"), func(r store.Record) bool { return !strings.HasPrefix(string(r.Value), `{"_format":2`) }) {
		t.Error("not all are up to date")
	}
}
