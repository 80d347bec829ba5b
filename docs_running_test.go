package engage_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/botsapi"
	"github.com/engage-interactions/engage/flexapi"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

func readRunning(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("docs/running.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// TestTheLimitsAreWhatTheirPageSays holds the table in docs/running.md against the constants.
func TestTheLimitsAreWhatTheirPageSays(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(readRunning(t), "## Limits\n")
	want := map[string]string{
		"`store.MaxText`":                fmt.Sprintf("%d bytes", store.MaxText),
		"`store.MaxValue`":               fmt.Sprintf("%d MiB", store.MaxValue>>20),
		"`store.MaxOperations`":          strconv.Itoa(store.MaxOperations),
		"`store.MaxBatch`":               fmt.Sprintf("%d MiB", store.MaxBatch>>20),
		"`store.MaxLimit`":               strconv.Itoa(store.MaxLimit),
		"`Limits.DefinitionBytes`":       fmt.Sprintf("%d bytes", 64<<10), // these three: TestTheLimitsOfSchemasAre
		"`Limits.Properties`":            strconv.Itoa(256),
		"`Limits.PayloadBytes`":          fmt.Sprintf("%d bytes", 64<<10),
		"`engage.MaxTriggers`":           strconv.Itoa(engage.MaxTriggers),
		"`interaction.MaxContactID`":     fmt.Sprintf("%d bytes", interaction.MaxContactID),
		"`interaction.MaxIdentities`":    strconv.Itoa(interaction.MaxIdentities),
		"`interaction.MaxMerged`":        strconv.Itoa(interaction.MaxMerged),
		"`interaction.MaxText`":          fmt.Sprintf("%d bytes", interaction.MaxText),
		"`interaction.MaxBody`":          fmt.Sprintf("%d MiB", interaction.MaxBody>>20),
		"`interaction.DefaultMaxBody`":   fmt.Sprintf("%d characters", interaction.DefaultMaxBody),
		"`interaction.MaxAttachments`":   strconv.Itoa(interaction.MaxAttachments),
		"`interaction.MaxValues`":        fmt.Sprintf("%d KiB", interaction.MaxValues>>10),
		"`interaction.MaxParticipants`":  strconv.Itoa(interaction.MaxParticipants),
		"`interaction.MaxCategories`":    strconv.Itoa(interaction.MaxCategories),
		"`interaction.MaxCategoryDepth`": strconv.Itoa(interaction.MaxCategoryDepth),
		"`handover.MaxInactivity`":       fmt.Sprintf("%.0f days", handover.MaxInactivity.Duration().Hours()/24),
		"`handover.MaxTimeout`":          fmt.Sprintf("%.0f hours", handover.MaxTimeout.Duration().Hours()),
		"`botsapi.MaxBody`":              fmt.Sprintf("%d KiB", botsapi.MaxBody>>10),
		"`flexapi.MaxBody`":              fmt.Sprintf("%d MiB", flexapi.MaxBody>>20),
		"`messenger.MaxBody`":            fmt.Sprintf("%d characters", messenger.MaxBody),
	}
	rows := regexp.MustCompile("(?m)^\\| .* \\| (.*) \\| (`.*`) \\|$").FindAllStringSubmatch(table, -1)
	for _, row := range rows {
		names, values := strings.Split(row[2], ", "), strings.Split(row[1], ", ")
		if len(names) != len(values) {
			t.Errorf("%s: %d names and %d values", row[0], len(names), len(values))
			continue
		}
		for i, name := range names {
			if said, ok := want[name]; !ok || strings.ReplaceAll(values[i], ",", "") != said {
				t.Errorf("%s is %q, the page says %q", name, said, values[i])
			}
			delete(want, name)
		}
	}
	if len(want) > 0 || engage.DefaultPage != 50 {
		t.Errorf("the page does not say %v", want)
	}
}

// TestTheLimitsOfSchemasAre tries the defaults that docs/running.md names, which have no constants.
func TestTheLimitsOfSchemasAre(t *testing.T) {
	t.Parallel()
	define := func(properties, description int) schema.Definition {
		text := make([]string, properties)
		for i := range text {
			text[i] = fmt.Sprintf(`"p%d":{"type":"string"}`, i)
		}
		return schema.Definition{ID: "s", DisplayName: strings.Repeat("x", description), JSONSchema: []byte(
			`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{` + strings.Join(text, ",") + `}}`)}
	}
	if _, err := schema.Compile(define(256, 1), nil); err != nil {
		t.Errorf("256 properties: %v", err)
	}
	if _, err := schema.Compile(define(257, 1), nil); err == nil {
		t.Error("257 properties are accepted")
	}
	small := define(1, 0)
	rest := 64<<10 - len(small.ID) - len(small.JSONSchema)
	if _, err := schema.Compile(define(1, rest), nil); err != nil {
		t.Errorf("a definition of 65,536 bytes: %v", err)
	}
	if _, err := schema.Compile(define(1, rest+1), nil); err == nil {
		t.Error("a definition of 65,537 bytes is accepted")
	}
	compiled, err := schema.Compile(define(1, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	payload := func(size int) []byte { return []byte(`{"p0":"` + strings.Repeat("x", size-len(`{"p0":""}`)) + `"}`) }
	if _, err := compiled.Check(payload(64 << 10)); err != nil {
		t.Errorf("a payload of 65,536 bytes: %v", err)
	}
	if _, err := compiled.Check(payload(64<<10 + 1)); err == nil {
		t.Error("a payload of 65,537 bytes is accepted")
	}
}

// TestTheWebhookStandsOnItsPage holds docs/running.md against the example.
func TestTheWebhookStandsOnItsPage(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile("example_webhooks_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if shown := strings.Trim(strings.Split(string(program), "// ---\n")[1], "\n"); !strings.Contains(readRunning(t), "```go\n"+shown+"\n```") {
		t.Errorf("docs/running.md does not show\n%s", shown)
	}
}

// TestATenantIsRemovedAsThePageSays follows docs/running.md, "Tenants": the other one does not
// notice, and one of the same name begins anew.
func TestATenantIsRemovedAsThePageSays(t *testing.T) {
	t.Parallel()
	const listing = `SELECT 'DELETE FROM "' || name || '" WHERE tenant = ''acme'';' FROM sqlite_schema WHERE type = 'table'`
	if !strings.Contains(readRunning(t), strings.ReplaceAll(listing, `"`, `\"`)) {
		t.Fatal("docs/running.md says something else")
	}
	path := filepath.Join(t.TempDir(), "engage.db")
	interactions := func(tenant string, add int) int {
		st, err := sqlite.Open(t.Context(), path, &sqlite.Options{Synchronous: sqlite.Normal})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = st.Close() }()
		eng, err := engage.New(t.Context(), st, &engage.Options{Tenant: tenant})
		if err != nil {
			t.Fatal(err)
		}
		if add > 0 {
			if _, err := eng.Schemas.Create(t.Context(), schema.Definition{ID: "s", DisplayName: "S", JSONSchema: []byte(
				`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{}}`)}); err != nil {
				t.Fatal(err)
			}
		}
		for range add {
			if _, err := eng.Interactions.Record(t.Context(), interaction.Submission{ContactID: "ada", SchemaID: "s", Payload: []byte(`{}`)}); err != nil {
				t.Fatal(err)
			}
		}
		page, err := eng.Interactions.List(t.Context(), engage.InteractionFilter{ContactID: "ada"})
		if err != nil && !errors.Is(err, engage.ErrNotFound) {
			t.Fatal(err)
		}
		return len(page.Items)
	}
	if a, b := interactions("acme", 2), interactions("other", 3); a != 2 || b != 3 {
		t.Fatalf("%d and %d interactions", a, b)
	}

	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	var statements string
	err = db.QueryRowContext(t.Context(), "WITH listed(statement) AS ("+listing+") SELECT group_concat(statement, ' ') FROM listed").Scan(&statements)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{statements, "VACUUM"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if a, b := interactions("acme", 0), interactions("other", 0); a != 0 || b != 3 {
		t.Errorf("after it was removed: %d of its interactions, %d of the other's", a, b)
	}
	if a := interactions("acme", 1); a != 1 {
		t.Errorf("begun anew, it has %d interactions", a)
	}
}
