package interaction_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

// node is a content with what is below it.
type node struct {
	content interaction.Content
	below   []*node
}

// depthFirst returns the positions of a tree in the order in which a reader meets
// them. Below the last ordered level, they come in the order in which they came in.
func (n *node) depthFirst(level int) []int64 {
	positions := []int64{n.content.Position}
	for _, child := range n.below {
		positions = append(positions, child.depthFirst(level+1)...)
	}
	if level >= interaction.MaxDepth {
		slices.Sort(positions[1:])
	}
	return positions
}

// TestPathsOrderTheTree grows random trees and sorts their contents by Path.
func TestPathsOrderTheTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var nodes, roots []*node
		spread := rapid.IntRange(0, 2).Draw(t, "spread") // 0: mostly a chain
		for n := range rapid.IntRange(1, 100).Draw(t, "contents") {
			one := &node{content: interaction.Content{ID: strings.Repeat("c", n+1), AuthorID: strings.Repeat("a", n+1), Position: int64(n + 1)}}
			// Mostly below one of the last, so that trees grow deep.
			above := rapid.IntRange(-1, n-1).Draw(t, "above")
			if n > 0 && rapid.IntRange(0, 15).Draw(t, "deep") < 15 {
				above = n - 1 - rapid.IntRange(0, min(spread, n-1)).Draw(t, "back")
			}
			if above < 0 {
				one.content = one.content.Under(nil)
				roots = append(roots, one)
				if one.content.Depth != 0 || one.content.InReplyToID != "" {
					t.Fatalf("a root is %+v", one.content)
				}
			} else {
				parent := nodes[above]
				path := slices.Clone(parent.content.Path)
				one.content = one.content.Under(&parent.content)
				parent.below = append(parent.below, one)
				switch c := one.content; {
				case c.Depth != parent.content.Depth+1 || c.InReplyToID != parent.content.ID || c.InReplyToAuthorID != parent.content.AuthorID:
					t.Fatalf("below %+v is %+v", parent.content, c)
				case len(c.Path) != min(c.Depth, interaction.MaxDepth)+1 || c.Path[len(c.Path)-1] != c.Position:
					t.Fatalf("at depth %d position %d has the path %v", c.Depth, c.Position, c.Path)
				case !slices.Equal(path, parent.content.Path):
					t.Fatal("the path of the parent has changed")
				}
			}
			nodes = append(nodes, one)
		}
		var want, got []int64
		for _, root := range roots {
			want = append(want, root.depthFirst(1)...)
		}
		slices.SortFunc(nodes, func(a, b *node) int { return slices.Compare(a.content.Path, b.content.Path) })
		for _, n := range nodes {
			got = append(got, n.content.Position)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("by path %v, depth first %v", got, want)
		}
	})
}

