//go:build linux

package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// nobody is a user without rights, for tests that run as root, to whom
// permissions mean nothing.
const nobody = 65534

func TestReadOnly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file      bool // there is one
		fileMode  os.FileMode
		directory os.FileMode
	}{
		"file":                       {file: true, fileMode: 0o444, directory: 0o777},
		"directory":                  {file: true, fileMode: 0o666, directory: 0o555},
		"file and directory":         {file: true, fileMode: 0o444, directory: 0o555},
		"directory without the file": {directory: 0o555},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The directories above t.TempDir are closed to others.
			top, err := os.MkdirTemp("/tmp", "engage-*") //nolint:usetesting // t.TempDir is closed to others
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(top) })
			path := filepath.Join(top, "d", "engage.db")
			for _, step := range []error{os.Chmod(top, 0o755), os.Mkdir(filepath.Dir(path), 0o700)} {
				if step != nil {
					t.Fatal(step)
				}
			}
			if test.file {
				closeStore(t, open(t, path, nil))
				if err := os.Chmod(path, test.fileMode); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(filepath.Dir(path), test.directory); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o700) })

			cmd := child(t, "open", path)
			if os.Getuid() == 0 {
				cmd.Path = "/proc/self/exe" // the way to the binary is closed to others, too
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
				cmd.Dir = "/"
			}
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(out), "read-only=true") {
				t.Errorf("Open gave %q, want ErrReadOnly", out)
			}
			t.Logf("%s", out)
		})
	}
}

// Writing fails in the operating system, somewhere in the middle of the log: the
// process may not make files longer than so much.
func TestQuota(t *testing.T) {
	t.Parallel()
	out, err := child(t, "quota", newPath(t)).Output()
	if err != nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func childHasAQuota(ctx context.Context, path string, out io.Writer) error {
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails instead
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	if err := s.Prepare(ctx, note); err != nil {
		return err
	}
	var stored, refused, doubtful int
	var gone []store.Key // of what was not there after the doubt was over
	for round := range 40 {
		log, err := os.Stat(path + "-wal")
		if err != nil {
			return err
		}
		if err := quota(uint64(log.Size()) + uint64(round)*1_500); err != nil {
			return err
		}
		batches := make([]store.Batch, 4)
		errs := make([]error, len(batches))
		var group sync.WaitGroup
		for i := range batches {
			batches[i] = write(fmt.Sprintf("b%d-%d", round, i), "x", "y")
			group.Go(func() { errs[i] = s.Commit(ctx, batches[i]) })
		}
		group.Wait()
		if err := quota(math.MaxUint64); err != nil {
			return err
		}
		// The first commit that succeeds leaves no doubt.
		if err := s.Commit(ctx, write(fmt.Sprintf("after%d", round), "x")); err != nil {
			return fmt.Errorf("after round %d: %w", round, err)
		}
		for i, b := range batches {
			keys := []store.Key{b.Puts[0].Key, b.Puts[1].Key}
			records, err := s.Get(ctx, keys...)
			if err != nil {
				return err
			}
			first, second := records[0].Exists(), records[1].Exists()
			if !first {
				gone = append(gone, keys[0])
			}
			switch err := errs[i]; {
			case first != second:
				return fmt.Errorf("batch %s is torn after %w", b.ID, err)
			case err == nil && first:
				stored++
			case errors.Is(err, store.ErrUnknownOutcome):
				doubtful++
			case errors.Is(err, store.ErrUnavailable) && !first:
				refused++
			default:
				return fmt.Errorf("batch %s is there: %v, after %w", b.ID, first, err)
			}
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	if s, err = sqlite.Open(ctx, path, nil); err != nil {
		return err
	}
	if err := s.Prepare(ctx, note); err != nil {
		return err
	}
	records, err := s.Get(ctx, gone...)
	for _, r := range records {
		if r.Exists() {
			err = errors.Join(err, fmt.Errorf("%v has come after all", r.Key))
		}
	}
	_, printErr := fmt.Fprintf(out, "%d stored, %d refused, %d in doubt\n", stored, refused, doubtful)
	return errors.Join(err, printErr, s.Close())
}

func quota(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(bytes, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}
