package stress

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/store"
)

// What is shown is read by a person: a text that can be mistaken for another, or
// for punctuation, stands in quotes and in ASCII.

const exactTime = time.RFC3339Nano

// maxShown bounds a text that is shown.
const maxShown = 60

func showText(s string) string {
	if s == "" {
		return `""`
	}
	short, more := s, ""
	if len(s) > maxShown {
		short, more = s[:20], fmt.Sprintf("…(%d bytes)", len(s))
	}
	plain := utf8.ValidString(short) && !strings.ContainsFunc(short, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
	if plain {
		return short + more
	}
	return strconv.QuoteToASCII(short) + more
}

func showKey(k store.Key) string {
	return showText(k.Tenant) + "/" + showText(k.Kind) + "/" + showText(k.ID)
}

func showVersion(v store.Version) string {
	if v == "" {
		return "@absent"
	}
	return "@" + showText(string(v))
}

func showTerms(terms map[string]string) string {
	var b strings.Builder
	for _, index := range slices.Sorted(maps.Keys(terms)) {
		fmt.Fprintf(&b, " %s=%s", showText(index), showText(terms[index]))
	}
	return b.String()
}

func showValue(v []byte) string {
	if len(v) > maxShown {
		return fmt.Sprintf("%q…(%d bytes)", v[:20], len(v))
	}
	return strconv.QuoteToASCII(string(v))
}

func showRecord(r store.Record) string {
	return showKey(r.Key) + showVersion(r.Version) + showTerms(r.Terms) + " " + showValue(r.Value)
}

func showEvent(e store.Event) string {
	text := fmt.Sprintf("%s(type %s, %s, %s)", showText(e.ID), showText(e.Type), e.Time.Format(exactTime), showValue(e.Value))
	if e.Position != 0 {
		text = strconv.FormatInt(e.Position, 10) + ":" + text
	}
	return text
}

func showIDs(records []store.Record) string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = showText(r.ID)
	}
	return "[" + strings.Join(ids, " ") + "]"
}

// list shows up to so many of what may be thousands.
func list[E any](all []E, show func(E) string) string {
	const most = 12
	texts := make([]string, 0, min(len(all), most))
	for _, e := range all[:min(len(all), most)] {
		texts = append(texts, show(e))
	}
	if len(all) > most {
		texts = append(texts, fmt.Sprintf("… %d in all", len(all)))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func showBatch(b store.Batch) string {
	text := "batch " + showText(b.ID) + " of " + showText(b.Tenant)
	check := func(c store.Check) string { return showKey(c.Key) + showVersion(c.Version) }
	if len(b.Checks) > 0 {
		text += " checks " + list(b.Checks, check)
	}
	if len(b.Puts) > 0 {
		text += " puts " + list(b.Puts, showRecord)
	}
	if len(b.Deletes) > 0 {
		text += " deletes " + list(b.Deletes, check)
	}
	if len(b.Events) > 0 {
		text += " events " + list(b.Events, func(e store.Event) string {
			if e.Tenant != b.Tenant {
				return showText(e.Tenant) + ":" + showEvent(e)
			}
			return showEvent(e)
		})
	}
	return text
}

func showQuery(q store.Query) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s/%s by %s", showText(q.Tenant), showText(q.Kind), showText(q.Index))
	for _, f := range []struct{ name, text string }{{"prefix", q.Prefix}, {"from", q.From}, {"to", q.To}} {
		if f.text != "" {
			fmt.Fprintf(&text, " %s %s", f.name, showText(f.text))
		}
	}
	if q.Reverse {
		text.WriteString(" reverse")
	}
	if q.Limit != 0 {
		fmt.Fprintf(&text, " limit %d", q.Limit)
	}
	return text.String()
}