func TestMessageCheck(t *testing.T) {
	t.Parallel()
	source := interaction.Source{ID: "s", Type: "sms", MaxBody: 5}
	many := make([]interaction.Attachment, interaction.MaxAttachments+1)
	for n := range many {
		many[n].URL = "https://example.com/"
	}
	for name, test := range map[string]struct {
		message     interaction.Message
		field       string // that Check refuses
		postedField string // that CheckPost refuses
	}{
		"text":                       {interaction.Message{Body: "hello"}, "", ""},
		"characters, not bytes":      {interaction.Message{Body: "äöüßé"}, "", ""},
		"a long body":                {interaction.Message{Body: "hello!"}, "", "body"},
		"nothing":                    {interaction.Message{}, "", "body"},
		"only a title":               {interaction.Message{Title: "Hi"}, "", "body"},
		"a file":                     {interaction.Message{Attachments: many[:1]}, "", ""},
		"as many files as there may": {interaction.Message{Attachments: many[1:]}, "", ""},
		"too many files":             {interaction.Message{Attachments: many}, "attachments", "attachments"},
		"a file from nowhere":        {interaction.Message{Attachments: []interaction.Attachment{{Filename: "x"}}}, "attachments", "attachments"},
		"a file of negative size":    {interaction.Message{Attachments: []interaction.Attachment{{URL: "x", Size: -1}}}, "attachments", "attachments"},
		"a file with a bad name":     {interaction.Message{Attachments: []interaction.Attachment{{URL: "x", Filename: "\xff"}}}, "attachments", "attachments"},
		"a file with a long URL":     {interaction.Message{Attachments: []interaction.Attachment{{URL: strings.Repeat("x", 9<<10)}}}, "attachments", "attachments"},
		"no UTF-8":                   {interaction.Message{Body: "\xff"}, "body", "body"},
		"a huge body":                {interaction.Message{Body: strings.Repeat("x", interaction.MaxBody+1)}, "body", "body"},
		"a long title":               {interaction.Message{Title: strings.Repeat("x", interaction.MaxText+1), Body: "x"}, "title", "title"},
		"html":                       {interaction.Message{Body: "<p>", BodyFormat: interaction.FormatHTML}, "", ""},
		"another format":             {interaction.Message{Body: "x", BodyFormat: "rtf"}, "body_input_format", "body_input_format"},
		"a long language":            {interaction.Message{Body: "x", Language: strings.Repeat("x", interaction.MaxText+1)}, "language", "language"},
	} {
		refuses(t, name, test.message.Check(), test.field)
		refuses(t, name+", posted", test.message.CheckPost(source), test.postedField)
	}
}

// refuses compares the field that an error is about with what is wanted; "" is no
// error.
func refuses(t *testing.T, what string, err error, field string) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if got, ok := errors.AsType[*interaction.FieldError](err); !ok || got.Field != field {
		t.Errorf("%s: %v, want an error about %s", what, err, field)
	}
}

func TestPostsAreBoundedBySource(t *testing.T) {
	t.Parallel()
	most := interaction.Message{Body: strings.Repeat("ä", interaction.DefaultMaxBody)}
	more := interaction.Message{Body: most.Body + "ä"}
	source := interaction.Source{ID: "s", Type: "sms"}
	refuses(t, "as much as there may be", most.CheckPost(source), "")
	refuses(t, "one character more", more.CheckPost(source), "body")
	source.MaxBody = interaction.DefaultMaxBody + 1
	refuses(t, "as much as this source takes", more.CheckPost(source), "")
}

func TestCheckComment(t *testing.T) {
	t.Parallel()
	refuses(t, "a comment", interaction.CheckComment("x"), "")
	refuses(t, "nothing", interaction.CheckComment(""), "body")
	refuses(t, "no UTF-8", interaction.CheckComment("\xff"), "body")
	refuses(t, "too long", interaction.CheckComment(strings.Repeat("x", interaction.MaxBody+1)), "body")
}

func TestCheckOwner(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", interaction.MaxText+1)
	for _, test := range []struct {
		who  interaction.Actor
		fits bool
	}{
		{ann, true},
		{bot, true},
		{customer, false},
		{nobody, false},
		{nameless, false},
		{interaction.Actor{Type: interaction.ActorSystem, ID: "x"}, false},
		{interaction.Actor{Type: interaction.ActorAgent, ID: long}, false},
	} {
		field := "owner"
		if test.fits {
			field = ""
		}
		refuses(t, string(test.who.Type), interaction.CheckOwner(test.who), field)
	}
}

func TestSayTakesAllOfAMessage(t *testing.T) {
	t.Parallel()
	m := interaction.Message{Title: "T", Body: "B", Private: true, Language: "en", Attachments: []interaction.Attachment{{URL: "u"}}}
	c := interaction.Content{ID: "c", Body: "old", BodyFormat: interaction.FormatHTML}.Say(m)
	m.Attachments[0].URL = "changed"
	if c.ID != "c" || c.Title != "T" || c.Body != "B" || c.BodyFormat != interaction.FormatText || !c.Private || c.Language != "en" ||
		len(c.Attachments) != 1 || c.Attachments[0].URL != "u" {
		t.Errorf("%+v", c)
	}
}
