package layering_test

// A room is one or several packages under the same rule.
type room struct {
	// dirs are its directories below the module's root, which is ".". One that
	// ends in "/..." stands for all below it, too. Packages of one room may
	// import each other.
	dirs []string
	// uses are the other directories of the module that it may import.
	uses []string
	// deps are the other modules that it may import.
	deps []string
	// testUses are what its tests may import in addition.
	testUses []string
	// pure holds its code, not its tests, to the rules of purity.
	pure bool
}

// Other modules, by what their import paths begin with.
const (
	btree        = "github.com/tidwall/btree"
	gojsonschema = "github.com/xeipuuv/gojsonschema"
	porcupine    = "github.com/anishathalye/porcupine"
	rapid        = "pgregory.net/rapid"
	sqlite       = "modernc.org/sqlite"
	ulid         = "github.com/oklog/ulid/v2"
)

// rooms says who may import whom. What does not stand here is not allowed.
var rooms = []room{
	{
		dirs:     []string{"."},
		uses:     []string{"interaction", "schema", "handover", "routing", "internal/...", "store"},
		deps:     []string{ulid},
		testUses: []string{"store/...", "storetest/...", "platformtest", "messenger/...", "botsapi", "flexapi"},
	},

	// The domain. A room of it may have packages of its own below internal/.
	{
		dirs: []string{"interaction", "interaction/internal/..."},
		uses: []string{"schema"}, // a recorded interaction follows one
		pure: true,
	},
	{
		dirs: []string{"schema", "schema/internal/..."},
		deps: []string{gojsonschema},
		pure: true,
	},
	{
		dirs: []string{"handover", "handover/internal/..."},
		uses: []string{"interaction"},
		pure: true,
	},
	{
		dirs: []string{"routing", "routing/internal/..."},
		uses: []string{"interaction"},
		pure: true,
	},

	// The rooms of the engine.
	{
		dirs:     []string{"internal/..."},
		uses:     []string{"store"},
		deps:     []string{ulid},
		testUses: []string{"store/...", "storetest/..."},
	},

	// What is measured there stands on everything, beside what one would write
	// by hand.
	{
		dirs:     []string{"internal/bench"},
		deps:     []string{gojsonschema},
		testUses: []string{".", "handover", "interaction", "routing", "schema", "store", "store/..."},
	},

	// What the tests of the next two have in common.
	{
		dirs: []string{"internal/trials"},
		uses: []string{"store", "store/memory", "store/sqlite", "storetest/weak"},
	},

	// So does what a crowd does to who controls conversations.
	{
		dirs:     []string{"internal/crowd"},
		testUses: []string{".", "interaction", "handover", "internal/trials", "store", "store/...", "storetest/..."},
	},

	// And what a crowd does to what is routed.
	{
		dirs:     []string{"internal/dispatch"},
		deps:     []string{ulid},
		testUses: []string{".", "interaction", "handover", "routing", "internal/trials", "platformtest", "store", "store/...", "storetest/..."},
	},

	// And a day in a contact centre, which an example shows. It drives the engine as a host
	// does, and looks at what the store keeps.
	{
		dirs:     []string{"internal/day/..."}, // longer than "internal/...", so that it counts
		uses:     []string{".", "interaction", "routing", "store"},
		deps:     []string{ulid},
		testUses: []string{"store/memory", "store/sqlite"},
	},
	{
		dirs: []string{"examples/contactcentre"},
		uses: []string{"internal/day", "store", "store/memory", "store/sqlite"},
	},

	// The contract, and the stores that keep it.
	{
		dirs:     []string{"store"},
		testUses: []string{"store/memory", "storetest"},
	},
	{
		dirs:     []string{"store/memory", "store/memory/internal/..."},
		uses:     []string{"store"},
		deps:     []string{btree},
		testUses: []string{"storetest", "storetest/stress"},
	},
	{
		dirs:     []string{"store/sqlite", "store/sqlite/internal/..."},
		uses:     []string{"store"},
		deps:     []string{sqlite},
		testUses: []string{"store/memory", "storetest", "storetest/stress"},
	},

	// The conformance suite is for those who write a store: what it imports,
	// they import. Only its deep end asks for more.
	{
		dirs:     []string{"storetest"},
		uses:     []string{"store"},
		testUses: []string{"store/memory", "store/sqlite", "storetest/internal/..."},
	},
	{
		dirs:     []string{"storetest/internal/..."},
		uses:     []string{"store", "store/memory"},
		testUses: []string{"store/sqlite", "storetest"},
	},
	{
		dirs:     []string{"storetest/faults"},
		uses:     []string{"store"},
		testUses: []string{"store/memory", "storetest"},
	},
	{
		dirs:     []string{"storetest/weak"},
		uses:     []string{"store", "store/memory"},
		testUses: []string{"storetest", "storetest/stress"},
	},
	{
		dirs:     []string{"storetest/stress", "storetest/stress/internal/..."},
		uses:     []string{"store", "storetest"},
		deps:     []string{rapid, porcupine},
		testUses: []string{"store/memory", "store/sqlite", "storetest/internal/..."},
	},
	// What the engine keeps on any store. It stands on the engine, as a host does.
	{
		dirs:     []string{"storetest/enginetest"},
		uses:     []string{".", "handover", "interaction", "platformtest", "routing", "schema", "store", "storetest", "storetest/faults"},
		deps:     []string{ulid},
		testUses: []string{"store/memory", "store/sqlite"},
	},

	// A platform for tests and examples: what a host writes, and tests with.
	{
		dirs:     []string{"platformtest"},
		uses:     []string{".", "interaction"},
		testUses: []string{"store/memory"},
	},

	// A platform over the network, and a simulation of what is at the other end, which
	// knows nothing of this module: both are held against the same rules.
	{
		dirs:     []string{"messenger"},
		uses:     []string{".", "interaction", "handover"},
		testUses: []string{"messenger/messengertest", "store/memory"},
	},
	{
		dirs: []string{"messenger/messengertest"},
	},

	// The endpoint for bots, as a host would write it.
	{
		dirs:     []string{"botsapi"},
		uses:     []string{".", "handover"},
		testUses: []string{"interaction", "messenger/...", "platformtest", "store/memory", "storetest/faults"},
	},

	// The endpoint for programs that are written for the platform of seed 003.
	{
		dirs:     []string{"flexapi"},
		uses:     []string{".", "routing"},
		testUses: []string{"interaction", "store/memory", "storetest/faults", "store"},
	},

	// Examples see what a host sees.
	{
		dirs: []string{"examples/..."},
		uses: []string{".", "interaction", "schema", "handover", "routing", "store/...", "storetest/...", "platformtest"},
	},
}

