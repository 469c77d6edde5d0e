package archtest

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"
)

// wallClock lists the files that may read the machine's clock, and why. Everything else uses
// club.Clock or the transaction's instant. How long something took may be measured anywhere: an
// instant that only time.Since sees is no instant.
var wallClock = map[string]string{
	"internal/club/clock.go":            "it is the clock",
	"internal/jobs/jobs.go":             "how long a job was due is River's business, on River's clock",
	"internal/jobs/tick.go":             "how long a turn was due is River's business, on River's clock",
	"internal/jobs/idle.go":             "how long until a job is due is River's business, on River's clock",
	"internal/jobs/keeper.go":           "how long a club has been idle is measured on River's clock",
	"internal/jobs/runner.go":           "the pause before a retry is River's business, on River's clock",
	"internal/api/serve.go":             "durations in logs",
	"internal/inbox/lane.go":            "how long a batch may be gathered",
	"internal/inbox/filer.go":           "how long it gives way to the lanes",
	"internal/store/bell.go":            "how long ago it rang",
	"internal/store/share.go":           "how often somebody outside wants a connection",
	"internal/store/line.go":            "how often those come who go first, and how long others had the writer",
	"internal/simulate/load.go":         "a load is sent by a schedule in real time",
	"internal/simulate/load_drive.go":   "a load is sent by a schedule in real time",
	"internal/bench/report.go":          "a report says when it was made",
	"internal/simulate/load_wire.go":    "a load is sent by a schedule in real time",
	"internal/simulate/expect.go":       "a scenario is played in real time",
	"internal/simulate/staff.go":        "whether a cookie is still valid at the server, which runs in real time",
	"internal/simulate/day_run.go":      "a day is played in real time",
	"internal/demo/staff.go":            "a cookie that a client in real time would keep",
	"internal/simulate/vendor/doors.go": "TLS checks a certificate's dates by the machine's clock",
}

