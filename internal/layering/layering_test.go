package layering_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestModule holds the module to the rules.
func TestModule(t *testing.T) {
	t.Parallel()

	found, err := check(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}

	needed := make([]bool, len(exceptions))
	for _, v := range found {
		i := slices.IndexFunc(exceptions, func(e exception) bool {
			return e.what == v.what && (v.dir == e.dir || strings.HasPrefix(v.dir, e.dir+"/"))
		})
		if i < 0 {
			t.Error(v)
			continue
		}
		needed[i] = true
	}
	for i, e := range exceptions {
		if !needed[i] {
			t.Errorf("the exception of %s for %q is not needed any more", e.dir, e.what)
		}
		if e.why == "" {
			t.Errorf("the exception of %s for %q does not say why", e.dir, e.what)
		}
	}
}

// root finds the directory of the module that the test belongs to.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("there is no go.mod above the test")
		}
		dir = parent
	}
}

// sound is a small module that keeps every rule and uses what it may.
var sound = map[string]string{
	"go.mod": "module example.com/m\n\ngo 1.26\n",
	"engine.go": `package engage
import ("context"; "time"; "sync"; "log/slog"; "example.com/m/schema"; "example.com/m/interaction"; "example.com/m/handover"; "example.com/m/routing"; "example.com/m/store"; "example.com/m/internal/work"; "github.com/oklog/ulid/v2")
var started = time.Now()
func init() { started = time.Now(); go func() {}() }`,
	"engine_test.go": `package engage_test
import ("example.com/m"; "example.com/m/store/sqlite"; "example.com/m/store/memory"; "example.com/m/storetest"; "pgregory.net/rapid"; "github.com/anishathalye/porcupine")`,
	"interaction/interaction.go": `package interaction
import ("net/netip"; "net/url"; "time"; "fmt"; "example.com/m/interaction/internal/diagram")
var table = map[string]int{"a": 1}
func lookup(now time.Time) string {
	table := map[string]int{}
	table["b"] = 2
	delete(table, "b")
	time := clock{}
	time.Now()
	return fmt.Sprintf("%v %v", now, time)
}
type clock struct{}
func (clock) Now() {}
func (clock) init() {}`,
	"interaction/internal/diagram/diagram.go": `package diagram`,
	"interaction/interaction_test.go": `package interaction
import ("context"; "os"; "testing"; "time"; "pgregory.net/rapid")
func init() { table["c"] = 3; go time.Sleep(1) }`,
	"schema/schema.go":          `package schema; import ("regexp"; "github.com/xeipuuv/gojsonschema")`,
	"handover/handover.go":      `package handover; import "example.com/m/interaction"`,
	"routing/routing.go":        `package routing; import "example.com/m/interaction"`,
	"internal/work/work.go":     `package work; import ("example.com/m/store"; "example.com/m/internal/line"; "github.com/oklog/ulid/v2")`,
	"internal/line/line.go":     `package line`,
	"store/store.go":            `package store; import "context"`,
	"store/store_test.go":       `package store_test; import ("example.com/m/store"; "example.com/m/store/memory")`,
	"store/memory/memory.go":    `package memory; import ("example.com/m/store"; "github.com/tidwall/btree")`,
	"store/memory/mem_test.go":  `package memory_test; import ("example.com/m/storetest"; "example.com/m/storetest/stress")`,
	"store/sqlite/sqlite.go":    `package sqlite; import ("database/sql"; "example.com/m/store"; "modernc.org/sqlite"; "modernc.org/sqlite/lib")`,
	"storetest/storetest.go":    `package storetest; import ("testing"; "example.com/m/store")`,
	"storetest/suite_test.go":   `package storetest_test; import ("example.com/m/storetest/internal/broken"; "example.com/m/store/sqlite")`,
	"storetest/stress/run.go":   `package stress; import ("example.com/m/storetest"; "example.com/m/store"; "pgregory.net/rapid"; "github.com/anishathalye/porcupine")`,
	"examples/quickstart/a.go":  `package main; import ("os"; "example.com/m"; "example.com/m/schema"; "example.com/m/store/sqlite")`,
	"tools/go.mod":              "module example.com/m/tools\n",
	"tools/tools.go":            `package tools; import "example.com/elsewhere"`,
	"store/testdata/odd/odd.go": `package odd; import "example.com/elsewhere"`,

	"storetest/internal/broken/broken.go": `package broken; import ("example.com/m/store"; "example.com/m/store/memory")`,
}

