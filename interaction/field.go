package interaction

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

var errEmpty = errors.New("is empty")

// checkText refuses what is too long for a short text.
func checkText(field, text string) error { return checkUTF8(field, text, MaxText) }

// checkUTF8 refuses text that is longer than so many bytes, or not UTF-8 as stores
// and JSON need it.
func checkUTF8(field, text string, most int) error {
	switch {
	case len(text) > most:
		return &FieldError{Field: field, Err: fmt.Errorf("is longer than %d bytes", most)}
	case !utf8.ValidString(text):
		return &FieldError{Field: field, Err: errors.New("is not UTF-8")}
	}
	return nil
}
