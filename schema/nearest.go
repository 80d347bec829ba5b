package schema

import "strings"

// A name that is not known is often one that is, with a typing error. What is looked at is
// bounded, so that no input makes it take long.
const (
	mostGuessed = 5   // of so many names that are not known
	mostNames   = 100 // among so many that are
	longestName = 32  // of at most so many bytes
)

// nearest returns the name that was probably meant: the one with the fewest typing errors, up
// to two, and no more than one in three letters. It returns "" if there is none.
func nearest(name string, among []string) string {
	best, found := min(2, len(name)/3), ""
	if len(name) > longestName {
		return ""
	}
	for _, other := range among[:min(len(among), mostNames)] {
		if len(other) > longestName || max(len(other)-len(name), len(name)-len(other)) > best {
			continue
		}
		if d := typos(strings.ToLower(name), strings.ToLower(other)); d < best || d == best && found == "" {
			best, found = d, other
		}
	}
	return found
}

// typos counts the letters that are missing, too many or wrong, and the neighbours that have
// changed places.
func typos(a, b string) int {
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			wrong := 0
			if a[i] != b[j] {
				wrong = 1
			}
			next[j+1] = min(last[j+1]+1, next[j]+1, last[j]+wrong)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}

// meant says which name was probably meant, as the end of a sentence; nothing if none.
func meant(name string, among []string) string {
	if guess := nearest(name, among); guess != "" {
		return `: did you mean "` + guess + `"?`
	}
	return ""
}
