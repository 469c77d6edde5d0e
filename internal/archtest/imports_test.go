package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// forbidden is an edge of the import graph that must not be: no package at or below from imports one
// at or below to, but for what is in except. Importers in exempt are free. Tests may do as they need.
type forbidden struct {
	from   []string
	to     []string
	except []string
	exempt []string
	reason string
}

// rooms is every place of the domain: what lies between store and the faces.
var rooms = []string{
	"internal/inbox", "internal/event", "internal/booking", "internal/knowledge", "internal/pattern", "internal/phrase", "internal/phone", "internal/decide", "internal/act", "internal/outbox", "internal/desk",
	"internal/notify", "internal/thread", "internal/people", "internal/place", "internal/identity", "internal/setting", "internal/integration", "internal/audit", "internal/retention", "internal/vault",
	"internal/embedding", "internal/jobs", "internal/oncall", "internal/health", "internal/learn", "internal/hindsight", "internal/result", "internal/cache", "internal/limit", "internal/redis", "internal/guard", "internal/outage",
}

// faces is what the world outside speaks to.
var faces = []string{"internal/webhook", "internal/api", "internal/console"}

// pure is what computes and touches nothing.
var pure = []string{"internal/club", "internal/booking", "internal/rota", "internal/pattern", "internal/phrase", "internal/phone", "internal/act/catalogue"}

// outside is everything by which a package touches the world.
var outside = []string{"net", "os", "database/sql", "syscall", "log", "internal/store", "internal/jobs", "internal/connector"}

func forbiddenEdges() []forbidden {
	edges := []forbidden{
		{from: pure, to: outside, except: []string{"net/url", "net/netip", "net/mail", "database/sql/driver"}, reason: "it is pure: the same text must give the same result everywhere, in tests, in replays and in evaluations, without a database or a network"},
		{from: []string{"internal/store"}, to: []string{"internal"}, except: []string{"internal/club", "internal/failpoint", "internal/store"}, reason: "store is the floor that rooms stand on; a store that knows a room cannot serve another"},
		{from: []string{"internal/vault"}, to: []string{"internal"}, except: []string{"internal/club", "internal/vault"}, reason: "keys must not depend on what they protect"},
		{from: []string{"internal/connector"}, to: []string{"internal"}, except: []string{"internal/club", "internal/connector"}, reason: "a vendor's client translates between the vendor and club's words; what to do with the answer is decided elsewhere"},
		{from: rooms, to: faces, reason: "a room serves every face; one that knows a face works in that face alone"},
		{from: rooms, to: []string{"net/http"}, exempt: []string{"internal/identity", "internal/limit", "internal/guard"}, reason: "HTTP is a matter of faces and connectors (identity, limit and guard alone speak of cookies and headers)"},
		{from: []string{"internal/desk"}, to: []string{"internal/act", "internal/decide"}, except: []string{"internal/act/catalogue"}, reason: "the desk is where everything else ends up when it fails; it must not need what failed"},
		{from: []string{"internal/act"}, to: []string{"internal/desk", "internal/decide"}, reason: "the gate must not know who asks: whoever decides passes through it alike"},
		{from: []string{"internal/outbox"}, to: []string{"internal/act", "internal/decide", "internal/desk", "internal/inbox"}, reason: "a reply is sent the same way whoever wrote it"},
		{from: []string{"internal/inbox"}, to: []string{"internal/act", "internal/decide", "internal/desk", "internal/outbox"}, reason: "taking a text in must not depend on anything that is done with it: an acknowledged text is safe even if the rest is broken"},
		{from: []string{"internal/notify"}, to: []string{"internal/act", "internal/decide", "internal/desk", "internal/inbox", "internal/outbox"}, reason: "whoever calls people hands over the words; notify does not look for them"},
		{from: []string{"internal/hindsight"}, to: []string{"internal/act", "internal/decide", "internal/desk", "internal/inbox", "internal/notify", "internal/outbox"}, except: []string{"internal/act/catalogue"}, reason: "the past is replayed from rows; whoever replays it must not be able to act"},
		{from: []string{"internal/simulate/vendor"}, to: []string{"internal"}, except: []string{"internal/club", "internal/simulate/vendor"}, reason: "a stand-in that shares code with the client under test shares its mistakes"},
	}
	for _, face := range faces {
		var others []string
		for _, o := range faces {
			if o != face {
				others = append(others, o)
			}
		}
		edges = append(edges, forbidden{from: []string{face}, to: others, reason: "faces never import each other: each can be changed or switched off alone"})
	}
	return edges
}

