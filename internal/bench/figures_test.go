package bench_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
)

// figures are what was measured in one run. What the page shows is made of them alone.
type figures struct {
	Machine string            `json:"machine"`
	Figures map[string]figure `json:"figures"` // by the ID of their target
}

// figure is what the sides of an outcome took: of the first, the baseline, and of the last, which is
// judged, and of those between them.
type figure struct {
	Sides []sideFigure `json:"sides"`
}

type sideFigure struct {
	Name    string  `json:"name"`
	Takes   float64 `json:"takes"` // in the unit of the target
	Allocs  float64 `json:"allocs,omitempty"`
	Verdict float64 `json:"verdict"` // beside the first
}

func (f figure) first() sideFigure { return f.Sides[0] }
func (f figure) last() sideFigure  { return f.Sides[len(f.Sides)-1] }

// figures returns what was measured so far.
func (s *summary) figures() figures {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := figures{
		Machine: fmt.Sprintf("%s, %s/%s, GOMAXPROCS=%d", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0)),
		Figures: map[string]figure{},
	}
	for id, o := range s.byID {
		verdicts, f := o.verdicts(), figure{}
		for n, name := range o.names {
			is := sideFigure{Name: name, Takes: brief(middle(o.took[n])), Verdict: brief(verdicts[n])}
			if o.allocs != nil {
				is.Allocs = math.Round(middle(o.allocs[n]))
			}
			f.Sides = append(f.Sides, is)
		}
		all.Figures[id] = f
	}
	return all
}

// brief leaves a number four digits that count.
func brief(v float64) float64 {
	if v == 0 {
		return 0
	}
	digits := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*digits) / digits
}

// Where the figures are kept, and shown.
var (
	figuresFile = filepath.Join("testdata", "figures.json")
	pageFile    = filepath.Join("..", "..", "docs", "performance.md")
	plotFile    = filepath.Join("..", "..", "docs", "performance.svg")
)

func (all figures) save() error {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(figuresFile, append(text, '\n'), 0o644) //nolint:gosec // as other files of the project
}

func loadFigures() (all figures, err error) {
	text, err := os.ReadFile(figuresFile)
	if err != nil {
		return all, err
	}
	err = json.Unmarshal(text, &all)
	return all, err
}