func habitRules() []rule {
	fn := func(imports, body string) string {
		return "package x\n\nimport " + imports + "\n\nfunc f() {\n" + body + "\n}\n"
	}
	return []rule{
		{name: "nothing sleeps", check: noSleep,
			breaks: []map[string]string{one("internal/x/x.go", fn(`"time"`, "time.Sleep(1)")), one("internal/x/x_test.go", fn(`"time"`, "time.Sleep(1)"))},
			keeps:  []map[string]string{one("internal/x/x.go", fn(`"time"`, "<-time.After(1)"))}},
		{name: "the time comes from the clock", check: oneClock,
			breaks: []map[string]string{one("internal/desk/x.go", fn(`"time"`, "_ = time.Now()")), one("internal/desk/x.go", fn(`"time"`, "now := time.Now\n_ = now")), one("internal/desk/x.go", fn(`"time"`, "start := time.Now()\n_ = time.Since(start)\nstore(start)"))},
			keeps:  []map[string]string{one("internal/desk/x_test.go", fn(`"time"`, "_ = time.Now()")), one("internal/desk/x.go", fn(`"time"`, "start := time.Now()\n_ = time.Since(start)")), one("internal/console/x.go", fn(`"time"`, "_ = conn.SetWriteDeadline(time.Now().Add(1))")), one("internal/desk/x.go", fn(`"time"`, "_ = time.UTC"))}},
		{name: "the time zone is always said", check: saidZone,
			breaks: []map[string]string{one("internal/desk/x.go", fn(`"time"`, "_ = time.Local")), one("internal/desk/x.go", fn(`"time"`, "_ = clock.Now().Local()")), one("internal/store/migrations/tenant/x.sql", "CREATE TABLE x (at TIMESTAMP NOT NULL);\n")},
			keeps:  []map[string]string{one("internal/desk/x.go", fn(`"time"`, "_ = clock.Now().In(zone)")), one("internal/store/migrations/tenant/x.sql", "CREATE TABLE x (at TIMESTAMPTZ NOT NULL);\n")}},
		{name: "no init and no panic but for our own bugs", check: noSurprises,
			breaks: []map[string]string{one("internal/x/x.go", "package x\n\nfunc init() {}\n"), one("internal/x/x.go", "package x\n\nfunc f() { panic(\"no such door\") }\n"), one("internal/x/x.go", "package x\n\nfunc f(err error) { panic(err) }\n")},
			keeps:  []map[string]string{one("internal/x/x.go", "package x\n\nfunc f(err error) { panic(\"BUG: \" + err.Error()) }\n"), one("internal/x/x_test.go", "package x\n\nfunc f(err error) { panic(err) }\n")}},
		{name: "no context is kept in a struct", check: noKeptContext,
			breaks: []map[string]string{one("internal/x/x.go", "package x\n\nimport \"context\"\n\ntype t struct{ ctx context.Context }\n")},
			keeps:  []map[string]string{one("internal/x/x.go", "package x\n\nimport \"context\"\n\ntype t struct{ f func(context.Context) }\n")}},
		{name: "no request without a timeout", check: noDefaultClient,
			breaks: []map[string]string{one("internal/x/x.go", fn(`"net/http"`, "http.Get(\"\")")), one("internal/x/x.go", fn(`"net/http"`, "_ = http.DefaultClient")), one("internal/x/x.go", fn(`"net/http"`, "_ = &http.Client{}")), one("internal/x/x.go", fn(`"net/http"`, "_ = http.ListenAndServe"))},
			keeps:  []map[string]string{one("internal/x/x.go", fn(`"net/http"`, "_ = &http.Client{Timeout: 1}")), one("internal/x/x_test.go", fn(`"net/http"`, "_ = http.DefaultClient"))}},
		{name: "errors say what was attempted, not that it failed", check: plainErrors,
			breaks: []map[string]string{one("internal/x/x.go", fn(`"fmt"`, "_ = fmt.Errorf(\"failed to open: %w\", nil)")), one("internal/x/x.go", fn(`"errors"`, "_ = errors.New(\"Error while opening\")"))},
			keeps:  []map[string]string{one("internal/x/x.go", fn(`"fmt"`, "_ = fmt.Errorf(\"open door: %w\", nil)"))}},
		{name: "certificates are checked, or pinned", check: noBlindTLS,
			breaks: []map[string]string{one("internal/x/x.go", fn(`"crypto/tls"`, "_ = &tls.Config{InsecureSkipVerify: true}")), one("internal/x/x.go", fn(`"crypto/tls"`, "c := &tls.Config{}\nc.InsecureSkipVerify = true")),
				one("internal/x/x.go", fn(`"crypto/tls"`, "_ = &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil }}"))},
			keeps: []map[string]string{one("internal/x/x.go", fn(`"crypto/tls"`, "_ = &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error { if subtle.ConstantTimeCompare(nil, nil) != 1 { return errNo }; return nil }}"))}},
		{name: "pages know no place by name", check: noPlaceInPages,
			breaks: []map[string]string{one("internal/console/page/x.templ", "<option>Bay 3</option>"), one("internal/api/x.go", "package api\n\nvar places = []string{\"Northside\"}\n")},
			keeps:  []map[string]string{one("internal/console/page/x.templ", "<option>{ bay.Name }</option>"), one("internal/api/x.go", "package api\n\n// where is like \"Bay 3 · Harbour\".\nvar where string\n"), one("internal/console/x_test.go", "package console\n\nvar p = \"Bay 3\"\n")}},
		{name: "nothing is left for later and nothing points at a workplace", check: noLeftovers,
			breaks: []map[string]string{one("docs/x.md", "To be done: "+"TO"+"DO later"), one("internal/x/x.go", "package x\n\n// see /"+"work/spec\n"), one("internal/x/x.sql", "-- FIX"+"ME\n")},
			keeps:  []map[string]string{one("docs/x.md", "The framework works; see docs/work/rules."), one("docs/y.md", "The todo list of the desk.")}},
	}
}

// each walks the syntax of the files and collects what find says of a node; "" says nothing.
func (t tree) each(files []source, find func(ast.Node) string) []string {
	var out []string
	for _, f := range files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if n != nil {
				if what := find(n); what != "" {
					out = append(out, t.at(n)+": "+what)
				}
			}
			return true
		})
	}
	return out
}

func notTest(s source) bool { return !s.isTest() }

func noSleep(t tree) []string {
	return t.each(t.goFiles(), func(n ast.Node) string {
		if selected(n, "time", "Sleep") {
			return "time.Sleep cannot be cancelled, and in a test it is either too short or a waste: wait for the thing itself, with a context"
		}
		return ""
	})
}

func oneClock(t tree) []string {
	var out []string
	files := t.goFiles(production)
	timers := map[ast.Node]bool{}
	t.eachFunc(files, func(_ source, d *ast.FuncDecl) { stopwatches(d.Body, timers) })
	for _, f := range files {
		found := t.each([]source{f}, func(n ast.Node) string {
			if selected(n, "time", "Now") && !timers[n] {
				return "time.Now: instants come from club.Clock or the transaction, in UTC and microseconds, so that tests can move them and what is read back equals what was written"
			}
			return ""
		})
		switch reason, ok := wallClock[f.path]; {
		case !ok:
			out = append(out, found...)
		case reason == "":
			out = append(out, f.path+" may read the machine's clock without a reason: give one in wallClock")
		case len(found) == 0:
			out = append(out, f.path+" no longer reads the machine's clock: take it off the list wallClock")
		}
	}
	return out
}

var bareTimestamp = regexp.MustCompile(`(?i)\bTIMESTAMP\b(\s+WITH(OUT)? TIME ZONE)?`)

