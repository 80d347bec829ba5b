package day_test

import (
	"errors"
	"os"
	"testing"

	"github.com/engage-interactions/engage/internal/day"
	"github.com/engage-interactions/engage/store/memory"
)

func TestShort(t *testing.T) {
	st := memory.New()
	defer st.Close()
	r, err := day.Run(t.Context(), st, day.Options{Seed: 1, Workers: 20, Tasks: 800, Crashes: 20})
	if f, ok := errors.AsType[*day.FaultsError](err); ok {
		for _, x := range f.Faults {
			t.Log(x)
		}
	}
	if r != nil {
		r.WriteTable(os.Stdout)
	}
	if err != nil {
		t.Fatal(err)
	}
}
