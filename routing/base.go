package routing

import (
	"strings"
	"time"
)

// Base is where the resources are, for the URLs in what is shown: such as
// {Flex: "https://flex.example.com", TaskRouter: "https://taskrouter.example.com"}, without a
// slash at the end. The zero Base makes URLs that begin with the path, /v1/….
type Base struct {
	Flex       string
	TaskRouter string
}

// interaction returns the URL of an interaction, or of what is below it.
func (b Base) interaction(sid string, path ...string) string {
	return b.Flex + "/v1/Interactions/" + strings.Join(append([]string{sid}, path...), "/")
}

// workspace returns the URL of a workspace, or of what is below it.
func (b Base) workspace(sid string, path ...string) string {
	return b.TaskRouter + "/v1/Workspaces/" + strings.Join(append([]string{sid}, path...), "/")
}

// orNull is nil, which JSON has as null, for a text that is empty.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// shownTime is a time as the platform shows it, in UTC and whole seconds; nil if there is
// none.
func shownTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// shownSeconds is a time as routing.properties show it, in seconds since 1970; nil if there
// is none.
func shownSeconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}

// age is how many whole seconds have gone by since a time. It is 0 before that, and for a
// time that is not known.
func age(since, now time.Time) int64 {
	if since.IsZero() || now.Before(since) {
		return 0
	}
	return int64(now.Sub(since) / time.Second)
}
