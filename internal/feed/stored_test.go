package feed_test

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/store"
)

// TestStoredConsumer holds what is stored to what earlier versions have stored.
func TestStoredConsumer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, _ := open(t)
		p := newProcess(t, st)
		p.append(2)
		stored := func() string {
			records, err := st.Get(t.Context(), store.Key{Tenant: tenant, Kind: "consumer", ID: "reader"})
			if err != nil {
				t.Fatal(err)
			}
			return string(records[0].Value)
		}
		c := p.consume(nil)
		pass(time.Second)
		held := regexp.MustCompile(`^\{"_format":1,"name":"reader","position":2,"holder":"id-\d+","until":"2000-01-01T00:00:30Z","seen":"2000-01-01T00:00:00Z"\}$`)
		if got := stored(); !held.MatchString(got) {
			t.Errorf("held: %s", got)
		}
		_ = c.end()
		if got, want := stored(), `{"_format":1,"name":"reader","position":2,"seen":"2000-01-01T00:00:01Z"}`; got != want {
			t.Errorf("released: %s", got)
		}
	})
}
