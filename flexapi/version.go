package flexapi

import (
	"net/http"
	"strconv"
	"strings"
)

// etag is the header of that name for a version: TaskRouter's tasks, workers and
// reservations have one (TaskRouter's documentation, "ETag and If-Match").
func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// seen returns the version that a request has seen, which its header If-Match names; nil: any
// will do. The quotes may be missing, and so may W/ be there, which compares nothing weaker
// here. What is no version is none that the resource has.
func (c *call) seen() (*int64, error) {
	text := strings.TrimSpace(c.Header.Get("If-Match"))
	if text == "" || text == "*" {
		return nil, nil
	}
	text = strings.Trim(strings.TrimPrefix(text, "W/"), `"`)
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, otherVersion()
	}
	return &version, nil
}

// unversioned refuses a request that names a version of what has none.
func (c *call) unversioned() error {
	if text := strings.TrimSpace(c.Header.Get("If-Match")); text != "" && text != "*" {
		return otherVersion()
	}
	return nil
}

func otherVersion() error {
	return &refusal{status: http.StatusPreconditionFailed, message: "The resource is at another version than If-Match says"}
}
