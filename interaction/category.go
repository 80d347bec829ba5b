package interaction

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Category is a label for what a thread, an intervention or a content is about, or,
// in a tree for post-qualification, for how an intervention ended: its disposition.
// Categories stand in trees. Mandatory, Multiple, PostQualification, Unselectable and
// SourceIDs are set on the root, and hold for its whole tree (Engage Digital API,
// "Categories").
type Category struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	ParentID string `json:"parent_id,omitempty"` // empty: a root
	Color    int    `json:"color"`               // a number of the palette, 0 to MaxColor
	// Mandatory says that an intervention is closed only with a category of the
	// tree.
	Mandatory bool `json:"mandatory,omitempty"`
	// Multiple says that a thing can have several categories of the tree.
	Multiple bool `json:"multiple,omitempty"`
	// PostQualification says that the categories of the tree are dispositions: they
	// are given when an intervention is closed, and for nothing else.
	PostQualification bool `json:"post_qualification,omitempty"`
	// Unselectable says that the root only groups: what is below it can be chosen,
	// the root itself cannot.
	Unselectable bool `json:"unselectable,omitempty"`
	// SourceIDs are the sources that the tree is for; empty: all.
	SourceIDs []string `json:"source_ids,omitempty"`
	// Deleted says that it was removed, at UpdatedAt. What was categorised with it
	// has its ID still.
	Deleted bool `json:"deleted,omitempty"`
	// TakenOverBy is the category that stands for it now that it is removed; empty
	// if none does.
	TakenOverBy string    `json:"taken_over_by,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Limits of categories.
const (
	// MaxCategories is how many there are at most, without the removed.
	MaxCategories = 1000
	// MaxCategoryDepth is how many levels a tree has at most, its root included.
	MaxCategoryDepth = 6
	// MaxRemovedCategories is how many removed ones are known at most. Beyond that
	// the ones first removed are forgotten, those that nothing has taken over
	// before the others.
	MaxRemovedCategories = 4000
	// MaxCategorySources is how many sources a tree names at most.
	MaxCategorySources = 1000
	// MaxColor is the last color of the palette: blue, green, turquoise, purple,
	// yellow, orange, red, asphalt and grey are 0 to 8.
	MaxColor = 9
)

// CategoryPurpose is what a category is given for.
type CategoryPurpose string

// The purposes of categories.
const (
	// AsCategory is to say what a thread, an intervention or a content is about.
	AsCategory CategoryPurpose = "category"
	// AsDisposition is to say how an intervention ended.
	AsDisposition CategoryPurpose = "disposition"
)

// CategoryRule is a rule for categories, in words that complete "it is needed that".
type CategoryRule string

// The rules for categories.
const (
	CategoryIsKnown       CategoryRule = "the category is known"
	CategoryIsNotDeleted  CategoryRule = "the category is not removed"
	CategoryIsNew         CategoryRule = "no other category has the ID, or had it"
	CategoryHasRoom       CategoryRule = "there are less than 1000 categories"
	CategoryIsNotTooDeep  CategoryRule = "a tree has at most 6 levels"
	CategoryIsNotBelow    CategoryRule = "a category is not below itself"
	CategoryRootDecides   CategoryRule = "only a root has mandatory, multiple, post_qualification, unselectable and source_ids"
	CategoryIsForSource   CategoryRule = "the tree is for the source"
	CategoryIsSelectable  CategoryRule = "the category can be selected"
	CategoryIsOnlyOne     CategoryRule = "at most one category of the tree is chosen"
	CategoryIsForPurpose  CategoryRule = "categories for post-qualification are dispositions, and no others are"
	CategoryIsDemanded    CategoryRule = "a category of each mandatory tree is chosen"
	CategoryOutlivesOther CategoryRule = "what takes over is not itself removed"
)

// CategoryError says which rule a category breaks.
type CategoryError struct {
	ID     string // the category: for CategoryIsDemanded the root of the tree
	Rule   CategoryRule
	Remedy string // what would help
	// Others are further categories concerned: those chosen of the same tree, or
	// the roots of more trees that a category is demanded of.
	Others []string
}

// Error names the category, the rule and the others concerned.
func (e *CategoryError) Error() string {
	text := fmt.Sprintf("category %q: it is needed that %s", e.ID, e.Rule)
	if len(e.Others) > 0 {
		text += " (also concerned: " + strings.Join(e.Others, ", ") + ")"
	}
	return text
}

// check reports, as a [*FieldError], what no category can have.
func (c Category) check() error {
	for _, f := range []struct{ name, text string }{{"id", c.ID}, {"name", c.Name}, {"parent_id", c.ParentID}} {
		if err := checkText(f.name, f.text); err != nil {
			return err
		}
	}
	switch {
	case c.ID == "":
		return &FieldError{Field: "id", Err: errEmpty}
	case c.Name == "":
		return &FieldError{Field: "name", Err: errEmpty}
	case c.Color < 0 || c.Color > MaxColor:
		return &FieldError{Field: "color", Err: fmt.Errorf("is not within 0 to %d", MaxColor)}
	case c.Deleted:
		return &FieldError{Field: "deleted", Err: errors.New("is set by removing only")}
	case c.TakenOverBy != "":
		return &FieldError{Field: "taken_over_by", Err: errors.New("is set by removing only")}
	case len(c.SourceIDs) > MaxCategorySources:
		return &FieldError{Field: "source_ids", Err: fmt.Errorf("are more than %d", MaxCategorySources)}
	}
	for _, id := range c.SourceIDs {
		if err := checkText("source_ids", id); err != nil {
			return err
		}
		if id == "" {
			return &FieldError{Field: "source_ids", Err: errEmpty}
		}
	}
	return nil
}

// decides reports whether the category has what only roots have.
func (c Category) decides() bool {
	return c.Mandatory || c.Multiple || c.PostQualification || c.Unselectable || len(c.SourceIDs) > 0
}
