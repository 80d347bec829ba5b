package engage_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestNamesOfConversations: the JSON of all that is about people and conversations, the
// events included, has the names of the Engage Digital API, in snake_case. Only what is
// recorded under schemas has camelCase.
func TestNamesOfConversations(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{reflect.TypeFor[interaction.Interaction](): true}
	var look func(reflect.Type)
	look = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			look(typ.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[typ] || !strings.HasPrefix(typ.PkgPath(), "github.com/engage-interactions/") {
			return
		}
		seen[typ] = true
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.IsExported() && !f.Anonymous && (name == "" || name != strings.ToLower(name)) {
				t.Errorf("%s.%s is %q in JSON", typ, f.Name, name)
			}
			look(f.Type)
		}
	}
	for _, v := range []any{
		engage.ContentEvent{},
		engage.ThreadEvent{},
		engage.InterventionLifeEvent{},
		engage.CommentEvent{},
		engage.IdentityEvent{},
		engage.IdentityMergeEvent{},
		engage.ContactMergeEvent{},
		engage.ContactEvent{},
		engage.SourceEvent{},
		engage.CategoryEvent{},
		engage.JobEvent{},
		engage.TimelineEntry{},
		engage.Received{},
		engage.Content{},
		engage.Waiting{},
		engage.Engageable{},
		interaction.Source{},
		interaction.Identity{},
		interaction.Contact{},
		interaction.Thread{},
		interaction.Content{},
		interaction.Intervention{},
		interaction.InterventionComment{},
		interaction.Correspondent{},
		interaction.Category{},
	} {
		look(reflect.TypeOf(v))
	}
}

// TestPrivateIsNamedAsTheAPINamesIt: private_message of a content, private of what is
// posted and of what events tell.
func TestPrivateIsNamedAsTheAPINamesIt(t *testing.T) {
	t.Parallel()
	content := interaction.Content{}.Say(interaction.Message{Body: "between us", Private: true})
	for want, v := range map[string]any{
		`"private_message":true`: content,
		`"private":true`:         interaction.Message{Private: true},
		`"private":false`:        engage.ContentEvent{},
	} {
		if text := string(must(json.Marshal(v))(t)); !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
