package routing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CreateForm is a request for an interaction as it is sent: the fields of a form, of which
// two are JSON.
type CreateForm struct {
	Channel               []byte
	Routing               []byte // empty: there is none
	InteractionContextSID string
	WebhookTTID           string
}

// ParseCreate reads a request for an interaction as client libraries of the platform send
// it, and checks it as [CreateRequest.Check] does. All that is wrong is told at once, each
// with its path, such as channel.properties.media_channel_sid: the error is a
// [*ProblemsError].
//
// JSON that is in a text of JSON once more is taken, as libraries send it that are given a
// text; so are attributes, priority and timeout as texts. null is as good as nothing. What is
// not known is ignored, with a warning.
//
// The request is what could be read of it even if something is wrong.
func ParseCreate(form CreateForm, only OnlyWorkflow) (r CreateRequest, warnings []Problem, err error) {
	var f findings
	r.ContextSID, r.WebhookTTID = form.InteractionContextSID, form.WebhookTTID
	switch channel, given := f.parse("channel", CodeChannelInvalid, form.Channel); {
	case !given:
		f.cannotRead("channel", CodeInvalid, "is missing: Missing required parameter Channel in the post body")
	case channel != nil:
		r.Channel = channel.channel()
	}
	if routing, _ := f.parse("routing", CodeInvalid, form.Routing); routing != nil {
		r.Routing = &CreateRouting{Properties: routing.routing()}
	}
	f.create(r, only)
	return r, f.warnings, f.err()
}

// jsonObject is an object in a request. What is read from it is taken out.
type jsonObject struct {
	f      *findings
	path   string
	code   int
	fields map[string]any
}

// parse reads a part of a request, which is an object. It may be absent, or null; if it
// cannot be read, that is found, and nil returned.
func (f *findings) parse(path string, code int, text []byte) (o *jsonObject, given bool) {
	text = bytes.TrimSpace(text)
	value, err := decode(text)
	if inner, is := value.(string); is && err == nil {
		if text = bytes.TrimSpace([]byte(inner)); len(text) == 0 {
			return nil, false
		}
		value, err = decode(text)
	}
	switch fields, is := value.(map[string]any); {
	case len(text) == 0:
		return nil, false
	case err != nil:
		f.cannotRead(path, code, err.Error())
	case value == nil:
		return nil, false
	case !is:
		f.cannotRead(path, code, "must be a JSON object")
	default:
		return &jsonObject{f: f, path: path, code: code, fields: fields}, true
	}
	return nil, true
}

// decode reads JSON, and keeps numbers as they are written.
func decode(text []byte) (any, error) {
	switch {
	case len(text) > MaxRequest:
		return nil, fmt.Errorf("is longer than %d bytes", MaxRequest)
	case !utf8.Valid(text):
		return nil, errors.New("is not UTF-8")
	}
	var value any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, errors.New("is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("goes on after its JSON")
	}
	return value, nil
}

func (o *jsonObject) channel() ChannelRequest {
	c := ChannelRequest{SID: o.text("sid"), Type: ChannelType(o.text("type")), InitiatedBy: Initiator(o.text("initiated_by"))}
	if p := o.object("properties", o.code); p != nil {
		c.Properties = MediaRequest{
			MediaChannelSID: p.text("media_channel_sid"), From: p.text("from"), FromName: p.text("from_name"), Subject: p.text("subject"),
		}
		p.rest()
	}
	for n, value := range o.array("participants", CodeParticipant) {
		path := fmt.Sprintf("%s.participants[%d]", o.path, n)
		fields, is := value.(map[string]any)
		if !is {
			o.f.cannotRead(path, CodeParticipant, "must be an object")
		}
		p := jsonObject{f: o.f, path: path, code: CodeParticipant, fields: fields}
		c.Participants = append(c.Participants, p.participant())
	}
	o.rest()
	return c
}

func (o *jsonObject) participant() ParticipantRequest {
	p := ParticipantRequest{
		Address: o.text("address"), ProxyAddress: o.text("proxy_address"), Identity: o.text("identity"),
		Level: EmailLevel(o.text("level")), Name: o.text("name"),
	}
	o.rest()
	return p
}

