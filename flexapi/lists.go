package flexapi

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// only keeps those of a page that a request asks for, where the Engine has no list of these
// alone. A page may be short then, or empty, before the end.
func only[T any](page engage.Page[T], err error) func(wanted func(T) bool) (engage.Page[T], error) {
	return func(wanted func(T) bool) (engage.Page[T], error) {
		page.Items = slices.DeleteFunc(page.Items, func(item T) bool { return !wanted(item) })
		return page, err
	}
}

// called is the list of what has the name that a request asks for: of one, or of none. Without a
// name it is the whole list.
func called[T any](name string, find func(name string) (T, error), all source[T]) source[T] {
	if name == "" {
		return all
	}
	return func(limit int, continuation string) (engage.Page[T], error) {
		one, err := find(name)
		switch {
		case errors.Is(err, engage.ErrNotFound):
			return engage.Page[T]{}, nil
		case err != nil:
			return engage.Page[T]{}, err
		}
		return whole([]T{one})(limit, continuation)
	}
}

// named reports whether something has the friendly name that a request asks for; empty: any.
func named(name, wanted string) bool { return wanted == "" || routing.SameName(name, wanted) }

// given is a pointer to a value; nil for the zero one.
func given[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// firstOf is the first error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// whole is a list that is read at once. Its continuations are numbers.
func whole[T any](items []T) source[T] {
	return func(limit int, continuation string) (engage.Page[T], error) {
		var from int
		if continuation != "" {
			n, err := strconv.Atoi(continuation)
			if err != nil || n < 0 {
				return engage.Page[T]{}, &refusal{status: http.StatusBadRequest, message: "PageToken is not one of this list"}
			}
			from = min(n, len(items))
		}
		to := min(from+limit, len(items))
		page := engage.Page[T]{Items: slices.Clone(items[from:to])}
		if to < len(items) {
			page.Continuation = strconv.Itoa(to)
		}
		return page, nil
	}
}

// not turns a truth around; nil: there is none.
func not(value *bool) *bool {
	if value == nil {
		return nil
	}
	turned := !*value
	return &turned
}