// saidZone finds times that mean what the machine's zone makes of them: a job that is due at three in
// the night would come in the middle of a round.
func saidZone(t tree) []string {
	const why = "the machine's zone is not the club's: a location names its own"
	out := t.each(t.goFiles(production), func(n ast.Node) string {
		if selected(n, "time", "Local") {
			return "time.Local: " + why
		}
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 0 {
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Local" {
				return "Local(): " + why
			}
		}
		return ""
	})
	for _, f := range t.files {
		if within(f.dir(), "internal/store/migrations") && bareTimestamp.MatchString(withoutComments(f.text)) {
			out = append(out, f.path+": a column of instants is TIMESTAMPTZ: one without a zone means something else on every machine")
		}
	}
	return out
}

// stopwatches notes each time.Now of a body that only time.Since sees, or a connection's deadline, which
// the kernel holds against the machine's clock.
func stopwatches(body *ast.BlockStmt, timers map[ast.Node]bool) {
	starts := map[string]ast.Node{}
	uses, sinces := map[string]int{}, map[string]int{}
	ast.Inspect(body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Ident:
			uses[x.Name]++
		case *ast.AssignStmt:
			id, isName := x.Lhs[0].(*ast.Ident)
			call, isCall := x.Rhs[0].(*ast.CallExpr)
			if len(x.Lhs) == 1 && isName && isCall && selected(call.Fun, "time", "Now") {
				starts[id.Name] = call.Fun
				uses[id.Name]--
			}
		case *ast.CallExpr:
			if f, ok := x.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(f.Sel.Name, "Set") && strings.HasSuffix(f.Sel.Name, "Deadline") {
				ast.Inspect(x, func(n ast.Node) bool {
					if selected(n, "time", "Now") {
						timers[n] = true
					}
					return true
				})
			}
			if selected(x.Fun, "time", "Since") && len(x.Args) == 1 {
				if id, ok := x.Args[0].(*ast.Ident); ok {
					sinces[id.Name]++
				}
			}
		}
		return true
	})
	for name, now := range starts {
		timers[now] = sinces[name] > 0 && uses[name] == sinces[name]
	}
}

func noSurprises(t tree) []string {
	files := t.goFiles(production, byHand)
	again := map[*ast.CallExpr]bool{} // panics that hand on what was recovered
	t.eachFunc(files, func(_ source, d *ast.FuncDecl) { repanics(d.Body, again) })
	return t.each(files, func(n ast.Node) string {
		if d, ok := n.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
			return "init runs before anybody can decide, order or test it"
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return ""
		}
		if id, ok := call.Fun.(*ast.Ident); !ok || id.Name != "panic" || len(call.Args) != 1 || selected(call.Args[0], "http", "ErrAbortHandler") || again[call] {
			return ""
		}
		if text, ok := literal(leftmost(call.Args[0])); ok && strings.HasPrefix(text, "BUG: ") {
			return ""
		}
		return `panic is for our own bugs, and its text begins "BUG: "; everything else is an error`
	})
}

// repanics notes the calls of panic with a variable in a body that recovers.
func repanics(body *ast.BlockStmt, again map[*ast.CallExpr]bool) {
	recovers := false
	var calls []*ast.CallExpr
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		id, ok := call.Fun.(*ast.Ident)
		recovers = recovers || ok && id.Name == "recover"
		if ok && id.Name == "panic" && len(call.Args) == 1 {
			if _, variable := call.Args[0].(*ast.Ident); variable {
				calls = append(calls, call)
			}
		}
		return true
	})
	for _, c := range calls {
		again[c] = recovers
	}
}

// leftmost returns the first operand of a sum, or the format of a Sprintf.
func leftmost(e ast.Expr) ast.Expr {
	for {
		switch x := e.(type) {
		case *ast.BinaryExpr:
			e = x.X
		case *ast.CallExpr:
			if !selected(x.Fun, "fmt", "Sprintf") || len(x.Args) == 0 {
				return e
			}
			e = x.Args[0]
		default:
			return e
		}
	}
}

func noKeptContext(t tree) []string {
	return t.each(t.goFiles(production), func(n ast.Node) string {
		s, ok := n.(*ast.StructType)
		if !ok {
			return ""
		}
		for _, f := range s.Fields.List {
			if selected(f.Type, "context", "Context") {
				return "a context in a struct outlives the call that it belongs to: pass it as the first argument"
			}
		}
		return ""
	})
}

