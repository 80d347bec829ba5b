package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// What happens to jobs that this process cannot do: nothing. They are the business of
// those processes that can, which nothing written here may keep from it. It is only
// said that they are there.

const (
	// surveyEvery is how often Run looks for jobs that it cannot do.
	surveyEvery = time.Minute
	// overdue is for how long a job must have been due before Run says so: another
	// process perhaps does it.
	overdue = 10 * time.Second
	// hintEvery is how often the log tells of jobs of the same type and class.
	hintEvery = 10 * time.Minute
	// shown is in how many jobs of a type and class it stands why they wait.
	shown = 16
)

// hints are what the log was told, and when.
type hints struct {
	mu   sync.Mutex
	last map[sort]time.Time
}

// wanted reports whether it is time to tell of a sort of jobs, and takes it for told.
func (h *hints) wanted(of sort, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	last, told := h.last[of]
	if since := now.Sub(last); told && since >= 0 && since < hintEvery {
		return false
	}
	h.last[of] = now
	return true
}

// surveys makes a survey once in a while, until the pool ends.
func (p *pool) surveys() {
	for p.looking.Err() == nil {
		switch err := p.survey(p.looking, overdue); {
		case err == nil || p.looking.Err() != nil:
		case p.bears(err):
			p.opts.Logger.WarnContext(p.looking, "looking for jobs of other processes failed", slog.Any("error", err))
		default:
			p.stop(err)
		}
		_ = bell.Wait(p.looking, nil, surveyEvery)
	}
}

// survey finds the jobs that have been due for some time and cannot be done here, and
// makes that seen. It goes from sort to sort, however many jobs there are of each.
func (q *Jobs) survey(ctx context.Context, since time.Duration) error {
	here := q.here()
	query := store.Query{Index: byDue, Limit: shown}
	for {
		page, _, err := q.find(ctx, query)
		if err != nil || len(page) == 0 {
			return err
		}
		of := page[0].sort()
		if _, can := here[of]; !can {
			if err := q.show(ctx, of, page, q.now().Add(-since)); err != nil {
				return err
			}
		}
		query.From = of.behind()
	}
}

// show says of jobs of a sort, the first of a page, that they cannot be done here.
func (q *Jobs) show(ctx context.Context, of sort, page []*record, before time.Time) error {
	why := q.handlers[of.typ].missing(of)
	for i, r := range page {
		if r.sort() != of || !r.waiting(before) {
			break
		}
		if i == 0 && q.hints.wanted(of, q.now()) {
			q.opts.Logger.WarnContext(ctx, "jobs wait for a process that can do them", slog.String("type", of.typ),
				slog.String("class", of.class), slog.String("job", r.ID), slog.Any("error", why))
		}
		if r.Error != "" {
			continue
		}
		if err := q.mark(ctx, r.ID, why); err != nil {
			return err
		}
	}
	return nil
}

// errOvertaken says that a job was changed while it was to be marked.
var errOvertaken = errors.New("the job was changed meanwhile")

// mark writes in a job why it waits, and nothing else. It is done once for each wait, and
// given up if anybody else changes the job: theirs counts.
func (q *Jobs) mark(ctx context.Context, id string, why error) error {
	again := false
	err := q.runner.Do(ctx, func(w *work.Work) error {
		if again {
			return errOvertaken
		}
		again = true
		r, err := get(ctx, w, id)
		if err != nil || r == nil || r.Error != "" || !r.waiting(q.now()) {
			return err
		}
		r.Error = say(why)
		return jobTable.Put(w, r)
	})
	if errors.Is(err, errOvertaken) || errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

// here returns the sorts of jobs that can be done in this process.
func (q *Jobs) here() map[sort]handler {
	all := make(map[sort]handler)
	for typ, h := range q.handlers {
		for _, class := range h.classes() {
			all[sort{typ: typ, class: class}] = h
		}
		if h.outside != nil {
			all[sort{typ: typ, lost: true}] = h
		}
	}
	return all
}
