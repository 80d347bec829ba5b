package routing

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// findings are what is wrong with a request, and what is odd. Of a place that could not be
// read nothing more is found.
type findings struct {
	problems []Problem
	warnings []Problem
	unread   []string // the paths of what could not be read
}

func (f *findings) problem(path string, code int, message string) {
	if f.wasUnread(path) {
		return
	}
	f.problems = append(f.problems, Problem{Path: path, Message: message, Code: code})
}

// cannotRead is a problem that makes whatever is there, or below, as good as missing.
func (f *findings) cannotRead(path string, code int, message string) {
	f.problem(path, code, message)
	f.unread = append(f.unread, path)
}

func (f *findings) wasUnread(path string) bool {
	return slices.ContainsFunc(f.unread, func(p string) bool {
		return path == p || strings.HasPrefix(path, p) && (path[len(p)] == '.' || path[len(p)] == '[')
	})
}

func (f *findings) warn(path, message string) {
	f.warnings = append(f.warnings, Problem{Path: path, Message: message})
}

func (f *findings) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return &ProblemsError{Problems: f.problems}
}

// sid finds what is no SID of the kind.
func (f *findings) sid(path string, code int, p Prefix, sid string) {
	if sid != "" && !p.Valid(sid) {
		f.problem(path, code, p.wants())
	}
}

// text finds what is too long, or cannot be kept.
func (f *findings) text(path string, code int, text string) {
	switch {
	case len(text) > MaxText:
		f.problem(path, code, fmt.Sprintf("is longer than %d bytes", MaxText))
	case !utf8.ValidString(text):
		f.problem(path, code, "is not UTF-8")
	case text != "" && strings.TrimSpace(text) == "":
		f.problem(path, code, "is blank")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }):
		f.problem(path, code, "has control characters")
	}
}

// between finds a number that is out of bounds.
func (f *findings) between(path string, n, least, most int) {
	if n < least || n > most {
		f.problem(path, CodeInvalid, fmt.Sprintf("must be %d to %d", least, most))
	}
}

// uniqueName finds what cannot be the unique name of a task channel.
func (f *findings) uniqueName(path, name string) {
	if !ValidUniqueName(name) {
		f.problem(path, CodeInvalid, "must be at most 64 letters, digits, _ and $, and not begin with a digit")
	}
}