// reserved is a package that only some may import.
type reserved struct {
	to     string
	by     []string
	reason string
}

func reservedPackages() []reserved {
	return []reserved{
		{"internal/app", []string{"cmd", "internal/demo", "internal/bench", "internal/simulate/year", "internal/simulate/trial"}, "everything is wired there; whoever imports it has the whole house on its back"},
		{"internal/connector", []string{"internal/connector", "internal/app", "internal/simulate"}, "the domain knows what it needs of a vendor by an interface of its own; who stands behind it is wired in app"},
		{"internal/webhook", []string{"internal/app"}, "a face is wired by app and used by the world outside"},
		{"internal/api", []string{"internal/api", "internal/app", "cmd"}, "a face is wired by app and used by the world outside"},
		{"internal/console", []string{"internal/console", "internal/app", "internal/demo"}, "a face is wired by app and used by the world outside"},
		{"internal/simulate", []string{"internal/simulate", "internal/demo", "internal/bench", "cmd"}, "what serves members must not carry stand-ins for vendors"},
		{"internal/hindsight", []string{"internal/api", "internal/console"}, "what a change would have done is asked by people before they make it; nothing that decides, acts or judges may depend on what might have been"},
		{"internal/bench", []string{"internal/bench", "cmd"}, "measuring is a command, not a part of the server"},
		{"internal/demo", []string{"internal/demo", "internal/bench", "cmd"}, "the demo is a command, not a part of the server"},
		{"database/sql", []string{"internal/store", "internal/jobs", "internal/identity", "internal/bench"}, "SQL is said in store (jobs hands River its pool; identity tells \"no rows\" apart; bench compares with what does without store)"},
		{"internal/store/control", []string{"internal/store"}, "tenants are found by the cluster, which checks that they are active"},
		{"github.com/spf13/cobra", []string{"cmd"}, "the command line is a matter of cmd"},
		{"unsafe", nil, "no gain here is worth memory that the compiler cannot vouch for"},
		{"math/rand", nil, "use crypto/rand for secrets and ids, math/rand/v2 for the rest"},
		{"math/rand/v2", []string{"internal/simulate", "internal/bench", "internal/jobs", "internal/connector", "internal/store", "internal/pattern", "internal/eval"}, "it is for jitter, sampling and simulations; ids and secrets come from crypto/rand"},
		{"log", []string{"internal/simulate", "internal/app"}, "logs are slog's, with the schema's names (only http.Server's ErrorLog wants package log)"},
	}
}

