package routing

import (
	"fmt"
	"strconv"
	"strings"
)

// OrderBy is in which order workers are asked: "worker.level DESC, worker.age ASC"
// (TaskRouter's documentation, "Ordering Workers"). It compares integers: attributes, or
// what there is of worker.channel.<name>. The zero OrderBy finds all workers equal.
type OrderBy struct {
	clauses []orderClause
}

type orderClause struct {
	key        *key
	descending bool
}

// ParseOrderBy reads an order: keys that begin with worker., each with ASC or DESC, in
// any case; without one of them it is ASC. A text without anything in it is no order.
// The bounds are those of expressions.
//
// The error is an [*ExpressionError].
func ParseOrderBy(text string) (OrderBy, error) {
	if len(text) > MaxExpression {
		return OrderBy{}, refuse(MaxExpression, fmt.Sprintf("is longer than %d bytes", MaxExpression))
	}
	var o OrderBy
	if strings.TrimSpace(text) == "" {
		return o, nil
	}
	l := lexer{text: text}
	for {
		clause, end, err := l.orderClause()
		if err != nil {
			return OrderBy{}, err
		}
		o.clauses = append(o.clauses, clause)
		switch {
		case end.symbol == symEnd:
			return o, nil
		case end.symbol != symComma:
			return OrderBy{}, refuse(end.offset, "after a key there is ASC or DESC, then a comma")
		case len(o.clauses) == MaxExpressionKeys:
			return OrderBy{}, refuse(end.offset, fmt.Sprintf("there are more than %d keys", MaxExpressionKeys))
		}
	}
}

// orderClause reads a key and a direction, and the token behind them.
func (l *lexer) orderClause() (clause orderClause, end token, err error) {
	t, err := l.next()
	if err != nil {
		return clause, end, err
	}
	if t.symbol != symKey {
		return clause, end, refuse(t.offset, "a key, such as worker.level, is missing")
	}
	k, reason := ScopeMatch.newKey(t.text, t.path)
	switch {
	case reason != "":
		return clause, end, refuse(t.offset, reason)
	case k.of != ofWorker:
		return clause, end, refuse(t.offset, "an order is of workers: its keys begin with worker.")
	}
	switch k.variable {
	case workerSID, workerFriendlyName, workerActivitySID, workerActivityName:
		return clause, end, refuse(t.offset, t.text+" is text; an order compares integers")
	case isAttribute, channelConfiguredCapacity, channelAssignedTasks, channelAvailableCapacityPercentage,
		workersAvailable, workersUnavailable, workersInActivity:
	}
	clause.key = k
	if end, err = l.next(); err != nil {
		return clause, end, err
	}
	switch {
	case strings.EqualFold(end.text, "ASC"):
	case strings.EqualFold(end.text, "DESC"):
		clause.descending = true
	default:
		return clause, end, nil
	}
	end, err = l.next()
	return clause, end, err
}

// IsZero says whether it is no order.
func (o OrderBy) IsZero() bool { return len(o.clauses) == 0 }

// String gives the order in its one form, which [ParseOrderBy] reads; empty if there is
// none.
func (o OrderBy) String() string {
	var b strings.Builder
	for i, c := range o.clauses {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.key.text)
		if c.descending {
			b.WriteString(" DESC")
		} else {
			b.WriteString(" ASC")
		}
	}
	return b.String()
}

// Applies says whether the order can be asked about a worker: whether what it looks at
// are integers of 64 bits, or missing. One that does not apply to one of the candidates
// is ignored as a whole, as the documentation has it ("not an integer"): the caller
// falls back to who is idle longest.
func (o OrderBy) Applies(w WorkerFacts) bool {
	f := &Facts{Worker: w}
	for _, c := range o.clauses {
		if v := c.key.value(f); v.kind != kindNull {
			if _, ok := v.integer(); !ok {
				return false
			}
		}
	}
	return true
}

// Compare says whether a is asked before b (-1), after b (1), or whether something else
// decides (0): who is idle longest. Who lacks what is compared comes last, in either
// direction, and so does who has something else than an integer (see
// [OrderBy.Applies]).
func (o OrderBy) Compare(a, b WorkerFacts) int { return strings.Compare(o.Key(a), o.Key(b)) }

// Key gives the place of a worker as a text: keys of one order compare bytewise as
// [OrderBy.Compare] does. It has 17 bytes for each part of the order.
func (o OrderBy) Key(w WorkerFacts) string {
	f := &Facts{Worker: w}
	b := make([]byte, 0, 17*len(o.clauses))
	for _, c := range o.clauses {
		n, ok := c.key.value(f).integer()
		if !ok {
			b = append(b, "10000000000000000"...)
			continue
		}
		if c.descending {
			n = ^n
		}
		b = appendRank(append(b, '0'), n)
	}
	return string(b)
}

// integer gives the number, if it is an integer that fits, however it is written.
func (v value) integer() (n int64, ok bool) {
	if v.kind != kindNumber {
		return 0, false
	}
	if v.isInt {
		return v.int, true
	}
	n, err := strconv.ParseInt(string(appendValue(nil, v)), 10, 64)
	return n, err == nil
}