// TestSound shows that the rules leave room for what is right.
func TestSound(t *testing.T) {
	t.Parallel()

	found, err := check(module(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// TestEachRule breaks every rule once, each in a module that is sound
// otherwise, and wants to be told just that.
func TestEachRule(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name string
		file string
		text string
		want string // what follows "file:"
	}{
		{"unknown package", "metrics/a.go", `package metrics`, `1: package metrics`},
		{"unknown package below a known one", "schema/draft7/a.go", `package draft7`, `1: package draft7`},
		{"unknown store", "store/redis/a.go", `package redis`, `1: package redis`},
		{"unknown module", "a.go", `package engage; import "example.com/elsewhere"`, `1: import "example.com/elsewhere"`},
		{"cgo", "a.go", `package engage; import "C"`, `1: import "C"`},

		{"root uses a store", "a.go", `package engage; import "example.com/m/store/memory"`, `1: import "example.com/m/store/memory"`},
		{"root uses the suite", "a.go", `package engage; import "example.com/m/storetest"`, `1: import "example.com/m/storetest"`},
		{"internal uses root", "internal/work/a.go", `package work; import "example.com/m"`, `1: import "example.com/m"`},
		{"internal uses the domain", "internal/work/a.go", `package work; import "example.com/m/schema"`, `1: import "example.com/m/schema"`},
		{"internal uses a store", "internal/work/a.go", `package work; import "example.com/m/store/memory"`, `1: import "example.com/m/store/memory"`},
		{"domain uses root", "schema/a.go", `package schema; import "example.com/m"`, `1: import "example.com/m"`},
		{"domain uses internal", "routing/a.go", `package routing; import "example.com/m/internal/work"`, `1: import "example.com/m/internal/work"`},
		{"domain uses store", "handover/a.go", `package handover; import "example.com/m/store"`, `1: import "example.com/m/store"`},
		{"domain test uses store", "handover/a_test.go", `package handover; import "example.com/m/store"`, `1: import "example.com/m/store"`},
		{"domain uses the wrong neighbour", "interaction/a.go", `package interaction; import "example.com/m/handover"`, `1: import "example.com/m/handover"`},
		{"domain's internal uses store", "schema/internal/json/a.go", `package json; import "example.com/m/store"`, `1: import "example.com/m/store"`},
		{"store uses internal", "store/a.go", `package store; import "example.com/m/internal/work"`, `1: import "example.com/m/internal/work"`},
		{"store uses a store", "store/a.go", `package store; import "example.com/m/store/memory"`, `1: import "example.com/m/store/memory"`},
		{"a store uses the other", "store/sqlite/a.go", `package sqlite; import "example.com/m/store/memory"`, `1: import "example.com/m/store/memory"`},
		{"suite uses a store", "storetest/a.go", `package storetest; import "example.com/m/store/memory"`, `1: import "example.com/m/store/memory"`},
		{"example uses internal", "examples/quickstart/b.go", `package main; import "example.com/m/internal/work"`, `1: import "example.com/m/internal/work"`},

		{"gojsonschema outside schema", "a.go", `package engage; import "github.com/xeipuuv/gojsonschema"`, `1: import "github.com/xeipuuv/gojsonschema"`},
		{"sqlite outside its store", "a_test.go", `package engage; import _ "modernc.org/sqlite"`, `1: import "modernc.org/sqlite"`},
		{"btree outside the memory store", "store/a.go", `package store; import "github.com/tidwall/btree"`, `1: import "github.com/tidwall/btree"`},
		{"rapid in code", "internal/work/a.go", `package work; import "pgregory.net/rapid"`, `1: import "pgregory.net/rapid"`},
		{"rapid in the suite", "storetest/a.go", `package storetest; import "pgregory.net/rapid"`, `1: import "pgregory.net/rapid"`},
		{"porcupine in the suite", "storetest/a.go", `package storetest; import "github.com/anishathalye/porcupine"`, `1: import "github.com/anishathalye/porcupine"`},
		{"ulid in the domain", "schema/a.go", `package schema; import "github.com/oklog/ulid/v2"`, `1: import "github.com/oklog/ulid/v2"`},

		{"context", "schema/a.go", `package schema; import "context"`, `1: import "context"`},
		{"files", "schema/a.go", `package schema; import "os"`, `1: import "os"`},
		{"commands", "schema/a.go", `package schema; import "os/exec"`, `1: import "os/exec"`},
		{"network", "schema/a.go", `package schema; import "net"`, `1: import "net"`},
		{"web", "schema/a.go", `package schema; import "net/http"`, `1: import "net/http"`},
		{"database", "schema/a.go", `package schema; import "database/sql"`, `1: import "database/sql"`},
		{"log", "schema/a.go", `package schema; import "log"`, `1: import "log"`},
		{"structured log", "schema/a.go", `package schema; import "log/slog"`, `1: import "log/slog"`},
		{"random numbers", "schema/a.go", `package schema; import "math/rand/v2"`, `1: import "math/rand/v2"`},
		{"random bytes", "schema/a.go", `package schema; import "crypto/rand"`, `1: import "crypto/rand"`},
		{"locks", "schema/a.go", `package schema; import "sync"`, `1: import "sync"`},
		{"atomics in its internal", "schema/internal/json/a.go", `package json; import "sync/atomic"`, `1: import "sync/atomic"`},
		{"dot import", "schema/a.go", `package schema; import . "time"`, `1: import "time"`},

		{"clock", "routing/a.go", "package routing\nimport \"time\"\nfunc f() any { return time.Now() }", `3: time.Now`},
		{"clock as a value", "routing/a.go", "package routing\nimport \"time\"\nvar f = time.Now", `3: time.Now`},
		{"clock under another name", "routing/a.go", "package routing\nimport t \"time\"\nvar f = t.Since", `3: time.Since`},
		{"timer", "routing/a.go", "package routing\nimport \"time\"\nvar f = time.NewTimer(1)", `3: time.NewTimer`},
		{"time zone", "routing/a.go", "package routing\nimport \"time\"\nvar f = time.Local", `3: time.Local`},
		{"print", "routing/a.go", "package routing\nimport \"fmt\"\nfunc f() { fmt.Println() }", `3: fmt.Println`},
		{"builtin print", "routing/a.go", "package routing\nfunc f() { println(1) }", `2: println`},
		{"formats of the process", "schema/a.go", "package schema\nimport \"github.com/xeipuuv/gojsonschema\"\nvar f = gojsonschema.FormatCheckers", `3: gojsonschema.FormatCheckers`},
		{"goroutine", "routing/a.go", "package routing\nfunc f() { go f() }", `2: go statement`},
		{"init", "routing/a.go", "package routing\nfunc init() {}", `2: func init`},

		{"variable set", "routing/a.go", "package routing\nvar v int\nfunc f() { v = 1 }", `3: change of v`},
		{"variable of another file set", "interaction/a.go", "package interaction\nfunc f() { table = nil }", `2: change of table`},
		{"variable counted", "routing/a.go", "package routing\nvar v int\nfunc f() { v++ }", `3: change of v`},
		{"variable ranged over", "routing/a.go", "package routing\nvar v int\nfunc f() { for v = range 3 {} }", `3: change of v`},
		{"map entry set", "interaction/a.go", "package interaction\nfunc f() { table[\"z\"] = 1 }", `2: change of table`},
		{"map entry deleted", "interaction/a.go", "package interaction\nfunc f() { delete(table, \"z\") }", `2: change of table`},
		{"field set", "routing/a.go", "package routing\nvar v struct{ a []int }\nfunc f() { (v.a)[0] += 1 }", `3: change of v`},
		{"pointer's target set", "routing/a.go", "package routing\nvar v = new(int)\nfunc f() { *v = 1 }", `3: change of v`},
		{"in a closure", "routing/a.go", "package routing\nvar v int\nvar f = func() { v = 1 }", `3: change of v`},
		{"beside what is not known", "routing/a.go", "package routing\nimport \"strings\"\nvar v int\nfunc f() { v = strings.Count(\"\", \"\") }", `4: change of v`},
		{"another's variable set", "schema/a.go", "package schema\nimport \"example.com/m/schema/internal/json\"\nfunc f() { json.Strict = true }", `3: change of a variable of example.com/m/schema/internal/json`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			found, err := check(module(map[string]string{tt.file: tt.text}))
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || !strings.HasPrefix(found[0].String(), tt.file+":"+tt.want+":") {
				t.Errorf("got %q, want one violation %q", found, tt.file+":"+tt.want)
			}
		})
	}
}

// TestUnreadable shows that what cannot be read is not taken for sound.
func TestUnreadable(t *testing.T) {
	t.Parallel()

	if _, err := check(module(map[string]string{"a.go": "pakcage engage"})); err == nil {
		t.Error("a file that does not parse was taken for sound")
	}
	if _, err := check(module(map[string]string{"go.mod": "go 1.26\n"})); err == nil {
		t.Error("a go.mod without a module was taken for sound")
	}
	if _, err := check(fstest.MapFS{}); err == nil {
		t.Error("a directory without a module was taken for sound")
	}
}

// module is the sound one with some files added or replaced.
func module(files map[string]string) fstest.MapFS {
	all := maps.Clone(sound)
	maps.Copy(all, files)
	fsys := fstest.MapFS{}
	for name, text := range all {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}
