package work_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// renewed brings all accounts up to date.
func renewed(t *testing.T, r *work.Runner, table *work.Table[account]) (n int) {
	t.Helper()
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		n = 0
		page, err := w.Find(t.Context(), store.Query{Tenant: tenant, Kind: kind})
		for _, record := range page.Records {
			done, failed := table.Renew(t.Context(), w, record)
			if done {
				n++
			}
			err = errors.Join(err, failed)
		}
		return err
	}))
	return n
}

func TestRenewWritesWhatIsOfAnOlderFormat(t *testing.T) {
	t.Parallel()
	r := runner(open(t))
	must(t, r.Store().Commit(t.Context(), store.Batch{ID: newID(), Tenant: tenant, Puts: []store.Record{
		{Key: key("a"), Value: []byte(`{"_format":1,"title":"a","owner":"me"}`)},
		{Key: key("b"), Value: []byte(`{"_format":2,"name":"b"}`), Terms: map[string]string{"by": "left alone"}},
		{Key: key("was"), Value: []byte(`{"_format":1,"title":"is"}`)},
		{Key: key("gone"), Value: []byte(`{"_format":1,"title":"b"}`)}, // whose new place is taken
	}}))
	table := accounts
	table.Mend = func(_ context.Context, _ *work.Work, a *account, format int) error {
		a.Owner += strings.Repeat("!", format)
		return nil
	}
	if n := renewed(t, r, &table); n != 3 {
		t.Errorf("%d were renewed", n)
	}
	records, err := r.Store().Get(t.Context(), key("a"), key("b"), key("is"), key("was"), key("gone"))
	must(t, err)
	if string(records[0].Value) != `{"_format":2,"name":"a","owner":"me!"}` || records[0].Terms["by"] != "me!" {
		t.Errorf("a is %s with %v", records[0].Value, records[0].Terms)
	}
	if string(records[1].Value) != `{"_format":2,"name":"b"}` || records[1].Terms["by"] != "left alone" {
		t.Errorf("b is %s with %v", records[1].Value, records[1].Terms)
	}
	if !records[2].Exists() || records[3].Exists() || records[4].Exists() {
		t.Errorf("what has another ID stands at %v, %v, %v", records[2], records[3], records[4])
	}
	if n := renewed(t, r, &table); n != 0 {
		t.Errorf("%d were renewed again", n)
	}
}

// guarded returns a runner whose commits check a guard, and what changes the guard.
func guarded(t *testing.T, moved func(store.Version) (store.Version, error)) (r *work.Runner, change func()) {
	t.Helper()
	st := open(t)
	guard := key("guard")
	version := store.Version("")
	change = func() {
		next := newID()
		must(t, st.Commit(t.Context(), store.Batch{ID: next, Tenant: tenant, Puts: []store.Record{{Key: guard, Version: version, Value: []byte(`{}`)}}}))
		version = store.Version(next)
	}
	change()
	r = work.NewRunner(st, work.Options{Tenant: tenant, NewID: newID, Moved: func(context.Context) (store.Version, error) { return moved(version) }})
	r.Guard(store.Check{Key: guard, Version: version})
	return r, change
}

func TestNobodyCommitsBesideAMovedGuard(t *testing.T) {
	t.Parallel()
	newer := errors.New("it is newer")
	r, change := guarded(t, func(store.Version) (store.Version, error) { return "", newer })
	write := func(name string) error {
		return r.Do(t.Context(), func(w *work.Work) error { return accounts.Insert(w, &account{Name: name}) })
	}
	must(t, write("before"))
	change()
	if err := write("after"); !errors.Is(err, newer) {
		t.Errorf("it gives %v", err)
	}
	records, err := r.Store().Get(t.Context(), key("before"), key("after"))
	must(t, err)
	if !records[0].Exists() || records[1].Exists() {
		t.Errorf("written are %v", records)
	}
}

func TestAGuardThatIsAsGoodIsTakenOver(t *testing.T) {
	t.Parallel()
	asked := 0
	r, change := guarded(t, func(is store.Version) (store.Version, error) {
		asked++
		return is, nil
	})
	change()
	for range 3 {
		size := 0
		must(t, r.Do(t.Context(), func(w *work.Work) error {
			if _, err := accounts.Get(t.Context(), w, "a"); err != nil {
				return err
			}
			size = w.Size()
			return accounts.Put(w, &account{Name: "a"})
		}))
		if size != 2 { // what it has read, and the guard
			t.Errorf("the work comes to %d", size)
		}
	}
	if asked != 1 {
		t.Errorf("it was asked %d times", asked)
	}
}
