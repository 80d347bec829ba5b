package flexapi

import (
	"maps"
	"net/url"
	"strconv"

	"github.com/engage-interactions/engage"
)

// Bounds of lists (the Flex Interactions API and TaskRouter's documentation, "PageSize").
const (
	// DefaultPageSize is how many resources a page has unless the request says otherwise.
	DefaultPageSize = 50
	// MaxPageSize is the most that it can say.
	MaxPageSize = 1000
	// maxSkipped is how many resources a page without a token may come after: to get there
	// they are gone through.
	maxSkipped = 10_000
)

// meta is how a list shows where in it a page is.
type meta struct {
	Page        int     `json:"page"`
	PageSize    int     `json:"page_size"`
	FirstURL    string  `json:"first_page_url"`
	PreviousURL *string `json:"previous_page_url"`
	URL         string  `json:"url"`
	NextURL     *string `json:"next_page_url"`
	Key         string  `json:"key"`
}

// source is a list of the Engine: it returns what follows a continuation.
type source[T any] func(limit int, continuation string) (engage.Page[T], error)

// list answers with a page of a list. key is the name that it has in JSON, base where it is.
//
// The next page is found by the token in its URL. The one before is found by its number
// alone, by going through those before it: it is named as long as these are maxSkipped at
// most.
func list[T, V any](c *call, base, key string, from source[T], show func(T) (V, error)) (answer, error) {
	size := or(c.query.number("PageSize", 1, MaxPageSize), DefaultPageSize)
	number := or(c.query.number("Page", 0, 1<<31-1), 0)
	token := c.query.text("PageToken")
	if token == "" && number > maxSkipped/size {
		c.query.problem("Page", "is too far from the beginning: follow next_page_url")
	}
	if err := c.query.err(); err != nil {
		return answer{}, err
	}
	at, end, err := skip(from, token, number*size)
	if err != nil {
		return answer{}, err
	}
	shown := []V{}
	for tries := 0; !end && len(shown) < size && tries < maxTries; tries++ {
		page, err := from(size-len(shown), at)
		if err != nil {
			return answer{}, err
		}
		for _, item := range page.Items {
			v, err := show(item)
			if err != nil {
				return answer{}, err
			}
			shown = append(shown, v)
		}
		at, end = page.Continuation, page.Continuation == ""
	}
	here := func(number int, token string) string {
		q := url.Values{}
		maps.Copy(q, c.query.values)
		q.Del("PageToken")
		q.Set("PageSize", strconv.Itoa(size))
		q.Set("Page", strconv.Itoa(number))
		if token != "" {
			q.Set("PageToken", token)
		}
		return base + c.URL.EscapedPath() + "?" + q.Encode()
	}
	m := meta{Page: number, PageSize: size, FirstURL: here(0, ""), URL: here(number, token), Key: key}
	if !end {
		next := here(number+1, at)
		m.NextURL = &next
	}
	if number > 0 && number-1 <= maxSkipped/size {
		previous := here(number-1, "")
		m.PreviousURL = &previous
	}
	return ok(map[string]any{key: shown, "meta": m})
}

// maxTries is how often more is asked for until a page is full. The Engine's pages may be
// short before the end.
const maxTries = 20

// skip returns where a page begins: behind as many as are skipped, or at a token.
func skip[T any](from source[T], token string, skipped int) (at string, end bool, err error) {
	if token != "" {
		return token, false, nil
	}
	for tries := 0; skipped > 0 && !end && tries < maxTries+maxSkipped/MaxPageSize; tries++ {
		page, err := from(min(skipped, MaxPageSize), at)
		if err != nil {
			return "", false, err
		}
		skipped -= len(page.Items)
		at, end = page.Continuation, page.Continuation == ""
	}
	return at, end, nil
}
