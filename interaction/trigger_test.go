package interaction_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
)

func TestATriggerMatchesItsPropertyAndValueOnly(t *testing.T) {
	t.Parallel()
	compiled, err := schema.Compile(schema.Definition{ID: "S", DisplayName: "S", JSONSchema: json.RawMessage(
		`{"type":"object","properties":{"n":{"type":"number"},"m":{"type":"number"},"s":{"type":"string"},"b":{"type":"boolean"}}}`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	trigger := func(property, value string) interaction.Trigger {
		t.Helper()
		got, err := interaction.NewTrigger("id", compiled, property, json.RawMessage(value))
		if err != nil || got.ID != "id" || got.SchemaID != "S" || got.Property != property {
			t.Fatalf("%+v, %v", got, err)
		}
		return got
	}
	for _, c := range []struct {
		property, value, payload string
		want                     bool
	}{
		{"n", `1`, `{"n":1}`, true},
		{"n", `1`, `{"s":"x","n":1.00}`, true},
		{"n", `1`, `{"m":1}`, false},
		{"n", `1`, `{"m":1,"n":2}`, false},
		{"n", `1`, `{}`, false},
		{"s", `"1"`, `{"s":"\u0031"}`, true},
		{"s", `"1"`, `{"n":1}`, false},
		{"s", `"true"`, `{"b":true}`, false},
		{"b", `true`, `{"b":true}`, true},
		{"b", `true`, `{"b":false}`, false},
	} {
		values, err := compiled.Values(json.RawMessage(c.payload))
		if err != nil {
			t.Fatal(err)
		}
		if got := trigger(c.property, c.value).Matches(values); got != c.want {
			t.Errorf("%s = %s in %s: %t", c.property, c.value, c.payload, got)
		}
	}
	one := trigger("n", `1`)
	other := one
	other.SchemaID = "T"
	if !one.Same(trigger("n", `1.0`)) || one.Same(trigger("n", `2`)) || one.Same(trigger("m", `1`)) || one.Same(other) {
		t.Error("Same is about schema, property and value")
	}
	clone := one.Clone()
	clone.Value[0] = '9'
	if string(one.Value) != `1` {
		t.Errorf("a clone shares its value: %s", one.Value)
	}
	for _, c := range [][2]string{{"n", `"1"`}, {"x", `1`}, {"n", `1 1`}, {"n", ``}} {
		_, err := interaction.NewTrigger("id", compiled, c[0], json.RawMessage(c[1]))
		_, value := errors.AsType[*schema.ValueError](err)
		_, syntax := errors.AsType[*schema.PayloadError](err)
		if !value && !syntax {
			t.Errorf("%s = %s: %v", c[0], c[1], err)
		}
	}
}

func TestTheOriginalIsThePayloadWhereThatIsAllThereIs(t *testing.T) {
	t.Parallel()
	i := interaction.Interaction{Payload: json.RawMessage(`{}`)}
	if string(i.Original()) != `{}` {
		t.Errorf("%s", i.Original())
	}
	i.Raw = []byte(` {"x":1}`)
	if string(i.Original()) != ` {"x":1}` {
		t.Errorf("%s", i.Original())
	}
}
