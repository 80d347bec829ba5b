package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
)

// judge reports what is wrong with a call that ended with err while something went
// wrong, and left the content got behind. The call may have been told one of the
// excuses instead of its result; of a context that has ended, the context's error.
// It returns the stage.
func (p plot) judge(ctx context.Context, x *examiner, err error, now content, excuses ...error) int {
	x.Helper()
	if ctx.Err() != nil {
		excuses = []error{ctx.Err()}
	}
	unknown := errors.Is(err, engage.ErrUnknownOutcome)
	got := now.text
	stage, last := p.stage(got), p.last()
	switch {
	case stage < 0:
		x.broken(callWhole, fmt.Sprintf("%v, and\n\t      %s", err, difference(got, p.end())), "one of the contents that it has when all goes well")
		return stage
	case err == nil && (stage != last || p.refused != nil):
		x.broken(callDone, fmt.Sprintf("no error, and\n\t      %s", difference(got, p.end())), "all of it done")
	case err != nil && !unknown && !p.several && stage != 0 && (stage == last || len(p.stages) == 2):
		x.broken(callFailed, fmt.Sprintf("%v, and it is done", err), "nothing of it done, or no error")
	}
	if err == nil || p.refused != nil && errors.Is(err, p.refused) {
		return stage
	}
	if !slices.ContainsFunc(excuses, func(excuse error) bool { return errors.Is(err, excuse) }) {
		x.broken(callTold, err, fmt.Sprintf("one of %q, or none", excuses))
	}
	return stage
}

// again makes the call once more when all goes well, and reports if that does not
// complete it. Where it had come to is a stage. It returns what there is then.
func (p plot) again(x *examiner, of *party, invariant string, stage int) content {
	x.Helper()
	err := p.call(x.Context(), of.eng, of.at)
	if p.refused != nil {
		if !errors.Is(err, p.refused) {
			x.broken(callRefused, err, fmt.Sprintf("an error that wraps %q, when it is made again", p.refused))
		}
		err = nil
	}
	if stage == p.last() && p.settled(err) {
		err = nil
	}
	now := of.content(x, of.world.peer(x))
	if err != nil || now.text != p.end() {
		x.broken(invariant, fmt.Sprintf("%v, and\n\t      %s", err, difference(now.text, p.end())), "all of it done, once")
	}
	return now
}
