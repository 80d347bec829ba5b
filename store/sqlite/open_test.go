package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

func TestOpenTakesAnyPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain.db", "with space", "what?mode=memory", "a#b", "100%", "%41", "file:x", "a&b=c;d", "ünïcode 漢字", `quo"te'`, "x?_pragma=foo",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			s := open(t, path, nil)
			commit(t, s, write("b1", "x"))
			closeStore(t, s)
			entries, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(entries) != 1 || entries[0].Name() != name {
				t.Errorf("directory holds %v, %v; want %q alone", entries, err, name)
			}
			if got := look(t, open(t, path, nil), write("b1", "x")); got != whole {
				t.Errorf("batch is %d after opening again", got)
			}
		})
	}
}

func TestOpenTakesARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	s := open(t, "engage.db", nil)
	t.Chdir(t.TempDir())
	commit(t, s, write("b1", "x")) // opens connections on the way
	if got := look(t, s, write("b1", "x")); got != whole {
		t.Errorf("batch is %d after a change of directory", got)
	}
}

func TestOpenRefusesWhatIsNoPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", ":memory:", "a\x00b"} {
		if _, err := sqlite.Open(t.Context(), path, nil); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("Open(%q) = %v, want ErrInvalid", path, err)
		}
	}
}

func TestOpenRefusesOptionsOutOfBounds(t *testing.T) {
	t.Parallel()
	for _, opts := range []sqlite.Options{
		{Synchronous: -1}, {Synchronous: 2}, {BusyTimeout: -1}, {BusyTimeout: 2 * time.Hour}, {Readers: -1}, {Readers: 257},
	} {
		if _, err := sqlite.Open(t.Context(), newPath(t), &opts); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("Open with %+v = %v, want ErrInvalid", opts, err)
		}
	}
}

func TestOpenWithADoneContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := newPath(t)
	if _, err := sqlite.Open(ctx, path, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want context.Canceled", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

func TestOpenMissingDirectory(t *testing.T) {
	t.Parallel()
	_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "no", "engage.db"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v, want fs.ErrNotExist", err)
	}
}

func TestOpenDirectory(t *testing.T) {
	t.Parallel()
	if _, err := sqlite.Open(t.Context(), t.TempDir(), nil); !errors.Is(err, sqlite.ErrNotEngage) {
		t.Errorf("Open = %v, want ErrNotEngage", err)
	}
}

func TestOpenEmptyFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	commit(t, open(t, path, nil), write("b1", "x"))
}

// Whatever Open refuses stays byte for byte what it was, with nothing beside it.
func TestOpenLeavesOtherFilesAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"garbage": {want: sqlite.ErrNotEngage, make: func(t *testing.T, path string) {
			writeFile(t, path, bytes.Repeat([]byte("no database "), 1_000))
		}},
		"one byte": {want: sqlite.ErrNotEngage, make: func(t *testing.T, path string) {
			writeFile(t, path, []byte{'S'})
		}},
		"only the magic": {want: sqlite.ErrNotEngage, make: func(t *testing.T, path string) {
			writeFile(t, path, []byte("SQLite format 3\x00"))
		}},
		"another application": {want: sqlite.ErrNotEngage, make: func(t *testing.T, path string) {
			execute(t, plain(t, path), "CREATE TABLE t (x)", "PRAGMA application_id = 1", "INSERT INTO t VALUES (1)")
		}},
		"another application with a log": {want: sqlite.ErrNotEngage, make: func(t *testing.T, path string) {
			db := plain(t, path)
			execute(t, db, "PRAGMA journal_mode = WAL", "CREATE TABLE t (x)")
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}},
		"without tables": {want: sqlite.ErrNotEngage, make: func(t *testing.T, path string) {
			execute(t, plain(t, path), "PRAGMA user_version = 1", "VACUUM")
		}},
		"newer": {want: sqlite.ErrNewer, make: func(t *testing.T, path string) {
			closeStore(t, open(t, path, nil))
			db := plain(t, path)
			execute(t, db, "PRAGMA user_version = 99")
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			test.make(t, path)
			before := readFile(t, path)
			if _, err := sqlite.Open(t.Context(), path, nil); !errors.Is(err, test.want) {
				t.Errorf("Open = %v, want %v", err, test.want)
			}
			if !bytes.Equal(readFile(t, path), before) {
				t.Error("the file is not what it was")
			}
			entries, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(entries) != 1 {
				t.Errorf("directory holds %v, %v", entries, err)
			}
		})
	}
}

