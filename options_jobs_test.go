package engage_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store/memory"
)

// TestJobOptionsThatNeverWorkAreRefused, by the name of the option.
func TestJobOptionsThatNeverWorkAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		field   string
		options engage.JobOptions
	}{
		{"Options.Jobs.Timeout", engage.JobOptions{Timeout: math.MaxInt64}},
		{"Options.Jobs.Timeout", engage.JobOptions{Timeout: -1}},
		{"Options.Jobs.Lease", engage.JobOptions{Lease: time.Microsecond}},
		{"Options.Jobs.MaxClockSkew", engage.JobOptions{MaxClockSkew: -1}},
		{"Options.Jobs.Poll", engage.JobOptions{Poll: 1}},
		{"Options.Jobs.Tries", engage.JobOptions{Tries: -1}},
		{"Options.Jobs.Concurrency", engage.JobOptions{Concurrency: -1}},
	} {
		st := memory.New()
		_, err := engage.New(t.Context(), st, &engage.Options{Jobs: row.options})
		if wrong, ok := errors.AsType[*engage.InvalidError](err); !ok || wrong.Field != row.field {
			t.Errorf("%+v: %v, want %s", row.options, err, row.field)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}