// testDeps are the modules that every test may import.
var testDeps = []string{rapid, porcupine}

// impureImports are what pure code does not import, and why. One that ends in
// "/..." stands for all below it, too. net/netip, net/url and net/mail only
// parse, and are fine.
var impureImports = map[string]string{
	"context":       "there is nothing to wait for",
	"crypto/rand":   "new IDs are arguments",
	"database/...":  "no I/O",
	"expvar":        "no state outside of the arguments",
	"flag":          "no state outside of the arguments",
	"hash/maphash":  "its seeds are random",
	"io/fs":         "no I/O",
	"io/ioutil":     "no I/O",
	"log/...":       "no logging",
	"math/rand/...": "randomness is an argument",
	"net":           "no I/O",
	"net/http/...":  "no I/O",
	"net/rpc/...":   "no I/O",
	"net/smtp":      "no I/O",
	"os/...":        "no I/O",
	"path/filepath": "no I/O",
	"plugin":        "no I/O",
	"runtime/...":   "no state outside of the arguments",
	"sync/...":      "nothing is shared, so there is nothing to guard",
	"syscall":       "no I/O",
	"testing/...":   "it is for tests",
	"unsafe":        "no state outside of the arguments",
}

// impureNames are the names that pure code does not mention, by package.
var impureNames = map[string]map[string]string{
	"fmt": {
		"Print": "no I/O", "Printf": "no I/O", "Println": "no I/O",
		"Scan": "no I/O", "Scanf": "no I/O", "Scanln": "no I/O",
	},
	"time": {
		"After":        "time is an argument",
		"AfterFunc":    "time is an argument",
		"LoadLocation": "it reads the time zones of the machine",
		"Local":        "it is the time zone of the machine",
		"NewTicker":    "time is an argument",
		"NewTimer":     "time is an argument",
		"Now":          "time is an argument",
		"Since":        "time is an argument",
		"Sleep":        "time is an argument",
		"Tick":         "time is an argument",
		"Until":        "time is an argument",
	},
	gojsonschema: {
		"FormatCheckers":     "the set is the whole process's; check formats here",
		"ErrorTemplateFuncs": "it is the whole process's",
		"Locale":             "it is the whole process's",
	},
}

// An exception lets the packages below dir do what a rule forbids.
type exception struct {
	dir  string
	what string // as in the text of the violation: `import "sync"`, `time.Now`
	why  string
}

// exceptions is empty as long as the rules are right. One that is not needed
// any more fails the test.
var exceptions = []exception{}
