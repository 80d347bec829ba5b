package engage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// halfway is a store that fails at the n-th commit.
type halfway struct {
	store.Store

	left int
}

var errHalfway = errors.New("the process dies")

func (h *halfway) Commit(ctx context.Context, b store.Batch) error {
	h.left--
	if h.left < 0 {
		return errHalfway
	}
	return h.Store.Commit(ctx, b)
}

// Whoever is interrupted while data is brought up to date goes on where that was.
func TestBringingUpToDateIsResumed(t *testing.T) {
	t.Parallel()
	p := openPast(t, "f9ef88d")
	steps := 0
	for {
		_, err := engage.New(t.Context(), &halfway{Store: p.st, left: 1}, &p.opts)
		if err == nil {
			break
		}
		steps++
		if !errors.Is(err, errHalfway) || steps > 100 {
			t.Fatalf("after %d steps: %v", steps, err)
		}
	}
	if steps < 10 {
		t.Errorf("it took %d steps only", steps)
	}
	p.checkTerms(t)
}

// Several processes that begin at the same time do it together.
func TestSeveralBringUpToDateTogether(t *testing.T) {
	t.Parallel()
	p := openPast(t, "cd1ffbd")
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			eng, err := engage.New(t.Context(), p.st, &p.opts)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = eng.Sources.Update(t.Context(), interaction.Source{ID: "page", Type: "messenger", Name: "Ours", Active: true})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	p.checkTerms(t)
}

// A new version keeps those from writing that are running still, and begins only then. What
// they read they go on to read.
func TestWhoIsOutdatedWritesNothing(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	older := newEngine(t, st, nil)
	must(older.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "messenger", Active: true}))(t)

	// A newer version has a newer format of something that the older one does not even use.
	guard := find(t, st, "data_format")[0]
	raised := guard
	raised.Value = []byte(strings.Replace(string(guard.Value), `"ready_worker":1`, `"ready_worker":7`, 1))
	if err := st.Commit(t.Context(), store.Batch{ID: "newer", Tenant: engage.DefaultTenant, Puts: []store.Record{raised}}); err != nil {
		t.Fatal(err)
	}
	unchanged(t, st, func() {
		_, err := older.Sources.Create(t.Context(), interaction.Source{ID: "other", Type: "messenger", Active: true})
		told, ok := errors.AsType[*engage.OutdatedError](err)
		if !ok || !errors.Is(err, engage.ErrOutdated) || told.Kind != "ready_worker" || told.Format != 7 || told.Known != 1 {
			t.Errorf("it writes: %v", err)
		}
		if _, err := older.Sources.Get(t.Context(), "page"); err != nil {
			t.Errorf("it reads: %v", err)
		}
		if _, err := engage.New(t.Context(), st, nil); !errors.Is(err, engage.ErrOutdated) || !strings.Contains(err.Error(), "run the version that wrote it") {
			t.Errorf("it begins: %v", err)
		}
	})

	// A kind that it does not know may be what it would break.
	raised.Version, raised.Value = "newer", []byte(strings.Replace(string(guard.Value), `"formats":{`, `"formats":{"badge":1,`, 1))
	if err := st.Commit(t.Context(), store.Batch{ID: "newest", Tenant: engage.DefaultTenant, Puts: []store.Record{raised}}); err != nil {
		t.Fatal(err)
	}
	if _, err := engage.New(t.Context(), st, nil); !errors.Is(err, engage.ErrOutdated) {
		t.Errorf("it begins: %v", err)
	}
}

// A version that follows brings up to date what is behind, and nothing else.
func TestOnlyWhatChangedIsLookedAt(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	first := newEngine(t, st, nil)
	must(first.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "messenger", Active: true}))(t)

	// As an earlier version would have left it: of the older format, and with terms of its own.
	guard, source := find(t, st, "data_format")[0], find(t, st, "content_source")[0]
	earlier, lone := guard, source
	earlier.Value = []byte(strings.Replace(string(guard.Value), `"content_source":2`, `"content_source":1`, 1))
	lone.Value = []byte(strings.Replace(string(source.Value), `{"_format":2`, `{"_format":1`, 1))
	lone.Terms = nil
	if err := st.Commit(t.Context(), store.Batch{ID: "earlier", Tenant: engage.DefaultTenant, Puts: []store.Record{earlier, lone}}); err != nil {
		t.Fatal(err)
	}
	seen := &counting{Store: st}
	newEngine(t, seen, nil)
	if now := find(t, st, "content_source")[0]; now.Terms["type"] != source.Terms["type"] || !bytes.Equal(now.Value, source.Value) {
		t.Errorf("the source is %s with the terms %v", now.Value, now.Terms)
	}
	if finds := seen.finds.Load(); finds > 2 {
		t.Errorf("it took %d finds", finds)
	}
	// Who was there before finds the guard moved, and nothing newer: it goes on.
	must(first.Sources.Create(t.Context(), interaction.Source{ID: "other", Type: "messenger", Active: true}))(t)
}