func (o *jsonObject) routing() TaskRequest {
	p := o.object("properties", o.code)
	o.rest()
	if p == nil {
		o.f.cannotRead(o.path+".properties", o.code, missing+"always")
		return TaskRequest{}
	}
	t := TaskRequest{
		WorkspaceSID: p.text("workspace_sid"), WorkflowSID: p.text("workflow_sid"), QueueSID: p.text("queue_sid"), WorkerSID: p.text("worker_sid"),
		TaskChannelSID: p.text("task_channel_sid"), TaskChannel: p.text("task_channel_unique_name"),
		Attributes: p.attributes("attributes"), Priority: p.number("priority", 0, MaxPriority), Timeout: p.number("timeout", 1, MaxTaskTimeout),
	}
	p.rest()
	return t
}

// at is the path of a field.
func (o *jsonObject) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// take takes a field out; nil: it is not there.
func (o *jsonObject) take(name string) any {
	value := o.fields[name]
	delete(o.fields, name)
	return value
}

func (o *jsonObject) text(name string) string {
	switch value := o.take(name).(type) {
	case nil:
	case string:
		return value
	default:
		o.f.cannotRead(o.at(name), o.code, "must be a string")
	}
	return ""
}

// number reads a whole number within bounds, which may be in a string. It is 0 if it is not
// there.
func (o *jsonObject) number(name string, least, most int) int {
	value := o.take(name)
	if value == nil {
		return 0
	}
	text, is := value.(string)
	if number, isNumber := value.(json.Number); isNumber {
		text, is = number.String(), true
	}
	// 5.0 is a whole number, too. A longer text is out of bounds, however it is written.
	if n, ok := new(big.Rat).SetString(text); is && len(text) <= 20 && plainNumber(text) && ok && n.IsInt() && n.Num().IsInt64() {
		if i := n.Num().Int64(); i >= int64(least) && i <= int64(most) {
			return int(i)
		}
	}
	o.f.cannotRead(o.at(name), o.code, fmt.Sprintf("must be a whole number, %d to %d", least, most))
	return 0
}

// plainNumber reports whether a text is one of digits, a sign and a point: big.Rat takes
// more, such as fractions, and exponents that fill the memory.
func plainNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789.-") == ""
}

// attributes reads attributes: an object, or a text of one.
func (o *jsonObject) attributes(name string) Attributes {
	value := o.take(name)
	var text []byte
	switch value := value.(type) {
	case nil:
		return nil
	case string:
		text = []byte(value)
	case map[string]any:
		given, err := Attributes(value).MarshalJSON()
		if err != nil {
			o.f.cannotRead(o.at(name), o.code, "is not JSON")
			return nil
		}
		text = given
	default:
		o.f.cannotRead(o.at(name), o.code, "must be an object, or a string with the JSON of one")
		return nil
	}
	a, err := ParseAttributes(text)
	if err != nil {
		o.f.cannotRead(o.at(name), o.code, strings.TrimPrefix(err.Error(), "attributes: "))
	}
	return a
}

func (o *jsonObject) object(name string, code int) *jsonObject {
	switch value := o.take(name).(type) {
	case nil:
	case map[string]any:
		return &jsonObject{f: o.f, path: o.at(name), code: code, fields: value}
	default:
		o.f.cannotRead(o.at(name), code, "must be an object")
	}
	return nil
}

// array reads an array. One that has too much in it is not looked into.
func (o *jsonObject) array(name string, code int) []any {
	switch value := o.take(name).(type) {
	case nil:
	case []any:
		if len(value) > MaxParticipants {
			o.f.cannotRead(o.at(name), code, fmt.Sprintf("are more than %d", MaxParticipants))
			return nil
		}
		return value
	default:
		o.f.cannotRead(o.at(name), code, "must be an array")
	}
	return nil
}

// rest warns of what nobody has taken. It names a few only, and those in full that could be
// misspelled.
func (o *jsonObject) rest() {
	const most, longest = 10, 64
	for n, name := range slices.Sorted(maps.Keys(o.fields)) {
		if n == most {
			o.f.warn(o.path, fmt.Sprintf("has %d more fields that are not known, and ignored", len(o.fields)-most))
			return
		}
		if o.fields[name] == nil {
			continue
		}
		path := o.at(name)
		if len(name) > longest || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
			path = o.path + ".…"
		}
		o.f.warn(path, "is not known, and ignored")
	}
}
