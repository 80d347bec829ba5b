package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTwiceOnOneFile: each run tells the whole story, of a customer of its own.
func TestTwiceOnOneFile(t *testing.T) {
	t.Parallel()
	story, err := os.ReadFile("testdata/story.txt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "engage.db")
	for n := range 2 {
		var out bytes.Buffer
		if err := run(t.Context(), path, &out); err != nil {
			t.Fatalf("run %d: %v\n%s", n, err, out.String())
		}
		told, looked, _ := strings.Cut(out.String(), "\nIt is an ordinary SQLite file:")
		if want, got := parts(string(story)), parts(plain(told, path)); !slices.Equal(got, want) {
			t.Errorf("run %d:\n%s\nwant\n%s", n, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if said := strings.Count(looked, "mend it for free"); said != n+1 {
			t.Errorf("run %d: ann has answered %d times:\n%s", n, said, looked)
		}
	}
}

// plain returns what was told without what is another each time: the file and the times.
func plain(told, path string) string {
	told = strings.ReplaceAll(told, path, "FILE")
	return regexp.MustCompile(`(?m)^ {3}[0-9.]+m?s +`).ReplaceAllString(told, "   TIME ")
}

// parts returns the lines of the story, and behind them those of the timeline, sorted: should
// ann's answer be delivered late, control goes back after the end.
func parts(told string) []string {
	lines := strings.Split(strings.TrimSpace(told), "\n")
	slices.Sort(lines[slices.Index(lines, "Her timeline, across everything:"):])
	return lines
}

// TestFile makes one where none is named, and refuses what it does not know.
func TestFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	if path, err := file(nil); err != nil || filepath.Base(path) != "engage.db" {
		t.Errorf("%q, %v", path, err)
	}
	if path, err := file([]string{"my.db"}); err != nil || path != "my.db" {
		t.Errorf("%q, %v", path, err)
	}
	if _, err := file([]string{"my.db", "another.db"}); err == nil {
		t.Error("two files go by")
	}
}
