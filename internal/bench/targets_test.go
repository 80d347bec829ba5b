package bench_test

import (
	"fmt"
	"slices"
	"strconv"
)

// A target is a bound on what something costs beside something else, which is measured in the
// same run.
type target struct {
	id     string // the name of its benchmark, without "Benchmark"
	what   string
	beside string // what is the baseline; of growth, what there is more and more of
	rule   rule
	limit  float64
	unit   unit
}

// rule is how a figure is compared with its limit.
type rule int

const (
	atMost  rule = iota // it takes at most limit times what the baseline takes
	atLeast             // the baseline takes at least limit times as long
	more                // it takes at most limit µs more
)

// unit is what a figure is measured in.
type unit int

const (
	microseconds unit = iota // per operation
	storage                  // bytes per interaction
)

// targets are all of them, in the order in which they are shown.
var targets = []target{
	{"Record/callers=64", "recording an interaction, SQLite FULL, 64 callers", "a `database/sql` transaction each, of the same rows", atLeast, 4, microseconds},
	{"Record/callers=1", "the same, one caller", "the same, one caller", atMost, 1.2, microseconds},
	{"RecordMany", "recording 1,000 in one call", "prepared inserts of the same rows, in one transaction", atMost, 1.5, microseconds},
	{"Check", "checking a payload", "gojsonschema on the decoded payload, and the decoding", atMost, 1.15, microseconds},
	{"CheckCached", "the same, by a schema that is compiled and kept", "compiling the schema on each call", atLeast, 5, microseconds},
	{"Get", "an interaction by its ID, SQLite", "a prepared `SELECT` by primary key, and `json.Unmarshal`", atMost, 1.3, microseconds},
	{"Page", "a page of 50, SQLite", "a prepared `SELECT` of the same rows, and `json.Unmarshal`", atMost, 1.3, microseconds},
	{"Handover", "a handover, decided and committed, in memory", "the pure decision alone", more, 10, microseconds},
	{"Growth/assign", "assigning a task, in memory, 1,000 workers", "tasks that wait", atMost, 1.3, microseconds},
	{"Growth/record-64", "recording, SQLite FULL, 64 callers", "interactions stored", atMost, 1.3, microseconds},
	{"Growth/record-1", "recording, SQLite FULL, one caller", "interactions stored", atMost, 1.3, microseconds},
	{"Growth/record-many", "recording 1,000 in one call", "interactions stored", atMost, 1.3, microseconds},
	{"Growth/check", "checking a payload through the Engine", "schemas, in turn", atMost, 1.3, microseconds},
	{"Growth/get", "an interaction by its ID, SQLite", "interactions stored", atMost, 1.3, microseconds},
	{"Growth/page", "a page of 50, SQLite", "interactions stored", atMost, 1.3, microseconds},
	{"Growth/handover", "a handover, decided and committed, in memory", "others whom agents are engaged with", atMost, 1.3, microseconds},
	{"Memory", "what an interaction takes in the memory store, its event trimmed", "the size of its JSON", atMost, 3, storage},
	{"File", "what one takes in SQLite, of 1,000,000, with all that belongs to it", "a raw table with the same columns and indexes", atMost, 1.5, storage},
}

// targetOf returns the target of an ID.
func targetOf(id string) target {
	at := slices.IndexFunc(targets, func(t target) bool { return t.id == id })
	if at < 0 {
		panic("there is no target " + id)
	}
	return targets[at]
}

// verdict is what a target is judged by, of a pair of figures.
func (t target) verdict(got, beside float64) float64 {
	switch t.rule {
	case atLeast:
		return beside / got
	case more:
		return got - beside
	case atMost:
	}
	return got / beside
}

// holds says whether a verdict is within the limit.
func (t target) holds(verdict float64) bool {
	if t.rule == atLeast {
		return verdict >= t.limit
	}
	return verdict <= t.limit
}

// metric is the name of the limit among a benchmark's metrics.
func (t target) metric() string {
	return [...]string{"at-most", "at-least", "at-most-µs-more"}[t.rule]
}

// bound is the limit in words.
func (t target) bound() string {
	limit := strconv.FormatFloat(t.limit, 'g', -1, 64)
	switch t.rule {
	case atLeast:
		return "at least " + limit + "× as fast"
	case more:
		return "at most " + limit + " µs more"
	case atMost:
	}
	return "at most " + limit + "×"
}

// said is a verdict in words.
func (t target) said(verdict float64) string {
	switch t.rule {
	case atLeast:
		return fmt.Sprintf("%.2f× as fast", verdict)
	case more:
		return fmt.Sprintf("%.1f µs more", verdict)
	case atMost:
	}
	return fmt.Sprintf("%.2f×", verdict)
}

// amount writes a figure in its unit.
func (u unit) amount(v float64) string {
	switch {
	case u == storage:
		return grouped(v) + " B"
	case v >= 100_000:
		return fmt.Sprintf("%.0f ms", v/1000)
	case v >= 1_000:
		return fmt.Sprintf("%.3g ms", v/1000)
	case v >= 100:
		return fmt.Sprintf("%.0f µs", v)
	case v >= 10:
		return fmt.Sprintf("%.1f µs", v)
	}
	return fmt.Sprintf("%.2f µs", v)
}

// grouped writes a whole number with commas.
func grouped(v float64) string {
	text := strconv.FormatFloat(v, 'f', 0, 64)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
