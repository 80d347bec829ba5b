package day_test

import (
	"testing"

	"github.com/engage-interactions/engage/internal/day"
	"github.com/engage-interactions/engage/store/memory"
)

func TestShort(t *testing.T) {
	st := memory.New()
	defer st.Close()
	_, err := day.Run(t.Context(), st, day.Options{Seed: 1, Workers: 20, Tasks: 800})
	if f, ok := err.(*day.FaultsError); ok {
		for _, x := range f.Faults {
			t.Log(x)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