func noDefaultClient(t tree) []string {
	names := []string{"Get", "Post", "PostForm", "Head", "DefaultClient", "DefaultTransport", "DefaultServeMux", "Handle", "HandleFunc", "ListenAndServe", "ListenAndServeTLS"}
	// Stand-ins speak to loopback, by requests that end with their context.
	files := t.goFiles(production, func(s source) bool { return !within(s.dir(), "internal/simulate") })
	bounded := map[string]bool{} // files that give each request a time of its own
	for _, f := range files {
		bounded[f.path] = mentions(f.ast, "WithTimeout")
	}
	return t.each(files, func(n ast.Node) string {
		switch x := n.(type) {
		case *ast.SelectorExpr:
			if pkg, ok := x.X.(*ast.Ident); ok && pkg.Name == "http" && slices.Contains(names, x.Sel.Name) {
				return "http." + x.Sel.Name + " has no timeout or is shared by the whole process: one party that hangs would hold up everything"
			}
		case *ast.CompositeLit:
			if selected(x.Type, "http", "Client") && key(x, "Timeout") == nil && !bounded[t.fset.Position(x.Pos()).Filename] {
				return "an http.Client without Timeout waits for ever"
			}
		}
		return ""
	})
}

// key returns the value of a field in a composite literal, nil when it is not set.
func key(c *ast.CompositeLit, name string) ast.Expr {
	for _, e := range c.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && id.Name == name {
				return kv.Value
			}
		}
	}
	return nil
}

func plainErrors(t tree) []string {
	return t.each(t.goFiles(production), func(n ast.Node) string {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 || !selected(call.Fun, "fmt", "Errorf") && !selected(call.Fun, "errors", "New") {
			return ""
		}
		text, _ := literal(call.Args[0])
		for _, bad := range []string{"failed to", "error while", "error when", "could not", "unable to", "cannot successfully"} {
			if strings.HasPrefix(strings.ToLower(text), bad) {
				return fmt.Sprintf("an error that begins %q reads badly when it is wrapped: name the attempt", text)
			}
		}
		return ""
	})
}

func noBlindTLS(t tree) []string {
	const why = "without a check of the certificate anybody on the way can be the vendor, and open doors"
	return t.each(t.goFiles(), func(n ast.Node) string {
		switch x := n.(type) {
		case *ast.AssignStmt:
			for _, l := range x.Lhs {
				if s, ok := l.(*ast.SelectorExpr); ok && s.Sel.Name == "InsecureSkipVerify" {
					return "InsecureSkipVerify is set away from the check that replaces it: " + why
				}
			}
		case *ast.CompositeLit:
			if key(x, "InsecureSkipVerify") == nil {
				return ""
			}
			check := key(x, "VerifyConnection")
			if check == nil || !mentions(check, "ConstantTimeCompare") {
				// VerifyPeerCertificate would not run when a session is resumed.
				return "InsecureSkipVerify without a VerifyConnection beside it that compares the certificate with a pin: " + why
			}
		}
		return ""
	})
}

// mentions reports whether a name is selected anywhere below the node.
func mentions(n ast.Node, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == name {
			found = true
		}
		return !found
	})
	return found
}

var placeName = regexp.MustCompile(`\b([Bb]ay|[Bb]ox|[Ss]im) \d|Northside|Old Mill|Harbour|Fairway 24`)

// noPlaceInPages finds places that are written into a face instead of read from their rows: the next one
// to be built would be missing.
func noPlaceInPages(t tree) []string {
	const why = " names a place: places are rows, and one that is added must show without a change of the program"
	face := func(s source) bool { return anyWithin(s.dir(), faces) }
	out := t.each(t.goFiles(production, byHand, face), func(n ast.Node) string {
		if e, ok := n.(ast.Expr); ok {
			if text, ok := literal(e); ok && placeName.MatchString(text) {
				return fmt.Sprintf("%.40q", text) + why
			}
		}
		return ""
	})
	for _, f := range t.files {
		if face(f) && strings.HasSuffix(f.path, ".templ") && placeName.MatchString(f.text) {
			out = append(out, f.path+why)
		}
	}
	return out
}

// leftovers are put together from pieces so that they do not find themselves.
var leftovers = []struct {
	words  *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`), "what is not done belongs into the tracker, where somebody reads it"},
	{regexp.MustCompile(`(^|[\s"'(=:` + "`" + `])/(wo` + `rk|tmp/bri` + `ef)[/.]`), "a path of the machine it was written on helps nobody else"},
	{regexp.MustCompile(`(?i)(cla` + `ude\.ai|cla` + `ude code|co-authored-` + `by|generated with \[)`), "how it was written is no part of the product"},
}

func noLeftovers(t tree) []string {
	var out []string
	for _, f := range t.files {
		for i, line := range strings.Split(f.text, "\n") {
			for _, l := range leftovers {
				if m := l.words.FindString(line); m != "" {
					out = append(out, fmt.Sprintf("%s:%d: %q: %s", f.path, i+1, strings.TrimSpace(m), l.reason))
				}
			}
		}
	}
	return out
}
