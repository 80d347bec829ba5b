package bench_test

import (
	"fmt"
	"strings"
)

// targets returns the table of all targets but those of growth.
func (all figures) targets() string {
	rows := [][]string{{"what", "beside", "it takes", "beside it", "ratio", "target", "holds", "allocations"}}
	for _, t := range targets {
		f, ok := all.Figures[t.id]
		if !ok || t.grows() {
			continue
		}
		allocs := ""
		if f.last().Allocs > 0 {
			allocs = grouped(f.last().Allocs) + ", beside " + grouped(f.first().Allocs)
		}
		rows = append(rows, []string{
			t.what, t.beside, t.unit.amount(f.last().Takes), t.unit.amount(f.first().Takes), t.said(f.last().Verdict), t.bound(), t.answer(f), allocs,
		})
	}
	return markdown(rows)
}

// growth returns the table of what is measured on more and more data.
func (all figures) growth() string {
	rows := [][]string{{"what", "data", "1×", "10×", "100×", "ratio", "target", "holds", "ratio by hand"}}
	for _, t := range targets {
		f, ok := all.Figures[t.id]
		if !ok || !t.grows() {
			continue
		}
		sizes, hands := f.sizes()
		row := []string{t.what, t.beside}
		for _, s := range sizes {
			row = append(row, t.unit.amount(s.Takes))
		}
		for len(row) < 5 { // with -short there are two sizes
			row = append(row, "")
		}
		row = append(row, t.said(f.last().Verdict), t.bound(), t.answer(f), "")
		if len(hands) > 0 {
			row[len(row)-1] = t.said(hands[len(hands)-1].Verdict / hands[0].Verdict)
		}
		rows = append(rows, row)
	}
	return markdown(rows)
}

// sizes returns what was measured with more and more data, and what was done by hand with the
// least and the most.
func (f figure) sizes() (engage, byHand []sideFigure) {
	for _, s := range f.Sides {
		if strings.HasPrefix(s.Name, byHandPrefix) {
			byHand = append(byHand, s)
		} else {
			engage = append(engage, s)
		}
	}
	return engage, byHand
}

// between says what the sides are that are neither the baseline nor judged.
var between = map[string]string{
	"Record/callers=64/tuned":   "recording by 64 callers, by hand with prepared statements and the store's settings",
	"Record/callers=64/grouped": "the same by one caller, in transactions of 32: what their groups come to, with nothing checked or read",
	"Record/callers=1/tuned":    "recording by one caller, by hand with prepared statements and the store's settings",
	"RecordMany/tuned":          "1,000 in one transaction, by hand with prepared statements and the store's settings",
	"CheckCached/engine":        "asking an Engine what it would make of a submission (`Interactions.Check`)",
	"Handover/commit":           "the commit of the same records and events to the memory store, and nothing else",
	"Memory/everything":         "the JSON of all that is stored with an interaction: its event, and its part of the tallies and the contact",
	"Memory/with-events":        "what it takes in the memory store with its event",
	"File/lean":                 "a table of nothing but interactions that can be listed in the same orders, without tenants and versions",
	"File/interactions":         "the table of interactions in the Engine's file",
	"File/events":               "the events in it, as long as they are not trimmed",
}

// parts returns the table of what was measured between the baseline and what is judged.
func (all figures) parts() string {
	rows := [][]string{{"what", "it takes"}}
	for _, t := range targets {
		f, ok := all.Figures[t.id]
		if !ok || t.grows() {
			continue
		}
		for _, s := range f.Sides[1 : len(f.Sides)-1] {
			rows = append(rows, []string{between[t.id+"/"+s.Name], t.unit.amount(s.Takes)})
		}
	}
	return markdown(rows)
}

// grows says that a target is about more and more data.
func (t target) grows() bool { return strings.HasPrefix(t.id, "Growth/") }

// answer says whether the target holds.
func (t target) answer(f figure) string {
	if t.holds(f.last().Verdict) {
		return "yes"
	}
	return "**no**"
}

// markdown writes a table with aligned columns, the first row of which is its head.
func markdown(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for n, cell := range row {
			widths[n] = max(widths[n], len([]rune(cell)))
		}
	}
	var to strings.Builder
	line := func(row []string) {
		for n, cell := range row {
			fmt.Fprintf(&to, "| %-*s ", widths[n], cell)
		}
		to.WriteString("|\n")
	}
	line(rows[0])
	for _, width := range widths {
		to.WriteString("|" + strings.Repeat("-", width+2))
	}
	to.WriteString("|\n")
	for _, row := range rows[1:] {
		line(row)
	}
	return to.String()
}