// Another application's file whose log has not been copied back yet: it stays
// there, and is that application's to use.
func TestOpenLeavesTheLogOfOthersAlone(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	db := plain(t, path)
	execute(t, db, "PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0", "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)")
	size := func(suffix string) int64 {
		info, err := os.Stat(path + suffix) // reading it would drop the locks of db
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	main, log := size(""), size("-wal")
	if _, err := sqlite.Open(t.Context(), path, nil); !errors.Is(err, sqlite.ErrNotEngage) {
		t.Errorf("Open = %v, want ErrNotEngage", err)
	}
	if size("") != main || size("-wal") != log {
		t.Error("file or log have changed")
	}
	execute(t, db, "INSERT INTO t VALUES (2)")
}

func TestOpenTruncated(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, nil)
	for i := range 50 {
		commit(t, s, write("b"+strconv.Itoa(i), "x", "y"))
	}
	closeStore(t, s)
	content := readFile(t, path)
	for _, length := range []int{99, 100, 511, 512, 1_000, 4_095, 4_096, 4_097, 2 * 4_096, len(content) / 2, len(content) - 4_096, len(content) - 1} {
		path := newPath(t)
		writeFile(t, path, content[:length])
		s, err := sqlite.Open(t.Context(), path, nil)
		if !errors.Is(err, sqlite.ErrCorrupt) {
			t.Errorf("Open of %d of %d bytes = %v, want ErrCorrupt", length, len(content), err)
		}
		if err == nil {
			closeStore(t, s)
		}
		if !bytes.Equal(readFile(t, path), content[:length]) {
			t.Errorf("the file of %d bytes is not what it was", length)
		}
	}
}

// Damage that Open does not see is an error where it shows.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, nil)
	for i := range 50 {
		commit(t, s, write("b"+strconv.Itoa(i), "x", "y"))
	}
	closeStore(t, s)
	content := readFile(t, path)
	for i := 4_096; i < len(content); i++ {
		content[i] = 0xA5
	}
	writeFile(t, path, content)
	s, err := sqlite.Open(t.Context(), path, nil)
	if err == nil {
		defer closeStore(t, s)
		err = s.Prepare(t.Context(), note)
		if err == nil {
			_, err = s.Get(t.Context(), key("b1/x"))
		}
	}
	if !errors.Is(err, sqlite.ErrCorrupt) {
		t.Errorf("damage shows as %v, want ErrCorrupt", err)
	}
}

func TestOpenWithoutInternalTable(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	closeStore(t, open(t, path, nil))
	execute(t, plain(t, path), "DROP TABLE _logs")
	if _, err := sqlite.Open(t.Context(), path, nil); !errors.Is(err, sqlite.ErrCorrupt) {
		t.Errorf("Open = %v, want ErrCorrupt", err)
	}
}

// Many at once open a file that nobody has made yet.
func TestOpenAtTheSameMoment(t *testing.T) {
	t.Parallel()
	for range 10 {
		path := newPath(t)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				s, err := sqlite.Open(t.Context(), path, nil)
				if err != nil {
					t.Errorf("Open: %v", err)
					return
				}
				defer closeStore(t, s)
				if err := s.Prepare(t.Context(), note); err != nil {
					t.Errorf("Prepare: %v", err)
					return
				}
				if err := s.Commit(t.Context(), write("b"+strconv.Itoa(i), "x")); err != nil {
					t.Errorf("Commit: %v", err)
				}
			})
		}
		group.Wait()
		if n := len(allEvents(t, open(t, path, nil))); n != 8 {
			t.Errorf("%d events, want 8", n)
		}
	}
}

func writeFile(tb testing.TB, path string, content []byte) {
	tb.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// readFile must not be used while the file is open: it drops SQLite's locks.
func readFile(tb testing.TB, path string) []byte {
	tb.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return content
}
