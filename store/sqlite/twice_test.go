package sqlite_test

import (
	"strconv"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// A key that is named twice gives two records, which share nothing, however many keys there are.
func TestAKeyNamedTwiceGivesTwoValues(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t), nil)
	commit(t, s, write("b1", "x"))
	for _, others := range []int{0, 20} {
		keys := []store.Key{key("b1/x"), key("b1/x")}
		for n := range others {
			keys = append(keys, key("none"+strconv.Itoa(n)))
		}
		got, err := s.Get(t.Context(), keys...)
		if err != nil {
			t.Fatal(err)
		}
		got[0].Value[0] = '!'
		if got[1].Value[0] == '!' {
			t.Errorf("among %d keys, both have one value", len(keys))
		}
	}
}
