package routing

import (
	"fmt"
	"slices"
	"strings"
)

// MaxJudgements is how many judgements a trace has.
const MaxJudgements = 50

// Trace explains a decision: what was looked at, and what came of it.
type Trace struct {
	// For is what a task or a worker was sought for.
	For string `json:"for"`
	// Notes are what is to be known about the whole of it, such as that the known worker
	// is not in the queue. Where the platform has a code for it, they have it.
	Notes []Problem `json:"notes,omitempty"`
	// Judgements are about those who were looked at, in that order, the first MaxJudgements
	// of them and all who were chosen.
	Judgements []Judgement `json:"judgements,omitempty"`
	// More counts those who were looked at beside them.
	More int `json:"more,omitempty"`
}

// Judgement is what came of looking at a worker, or at a task.
type Judgement struct {
	SID     string  `json:"sid"`
	Name    string  `json:"name,omitempty"` // of a worker
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"` // in words, if there is more to say
}

// String returns the trace as lines of text.
func (t Trace) String() string {
	var b strings.Builder
	b.WriteString(t.For)
	for _, n := range t.Notes {
		b.WriteString("\n  " + n.String())
	}
	for _, j := range t.Judgements {
		b.WriteString("\n  " + j.SID)
		if j.Name != "" {
			fmt.Fprintf(&b, " (%s)", j.Name)
		}
		b.WriteString(": " + string(j.Verdict))
		if j.Why != "" {
			b.WriteString(": " + j.Why)
		}
	}
	if t.More > 0 {
		fmt.Fprintf(&b, "\n  and %d more", t.More)
	}
	return b.String()
}

// MaxBrief is how many judgements, and how many notes, a brief trace has.
const MaxBrief = 10

// Brief returns a trace of MaxBrief judgements at most, to be kept with what was decided: the first
// ones, with that on somebody in the place of the last one if it comes later.
func (t Trace) Brief(about string) Trace {
	t.Notes = slices.Clone(t.Notes[:min(len(t.Notes), MaxBrief)])
	if len(t.Judgements) <= MaxBrief {
		return t
	}
	all := t.Judgements
	t.Judgements = slices.Clone(all[:MaxBrief])
	if n := slices.IndexFunc(all, func(j Judgement) bool { return j.SID == about }); n >= MaxBrief {
		t.Judgements[MaxBrief-1] = all[n]
	}
	t.More += len(all) - MaxBrief
	return t
}

// judge writes a judgement down, if there is room, or if somebody is chosen. It returns where
// it stands, -1 if nowhere.
func judge(t *Trace, sid, name string, v Verdict, why func() string) int {
	if len(t.Judgements) >= MaxJudgements && v != VerdictChosen {
		t.More++
		return -1
	}
	j := Judgement{SID: sid, Name: name, Verdict: v}
	if why != nil {
		j.Why = why()
	}
	t.Judgements = append(t.Judgements, j)
	return len(t.Judgements) - 1
}

// Codes of the platform's error dictionary about known workers. They are notes in a trace:
// the task waits for its next target.
const (
	// CodeKnownWorkerQueue says that the known worker is not in the queue of the target.
	CodeKnownWorkerQueue = 40152
	// CodeKnownWorkerWorkspace says that there is no such worker in the workspace.
	CodeKnownWorkerWorkspace = 40155
)

// noteKnown writes down what there is to say about a known worker, and about a worker who is
// the routing target, for which the platform has no codes.
func noteKnown(t *Trace, l Line, known *Candidate) {
	note := Problem{Path: "known_worker_sid"}
	switch {
	case l.Direct:
		note.Path = "routing_target"
	case l.Known.SID == "":
		note.Path = "known_worker_friendly_name"
	}
	switch {
	case !l.ForKnown:
		return
	case l.Known == KnownWorker{}:
		note.Path, note.Message = "known_worker", "the task knows nobody"
	case known == nil:
		note.Message = "there is no worker " + l.Known.String()
		if !l.Direct {
			note.Code = CodeKnownWorkerWorkspace
		}
	case !known.InQueue && !l.Direct:
		note.Message, note.Code = l.Known.String()+" is not in the queue "+l.QueueSID, CodeKnownWorkerQueue
	default:
		return
	}
	t.Notes = append(t.Notes, note)
}

// String returns what was looked at in a workflow, and what came of it, as a line of text.
func (l Look) String() string {
	s := string(l.Saw)
	if l.Path != "" {
		s = l.Path + ": " + s
	}
	if l.Name != "" {
		s = l.Name + ", " + s
	}
	if l.Why != "" {
		s += ": " + l.Why
	}
	return s
}
