package flexapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// MaxBody bounds the body of a request, in bytes: the longest configuration of a workflow
// fits, with each of its characters encoded.
const MaxBody = 4 << 20

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// readBody reads the body of a POST: a form, or for transfers JSON. Nothing is an empty
// form, whatever type some clients give to it.
func (c *call) readBody(w http.ResponseWriter) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, c.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return &refusal{status: http.StatusRequestEntityTooLarge, message: "The request is too large"}
	}
	if err != nil {
		return &refusal{status: http.StatusBadRequest, message: "The body cannot be read"}
	}
	wanted := formType
	if strings.Contains(c.URL.Path, "/Transfers") {
		wanted = jsonType
	}
	if len(body) > 0 {
		if kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || kind != wanted {
			return &refusal{status: http.StatusUnsupportedMediaType, message: "The Content-Type must be " + wanted}
		}
	}
	if wanted == jsonType {
		c.object = body
		return nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return &refusal{status: http.StatusBadRequest, message: "The form cannot be read"}
	}
	c.form = params{values: form}
	return nil
}