func importRules() []rule {
	pkg := func(dir, imports string) map[string]string {
		return one(dir+"/x.go", "// Package x is made up.\npackage x\n\nimport _ \""+imports+"\"\n")
	}
	return []rule{
		{name: "forbidden edges of the import graph", check: edges,
			breaks: []map[string]string{pkg("internal/pattern", "net/http"), pkg("internal/desk", "clubos/internal/act"), pkg("internal/api", "clubos/internal/console/page"), pkg("internal/store", "clubos/internal/inbox"), pkg("internal/people", "clubos/internal/webhook")},
			keeps:  []map[string]string{pkg("internal/pattern", "strings"), pkg("internal/desk", "clubos/internal/act/catalogue"), pkg("internal/console", "clubos/internal/console/page"), pkg("internal/store", "clubos/internal/store/control")}},
		{name: "packages that only some may import", check: reservations,
			breaks: []map[string]string{pkg("internal/simulate", "clubos/internal/app"), pkg("internal/decide", "clubos/internal/connector/slack"), pkg("internal/inbox", "database/sql"), pkg("internal/connector/unifi", "clubos/internal/connector/slack")},
			keeps:  []map[string]string{pkg("cmd/clubos", "clubos/internal/app"), pkg("internal/app", "clubos/internal/connector/slack"), pkg("internal/connector/unifi", "clubos/internal/connector"), one("internal/decide/x_test.go", "package decide\n\nimport _ \"clubos/internal/connector/slack\"\n")}},
		{name: "club imports the standard library only", check: standardOnly,
			breaks: []map[string]string{pkg("internal/club", "github.com/google/uuid"), pkg("internal/club", "clubos/internal/phone")},
			keeps:  []map[string]string{pkg("internal/club", "encoding/json")}},
		{name: "production never imports what is for tests", check: noTestSupport,
			breaks: []map[string]string{pkg("internal/desk", "testing"), pkg("internal/desk", "clubos/internal/store/storetest"), pkg("internal/desk", "github.com/google/go-cmp/cmp")},
			keeps:  []map[string]string{pkg("internal/store/storetest", "testing"), one("internal/desk/x_test.go", "package desk\n\nimport _ \"testing\"\n")}},
	}
}

func anyWithin(dir string, parents []string) bool {
	return slices.ContainsFunc(parents, func(p string) bool { return within(dir, p) })
}

// edges finds forbidden edges.
func edges(t tree) []string {
	var out []string
	for _, f := range t.goFiles(production) {
		for _, e := range forbiddenEdges() {
			if !anyWithin(f.dir(), e.from) || anyWithin(f.dir(), e.exempt) {
				continue
			}
			for _, i := range f.imports() {
				if anyWithin(i, e.to) && !anyWithin(i, e.except) {
					out = append(out, fmt.Sprintf("%s imports %s: %s", f.path, i, e.reason))
				}
			}
		}
	}
	return out
}

// reservations finds imports of what is reserved for others. A vendor's package is reserved against
// other vendors too, though not against itself.
func reservations(t tree) []string {
	var out []string
	for _, f := range t.goFiles(production) {
		for _, i := range f.imports() {
			for _, r := range reservedPackages() {
				if !r.covers(i) || anyWithin(f.dir(), r.by) {
					continue
				}
				out = append(out, fmt.Sprintf("%s imports %s: %s", f.path, i, r.reason))
			}
			if path.Dir(i) == "internal/connector" && within(f.dir(), "internal/connector") && f.dir() != i {
				out = append(out, fmt.Sprintf("%s imports %s: one vendor must be removable without another", f.path, i))
			}
		}
	}
	return out
}

// covers reports whether the import is meant: packages of this module with all below them, others alone.
func (r reserved) covers(imported string) bool {
	if strings.HasPrefix(r.to, "internal/") {
		return within(imported, r.to)
	}
	return imported == r.to
}

func standardOnly(t tree) []string {
	var out []string
	for _, f := range t.goFiles(production, under("internal/club")) {
		for _, i := range f.imports() {
			if first, _, _ := strings.Cut(i, "/"); strings.Contains(first, ".") || within(i, "internal") {
				out = append(out, fmt.Sprintf("%s imports %s: every package speaks club's words, so club must build and mean the same with none of them", f.path, i))
			}
		}
	}
	return out
}

func noTestSupport(t tree) []string {
	var out []string
	for _, f := range t.goFiles(production) {
		for _, i := range f.imports() {
			base := path.Base(i)
			if i == "testing" || strings.HasPrefix(i, "testing/") && i != "testing/fstest" || within(i, "github.com/google/go-cmp") || within(i, "pgregory.net/rapid") || base == "httptest" ||
				within(i, "internal") && strings.HasSuffix(base, "test") {
				out = append(out, fmt.Sprintf("%s imports %s: the program must not carry its tests, nor their flags", f.path, i))
			}
		}
	}
	return out
}
