package enginetest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
)

// segmentRoom is engage.Segments, which only read.
func segmentRoom() room {
	return room{
		name: "segments",
		invariants: []Invariant{
			{ID: "segment-count", Text: "A segment by number must hold the contacts that have so many interactions, each once.", check: checkSegmentCount},
			{ID: "segment-value", Text: "A segment by value must hold the contacts that have an interaction with the value, each once.", check: checkSegmentValue},
		},
	}
}

func checkSegmentCount(b *books) {
	counts := map[string]map[string]int64{"": {}} // by schema and contact
	for _, s := range b.schemas {
		counts[s.ID] = map[string]int64{}
	}
	for _, i := range b.interactions {
		contact := b.person(i.ContactID)
		counts[""][contact]++
		counts[i.SchemaID][contact]++
	}
	for id, of := range counts {
		for least := int64(1); least <= 3; least++ {
			var want []string
			for contact, n := range of {
				if n >= least {
					want = append(want, contact)
				}
			}
			got, err := gather(b.eng.Segments.ByCount(b.Context(), engage.CountSegment{SchemaID: id, AtLeast: least}))
			slices.Sort(got)
			if err != nil || !slices.Equal(got, sorted(want)) {
				b.broken(fmt.Sprintf("%s, %v", short(got), err), fmt.Sprintf("%s, with at least %d of schema %q", short(sorted(want)), least, id))
			}
		}
	}
}

func checkSegmentValue(b *books) {
	for _, s := range b.schemas {
		for _, property := range b.segmentable(s) {
			want := map[string][]string{"": nil} // by value, "" for any
			for _, i := range b.interactions {
				var payload map[string]json.RawMessage
				if err := json.Unmarshal(i.Payload, &payload); err != nil {
					b.broken(err, "the payload of "+i.ID+" to be an object")
				}
				if value, ok := payload[property]; ok && i.SchemaID == s.ID {
					contact := b.person(i.ContactID)
					want[""] = append(want[""], contact)
					want[string(value)] = append(want[string(value)], contact)
				}
			}
			for value, members := range want {
				segment := engage.ValueSegment{SchemaID: s.ID, Property: property}
				if value != "" {
					segment.Equals = []byte(value)
				}
				got, err := gather(b.eng.Segments.ByValue(b.Context(), segment))
				slices.Sort(got)
				if err != nil || !slices.Equal(got, sorted(members)) {
					b.broken(fmt.Sprintf("%s, %v", short(got), err), fmt.Sprintf("%s, for the value %s of %s", short(sorted(members)), value, property))
				}
			}
		}
	}
}