// formats are those of all kinds, with what stands for the members of their values, and their
// indexes. Who changes what is stored of a kind (its values, their
// IDs, its indexes, or their terms) raises the format of its table, says in upgrade_values.go
// how older values are read, has testdata/earlier/make.sh write a database of the commit
// before, and only then changes this.
const formats = `interaction_schema 2 1708a3f3
interaction_schema_version 2 afc87c78
interaction_schema_census 1 6203031b
interaction 2 8e1fb9ab contact_created recorded_for contact_received contact_schema_created schema_created schema_received
quarantined_interaction 2 c2e23d28 contact_received recorded_for schema_received
idempotency_key 2 4c2443e7
contact 2 9749a6e8
tally 1 6ca045fa schema_count
segment_value 2 86a04fbc schema_property_value
trigger_firing 2 22d2a331 contact
progress 2 a0813bdb
content_source 2 b813acdf controlled_community type
community 1 a87a8a03
identity 1 204bdc54 type_foreign
identity_key 1 8461a609
content_thread 2 2c874434 active source_active status_active source_status_active waiting source_waiting identity_open name_open
thread_key 1 8461a609
current_thread 1 a52c02c3
correspondent 2 8590ac9e identity_active identity_status_active thread_waiting owner_unanswered
content 2 0507c093 thread_position thread_tree correspondent_unanswered correspondent_echo identity_pending
content_key 1 8461a609
post_key 1 8461a609
intervention 2 29cbf688 created thread_created identity_created identity_status_created source_created owner_created status_created source_status_created owner_status_created
intervention_comment 1 1ae4e9bc intervention
engaged_list 1 27284d22
category_tree 1 305091da
timeline_entry 1 a6ffa98c identity_time
thread_control 2 02e7e9d5 source_used
thread_control_settings 1 0daa4054
thread_control_span 1 8be0cd73 conversation
thread_control_watch 1 61111765
flex_interaction 2 21ce0c3d context
flex_key 1 ba7fa26a
interaction_channel 2 eae6d189 workspace_status
interaction_invite 1 b2e4107b channel
interaction_participant 1 b8e24aa2 channel
interaction_transfer 1 b56b4599 channel
interaction_address 1 e12217ad
workspace 2 544616ad
routing_name 1 8461a609
activity 1 c746db1b workspace
task_channel 1 75cb0ef0 workspace
crews 1 cc66953c
task_queue 1 b180f348 workspace
workflow 1 662555fb workspace
workflow_configuration 1 3eaca88f
worker 2 710a6e86 workspace activity agent
ready_worker 1 f03c9767 crew_channel_idle
task 2 3d9aa967 queue_channel_line_order queue_order known_worker_line_order queue_waiting_created workflow_waiting workspace workspace_status queue channel
reservation 2 c13bc188 task worker worker_live worker_pending
task_count 1 1f70eaa5
worker_count 1 a542124e
consumer 1 fa850ce4
consumer_floor 1 80e70c57
job 2 f5d2d21b due taken lane state type
job_lane 1 6218d569
data_format 1 f33dde94
`

func TestFormatsAreRaisedWithWhatIsStored(t *testing.T) {
	t.Parallel()
	var is strings.Builder
	for _, table := range engage.KeptTables() {
		kind := table.Declare()
		fmt.Fprintln(&is, strings.Join(append([]string{kind.Name, strconv.Itoa(table.Newest()), engage.ShapeOf(table)}, kind.Indexes...), " "))
	}
	if is.String() != formats {
		t.Errorf("what is stored has changed: see formats. It is\n%s", is.String())
	}
}
