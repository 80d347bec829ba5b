package storetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// moment is when a child is killed: when it has said a word so many times, and
// after so many draws of a lottery, each of which takes some nanoseconds. Giving
// way to other goroutines instead takes very long if this process is busy.
type moment struct {
	word         string
	times, draws int
}

// live runs a child until it is killed, and returns what it said.
func (t *trial) live(e errand, at moment) []string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatalf("[%s] the check could not go on: no child process: %v", t.clause.ID, err)
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("[%s] the check could not go on: no child process: %v", t.clause.ID, err)
	}
	cmd := exec.CommandContext(t.Context(), binary, childFlags(t.Name())...)
	cmd.Env = append(os.Environ(), crashVariable+"="+string(text))
	// A process that the child has started may hold on to its output.
	cmd.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	heard := &listener{cmd: cmd, at: at}
	cmd.Stdout, cmd.Stderr = heard, &stderr
	stdin, err := cmd.StdinPipe() // which ends when this process does, by which the child knows
	if err == nil {
		defer stdin.Close() //nolint:errcheck // Wait has closed it
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("[%s] the check could not go on: no child process: %v", t.clause.ID, err)
	}
	if err := cmd.Wait(); !heard.killed {
		t.report(t.verdict(fmt.Sprintf("it ended by itself (%v), having said %q", err, heard.said), "a process that works until it is killed",
			"running this test again as a child process: "+strings.Join(cmd.Args[1:], " ")) +
			"\n\t" + notTheRule + "\n" + strings.TrimSpace(heard.other.String()+stderr.String()))
		t.FailNow()
	}
	return heard.said
}

// childFlags make the test binary run one test, which it ends if it hangs, as
// this one was told to, but for what go test wants of it.
func childFlags(name string) []string {
	elements := strings.Split(name, "/")
	for i, e := range elements {
		elements[i] = "^" + regexp.QuoteMeta(e) + "$"
	}
	flags := []string{
		"-test.run=" + strings.Join(elements, "/"), "-test.count=1", "-test.timeout=2m",
		"-test.short=" + strconv.FormatBool(testing.Short()),
	}
	flag.Visit(func(f *flag.Flag) { // such as where a server is
		if !strings.HasPrefix(f.Name, "test.") {
			flags = append(flags, "-"+f.Name+"="+f.Value.String())
		}
	})
	return append(flags, flag.Args()...)
}

// listener is the output of a child. It takes down what is said, and kills the
// child when it is time.
type listener struct {
	cmd    *exec.Cmd
	at     moment
	killed bool

	said  []string        // behind the mark
	other strings.Builder // all the rest
	line  []byte          // of which the end is still to come; if it never does, it was not said
}

func (l *listener) Write(p []byte) (int, error) {
	l.line = append(l.line, p...)
	for {
		line, rest, whole := bytes.Cut(l.line, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.line = rest
		other, said, marked := strings.Cut(string(line), childMark)
		if other = strings.TrimSpace(other); other != "" {
			l.other.WriteString(other + "\n")
		}
		if marked {
			l.said = append(l.said, said)
			l.hear(said)
		}
	}
}

func (l *listener) hear(said string) {
	word, _, _ := strings.Cut(said, " ")
	if word == l.at.word {
		l.at.times--
	}
	if l.killed || (l.at.times != 0 && word != wordMissing) || (word != l.at.word && word != wordMissing) {
		return
	}
	for lottery := rand.NewPCG(0, 0); l.at.draws > 0; l.at.draws-- {
		lottery.Uint64()
	}
	l.killed = l.cmd.Process.Kill() == nil // it fails if the child has ended by itself
}

// count returns how often a word was said.
func count(said []string, word string) int {
	n := 0
	for _, s := range said {
		if w, _, _ := strings.Cut(s, " "); w == word {
			n++
		}
	}
	return n
}
