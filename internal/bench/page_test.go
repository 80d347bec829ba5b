package bench_test

import (
	"fmt"
	"os"
	"strings"
)

// insert returns a page in which each block shows the figures.
func (all figures) insert(page string) (string, error) {
	for _, block := range []struct{ name, text string }{
		{"machine", all.Machine + "\n"}, {"targets", all.targets()}, {"growth", all.growth()}, {"parts", all.parts()},
	} {
		before, rest, ok := strings.Cut(page, "<!-- "+block.name+": written by internal/bench -->\n")
		if !ok {
			return "", fmt.Errorf("there is no place for %s in the page", block.name)
		}
		_, after, ok := strings.Cut(rest, "<!-- end -->\n")
		if !ok {
			return "", fmt.Errorf("the place for %s does not end", block.name)
		}
		page = before + "<!-- " + block.name + ": written by internal/bench -->\n\n" + block.text + "\n<!-- end -->\n" + after
	}
	return page, nil
}

// write writes the page and the plot.
func (all figures) write() error {
	page, err := os.ReadFile(pageFile)
	if err != nil {
		return err
	}
	shown, err := all.insert(string(page))
	if err != nil {
		return err
	}
	if err := os.WriteFile(pageFile, []byte(shown), 0o644); err != nil { //nolint:gosec // as other files of the project
		return err
	}
	return os.WriteFile(plotFile, all.plot(), 0o644) //nolint:gosec // as other files of the project
}
