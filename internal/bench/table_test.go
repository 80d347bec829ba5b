package bench_test

import (
	"fmt"
	"strings"
)

// table writes what came out, for a terminal and for docs/performance.md alike.
func (s *summary) table() string {
	rows := [][]string{{"what", "beside", "takes", "the other", "ratio", "target", "holds", "allocations"}}
	for _, t := range targets {
		o, ok := s.byID[t.id]
		if !ok {
			continue
		}
		last := len(o.names) - 1
		verdict, holds := o.verdicts()[last], "yes"
		if !t.holds(verdict) {
			holds = "**no**"
		}
		allocs := ""
		if o.allocs != nil {
			allocs = fmt.Sprintf("%s / %s", grouped(middle(o.allocs[last])), grouped(middle(o.allocs[0])))
		}
		rows = append(rows, []string{
			t.what, t.beside, t.unit.amount(middle(o.took[last])), t.unit.amount(middle(o.took[0])), t.said(verdict), t.bound(), holds, allocs,
		})
	}
	return markdown(rows)
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
