package jobs_test

import (
	"context"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
)

// TestCrowd lets two processes with many hands each do thousands of jobs, while others
// add them and change their minds.
func TestCrowd(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		m := memory.New()
		crowd(t, m, m.Peer())
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "jobs.db")
		var handles [2]store.Store
		for i := range handles {
			st, err := sqlite.Open(t.Context(), file, nil)
			if err != nil {
				t.Fatal(err)
			}
			handles[i] = st
		}
		crowd(t, handles[0], handles[1])
	})
}

func crowd(t *testing.T, m, peer store.Store) {
	t.Helper()
	for _, st := range []store.Store{m, peer} {
		t.Cleanup(func() { _ = st.Close() })
		prepare(t, st)
	}
	o := &world{}
	started := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	at := func() time.Time { return started }
	quick := func(o *jobs.Options) { o.Poll, o.Concurrency = time.Millisecond, 16 }
	var atWork [10]atomic.Int32
	o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
		if lane := j.Lane; lane != "" {
			if n := &atWork[lane[0]-'0']; n.Add(1) > 1 {
				t.Errorf("two at a time in lane %s", lane)
			} else {
				defer n.Add(-1)
			}
		}
		o.effect(j.ID)
		return nil, nil
	}
	one, two := newProcess(t, m, at, quick).send(o, false).count(), newProcess(t, peer, at, quick).send(o, false).count()
	runs := []running{one.run(), two.run()}
	const adders, each = 4, 150
	added := make([][]string, adders)
	canceled := make([]map[string]bool, adders)
	var adding sync.WaitGroup
	for a := range adders {
		canceled[a] = map[string]bool{}
		adding.Go(func() {
			p := []*process{one, two}[a%2]
			for n := range each {
				j := jobs.Job{Type: "send", Due: started}
				if n%3 > 0 {
					j.Lane = strconv.Itoa((n + a) % 10)
				}
				if n%5 == 0 {
					j.Type, j.Data = "count", []byte("3")
				}
				id := p.add(j)[0]
				added[a] = append(added[a], id)
				if n%7 == 0 {
					err := p.try(func(ctx context.Context, w *work.Work) error { return p.Cancel(ctx, w, id) })
					canceled[a][id] = err == nil
				}
			}
		})
	}
	adding.Wait()
	for records(t, m, "job") > 0 {
		if t.Context().Err() != nil {
			t.Fatal("it takes too long")
		}
	}
	for _, r := range runs {
		_ = r.end()
	}
	times := map[string]int{}
	for _, id := range o.seen() {
		times[id]++
	}
	for a := range adders {
		for n, id := range added[a] {
			told := one.note(id)
			switch sent := times[id]; {
			case n%5 == 0 && !canceled[a][id] && told.Claims != 3:
				t.Errorf("%s was counted %d times", id, told.Claims)
			case n%5 != 0 && !canceled[a][id] && (sent != 1 || !told.Done):
				t.Errorf("%s was sent %d times, told %+v", id, sent, told)
			case canceled[a][id] && sent != 0:
				t.Errorf("%s was canceled, and sent", id)
			}
		}
	}
	if n := records(t, m, "job_lane"); n != 0 {
		t.Errorf("%d lanes are left", n)
	}
}
