package bench_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestPage holds docs/performance.md and its plot against the figures that were measured, and these
// against the targets as they are now. With -update it writes the page anew.
func TestPage(t *testing.T) {
	t.Parallel()
	all, err := loadFigures()
	if err != nil {
		t.Fatal(err)
	}
	var ids, want []string
	for id := range all.Figures {
		ids = append(ids, id)
	}
	for _, target := range targets {
		want = append(want, target.id)
	}
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("there are figures for %v, and targets %v", ids, want)
	}
	if *update {
		if err := all.write(); err != nil {
			t.Fatal(err)
		}
	}
	page, plot := read(t, pageFile), read(t, plotFile)
	shown, err := all.insert(page)
	if err != nil {
		t.Fatal(err)
	}
	if shown != page {
		t.Errorf("the page does not show the figures in %s: go test -run TestPage ./internal/bench -update", figuresFile)
	}
	if string(all.plot()) != plot {
		t.Errorf("the plot does not show the figures in %s: go test -run TestPage ./internal/bench -update", figuresFile)
	}
	for d := xml.NewDecoder(bytes.NewReader(all.plot())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
