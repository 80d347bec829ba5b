package work_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

type account struct {
	Name  string `json:"name"`
	Owner string `json:"owner,omitempty"`
}

// accounts is a table at format 2: in format 1, the name was called "title".
var accounts = work.Table[account]{
	Kind:   kind,
	Format: 2,
	ID:     func(a *account) string { return a.Name },
	Upgrade: func(format int, value []byte) ([]byte, error) {
		return bytes.Replace(value, []byte(`"title"`), []byte(`"name"`), 1), nil
	},
	Indexes: []work.Index[account]{
		{Name: "by", Term: func(a *account) (string, bool) { return a.Owner, a.Owner != "" }},
	},
}

func TestTableKeepsValues(t *testing.T) {
	t.Parallel()
	r := runner(open(t))
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		return errors.Join(
			accounts.Insert(w, &account{Name: "one", Owner: "me"}),
			accounts.Insert(w, &account{Name: "two"}),
		)
	}))
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		all, err := accounts.All(t.Context(), w, "two", "none", "one")
		if err != nil || *all[0] != (account{Name: "two"}) || all[1] != nil || *all[2] != (account{Name: "one", Owner: "me"}) {
			t.Errorf("%v, %v", all, err)
		}
		found, next, err := accounts.Find(t.Context(), w, store.Query{Index: "by"})
		if err != nil || len(found) != 1 || found[0].Name != "one" || next != "" {
			t.Errorf("%v, %q, %v", found, next, err)
		}
		all[0].Owner = "you"
		return errors.Join(accounts.Put(w, all[0]), accounts.Delete(w, all[2]))
	}))
	records, err := r.Store().Get(t.Context(), key("one"), key("two"))
	must(t, err)
	if records[0].Exists() || string(records[1].Value) != `{"_format":2,"name":"two","owner":"you"}` || records[1].Terms["by"] != "you" {
		t.Errorf("%+v", records)
	}
}

func TestTableFormats(t *testing.T) {
	t.Parallel()
	st := open(t)
	for id, value := range map[string]string{
		"old":       `{"_format":1,"title":"old"}`,
		"moved":     `{"name":"moved","_format":2}`,
		"newer":     `{"_format":3,"name":"newer"}`,
		"none":      `{"name":"none"}`,
		"malformed": `{"_format":2,"name":7}`,
	} {
		must(t, st.Commit(t.Context(), store.Batch{ID: newID(), Tenant: tenant, Puts: []store.Record{{Key: key(id), Value: json.RawMessage(value)}}}))
	}
	for id, good := range map[string]bool{"old": true, "moved": true, "newer": false, "none": false, "malformed": false} {
		err := runner(st).Do(t.Context(), func(w *work.Work) error {
			a, err := accounts.Get(t.Context(), w, id)
			if err == nil && a.Name != id {
				t.Errorf("%s: %+v", id, a)
			}
			return err
		})
		if (err == nil) != good || errors.Is(err, work.ErrOutdated) != (id == "newer") {
			t.Errorf("%s: %v", id, err)
		}
	}
}
