package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun has a small day go by, on disk, and draws it.
func TestRun(t *testing.T) {
	t.Parallel()
	var out, progress bytes.Buffer
	svg := filepath.Join(t.TempDir(), "day.svg")
	args := []string{"-workers", "8", "-tasks", "20", "-crashes", "2", "-store", "sqlite", "-svg", svg}
	if err := run(t.Context(), args, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	if !strings.Contains(out.String(), "A day of 20 requests and 8 workers") || !strings.Contains(progress.String(), "23:00") {
		t.Errorf("it says\n%s%s", progress.String(), out.String())
	}
	if drawn, err := os.ReadFile(svg); err != nil || !bytes.HasPrefix(drawn, []byte("<svg ")) {
		t.Errorf("the drawing: %v", err)
	}
}

// TestRunRefuses what it does not know.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-store", "paper"}, {"-workers", "2"}, {"-what"}} {
		if err := run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%q goes by", args)
		}
	}
}
