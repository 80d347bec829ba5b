package day

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// Report is how a day was. It depends on the options only, and on nothing that is random but
// by their seed.
type Report struct {
	Options Options
	Queues  []QueueReport
	Whole   QueueReport
	// Tasks are all that there were, Requests those that came from outside.
	Tasks, Requests int
	Completed       int
	Canceled        map[string]int // by reason
	Offers          map[routing.ReservationStatus]int
	Transfers       map[string]int // by status
	Channels        map[routing.ChannelStatus]int
	Events          map[string]int // by type
	// Refused counts the calls that came too late, by what they were to do.
	Refused map[string]int
	// Occupancy is the share of their time at work in which workers had something to do.
	Occupancy float64
	// Crashes are how many processes died, Lost how many answers of the store they never got.
	Crashes, Lost int
	// Log is how many events there were.
	Log int

	series series
}

// QueueReport is how a day was in a queue.
type QueueReport struct {
	Name                         string
	Entered, Answered, Abandoned int
	// Within are the shares of those who were answered, or gave up, who were answered in
	// time, for each of Options.Within.
	Within                     [2]float64
	Average, Median, P95, Most time.Duration // waits of those who were answered
}

// end looks at everything once more, and reports.
func (d *day) end(ctx context.Context) (*Report, error) {
	d.lost += d.mortal.lost
	d.mortal.random = nil
	d.mortal.left = -1
	if err := d.audit(ctx); err != nil {
		return nil, err
	}
	p := d.picture
	for _, w := range p.staff {
		p.works(w)
	}
	r := &Report{
		Options: d.opts, Tasks: len(p.tasks), Requests: d.opts.Tasks, Completed: p.stats.completed, Canceled: p.stats.canceled, Offers: p.stats.ended,
		Transfers: map[string]int{}, Channels: map[routing.ChannelStatus]int{}, Events: p.happened, Refused: d.refused, Crashes: d.crashes, Lost: d.lost,
		Log: p.events, series: p.series,
	}
	whole := &queueTally{}
	for _, q := range queueSpecs() {
		t := p.tallies[q.name]
		whole.sum(t)
		r.Queues = append(r.Queues, t.report(q.name))
	}
	r.Whole = whole.report("All")
	for _, status := range p.transfers {
		r.Transfers[status]++
	}
	for _, c := range p.channels {
		r.Channels[c.status]++
	}
	worked, engaged := time.Duration(0), time.Duration(0)
	for _, w := range p.staff {
		worked += w.worked
		engaged += w.engaged
	}
	if worked > 0 {
		r.Occupancy = float64(engaged) / float64(worked)
	}
	if len(p.wrong) > 0 {
		return r, &FaultsError{Faults: p.wrong}
	}
	return r, nil
}

func (t *queueTally) report(name string) QueueReport {
	waits := t.sorted()
	r := QueueReport{
		Name: name, Entered: t.entered, Answered: len(waits), Abandoned: t.abandoned,
		Median: quantile(waits, 0.5), P95: quantile(waits, 0.95), Most: quantile(waits, 1),
	}
	for _, wait := range waits {
		r.Average += wait
	}
	if len(waits) > 0 {
		r.Average /= time.Duration(len(waits))
	}
	if all := len(waits) + t.abandoned; all > 0 {
		for n, within := range t.within {
			r.Within[n] = float64(within) / float64(all)
		}
	}
	return r
}

// WriteTable writes the report as a text.
func (r *Report) WriteTable(to io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "A day of %s requests and %d workers, seed %d\n\n", thousands(r.Requests), r.Options.Workers, r.Options.Seed)
	heads := []string{"Queue", "Entered", "Answered", "Abandoned", "In " + short(r.Options.Within[0]), "In " + short(r.Options.Within[1]), "Average", "Median", "95 %", "Longest"}
	rows := [][]string{heads}
	for _, q := range append(r.Queues, r.Whole) {
		rows = append(rows, []string{
			q.Name, thousands(q.Entered), thousands(q.Answered), thousands(q.Abandoned), percent(q.Within[0]), percent(q.Within[1]),
			short(q.Average), short(q.Median), short(q.P95), short(q.Most),
		})
	}
	align(&b, rows)
	b.WriteString("\n")
	facts := [][]string{
		{"Tasks in all", thousands(r.Tasks)},
		{"  completed", thousands(r.Completed)},
	}
	for _, reason := range sortedKeys(r.Canceled) {
		facts = append(facts, []string{"  canceled: " + reason, thousands(r.Canceled[reason])})
	}
	facts = append(facts, []string{"Offers", thousands(r.Events[string(engage.EventReservationCreated)])})
	for _, s := range []routing.ReservationStatus{
		routing.ReservationAccepted, routing.ReservationRejected, routing.ReservationTimeout, routing.ReservationRescinded, routing.ReservationCanceled,
	} {
		facts = append(facts, []string{"  " + string(s), thousands(r.Offers[s])})
	}
	for _, s := range sortedKeys(r.Transfers) {
		facts = append(facts, []string{"Transfers " + s, thousands(r.Transfers[s])})
	}
	for _, s := range sortedKeys(r.Channels) {
		facts = append(facts, []string{"Channels " + string(s), thousands(r.Channels[s])})
	}
	calls := 0
	for _, n := range r.Refused {
		calls += n
	}
	facts = append(facts,
		[]string{"Calls that came too late", thousands(calls)},
		[]string{"Occupancy of workers", percent(r.Occupancy)},
		[]string{"Processes that died", thousands(r.Crashes)},
		[]string{"Answers that were lost", thousands(r.Lost)},
		[]string{"Events", thousands(r.Log)},
	)
	align(&b, facts)
	_, err := io.WriteString(to, b.String())
	return err
}

// align writes rows with their columns aligned: the first to the left, others to the right.
func align(b *strings.Builder, rows [][]string) {
	var width []int
	for _, row := range rows {
		for n, cell := range row {
			if n == len(width) {
				width = append(width, 0)
			}
			width[n] = max(width[n], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		for n, cell := range row {
			if n == 0 {
				fmt.Fprintf(b, "%-*s", width[0], cell)
				continue
			}
			fmt.Fprintf(b, "  %*s", width[n], cell)
		}
		b.WriteString("\n")
	}
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// short writes a time in seconds, or in minutes and seconds.
func short(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d min", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d:%02d h", d/time.Hour, d%time.Hour/time.Minute)
}
