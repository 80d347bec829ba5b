package storetest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/engage-interactions/engage/store"
)

// What one failure prints: of a value so many bytes, and of a list so many
// entries.
const (
	maxShown = 300
	maxLines = 4
)

// lines is a list that is shown one entry to a line.
type lines []string

// show prints a value as a reader wants it: bytes as text, and not all of them.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "no error"
	case string:
		return cut(v)
	case []byte:
		return cut(fmt.Sprintf("%q", v))
	case []string:
		return cut(fmt.Sprintf("%q", v))
	case lines:
		return showLines(v)
	case store.Record:
		return cut(showRecord(v))
	case []store.Record:
		all := make(lines, len(v))
		for i, r := range v {
			all[i] = showRecord(r)
		}
		return fmt.Sprintf("%d records%s", len(v), showLines(all))
	case store.Event:
		return cut(showEvent(v))
	case []store.Event:
		all := make(lines, len(v))
		for i, e := range v {
			all[i] = showEvent(e)
		}
		return fmt.Sprintf("%d events%s", len(v), showLines(all))
	default:
		return cut(fmt.Sprintf("%+v", v))
	}
}

// cut returns the beginning of a text, and how much is left.
func cut(s string) string {
	if len(s) <= maxShown {
		return s
	}
	n := maxShown
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s … (%d bytes more)", s[:n], len(s)-n)
}

func showLines(all lines) string {
	var b strings.Builder
	for i, line := range all {
		if i == maxLines {
			fmt.Fprintf(&b, "\n\t      … and %d more", len(all)-i)
			break
		}
		b.WriteString("\n\t      " + cut(line))
	}
	return b.String()
}

func showRecord(r store.Record) string {
	return fmt.Sprintf("%q version %q terms %q value %s", r.Key, r.Version, r.Terms, showValue(r.Value))
}

func showEvent(e store.Event) string {
	return fmt.Sprintf("%q position %d id %q type %q time %v value %s",
		e.Tenant, e.Position, e.ID, e.Type, e.Time, showValue(e.Value))
}

// showValue keeps large values out of what is printed and compared line by line.
func showValue(v []byte) string {
	const most = 200
	if len(v) > most {
		return fmt.Sprintf("%q… (%d bytes)", v[:most], len(v))
	}
	return fmt.Sprintf("%q", v)
}

// apart returns what is worth seeing of two lists that differ: how long they
// are, and how each goes on from the first difference.
func apart(got, want []string) (gotFrom, wantFrom string) {
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	from := func(list []string) string {
		return fmt.Sprintf("%d, from place %d on %.60q", len(list), i+1, list[i:min(i+maxLines, len(list))])
	}
	return from(got), from(want)
}
