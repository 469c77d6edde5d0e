package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func sqlRules() []rule {
	call := func(arg string) string {
		return "package x\n\nfunc f(db any, name string) {\n\tdb.QueryContext(ctx, " + arg + ")\n}\n"
	}
	const ok = "-- Doors: how people come in.\n\n-- +goose Up\nCREATE TABLE doors (id TEXT);\n\n-- +goose Down\nDROP TABLE doors;\n"
	return []rule{
		{name: "SQL outside store is a constant", check: constantSQL,
			breaks: []map[string]string{one("internal/desk/x.go", call(`"SELECT 1 FROM " + name`)), one("internal/desk/x.go", call(`fmt.Sprintf("SELECT 1 FROM %s", name)`)), one("internal/desk/x.go", call(`name`))},
			keeps:  []map[string]string{one("internal/desk/x.go", call(`"SELECT 1"`)), one("internal/desk/x.go", call("\"SELECT 1 \" +\n\"FROM doors\"")), one("internal/desk/x.go", call(`"SELECT 1 FROM " + pgx.Identifier{name}.Sanitize()`))}},
		{name: "nothing is formatted into SQL", check: noFormattedSQL,
			breaks: []map[string]string{one("internal/store/x.go", call(`fmt.Sprintf("SELECT 1 FROM %s", name)`)), one("internal/store/x.go", "package store\n\nvar q = fmt.Sprintf(`UPDATE doors SET name = '%s'`, name)\n")},
			keeps:  []map[string]string{one("internal/store/x.go", "package store\n\nvar q = fmt.Sprintf(`update of %s`, name)\n"), one("internal/store/x_test.go", call(`fmt.Sprintf("SELECT 1 FROM %s", name)`))}},
		{name: "queries name their columns", check: noStar,
			breaks: []map[string]string{one("internal/store/queries/x.sql", "-- name: FindDoors :many\nSELECT *\nFROM doors;\n"), one("internal/store/queries/x.sql", "SELECT d.* FROM doors d;\n")},
			keeps:  []map[string]string{one("internal/store/queries/x.sql", "SELECT COUNT(*) FROM doors;\n")}},
		{name: "migrations are numbered, explained and go both ways", check: migrations,
			breaks: []map[string]string{
				{"internal/store/migrations/tenant/00001_doors.sql": ok, "internal/store/migrations/tenant/00001_bays.sql": ok},
				one("internal/store/migrations/tenant/00001_doors.sql", strings.TrimSuffix(ok, "DROP TABLE doors;\n")),
				one("internal/store/migrations/tenant/00001_doors.sql", strings.Split(ok, "-- +goose Down")[0]),
				one("internal/store/migrations/tenant/00001_doors.sql", strings.SplitAfter(ok, "\n\n")[1]),
				one("internal/store/migrations/tenant/00001_doors.sql", strings.ReplaceAll(ok, "DROP TABLE doors", "DROP TABLE windows")),
				one("internal/store/migrations/tenant/doors.sql", ok),
			},
			keeps: []map[string]string{{"internal/store/migrations/tenant/00001_doors.sql": ok, "internal/store/migrations/control/00001_doors.sql": ok}}},
		{name: "migrations let older programs go on, or say that they cannot", check: expandOrContract,
			breaks: []map[string]string{
				one("internal/store/migrations/tenant/00026_x.sql", strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "ALTER TABLE doors DROP COLUMN colour;")),
				one("internal/store/migrations/tenant/00026_x.sql", strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "ALTER TABLE doors ADD COLUMN colour TEXT NOT NULL;")),
				one("internal/store/migrations/tenant/00026_x.sql", strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "ALTER TABLE doors RENAME TO gates;")),
				one("internal/store/migrations/control/00003_x.sql", "-- Contract: no doors.\n"+strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "DROP TABLE doors;")),
			},
			keeps: []map[string]string{
				one("internal/store/migrations/tenant/00026_x.sql", strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "ALTER TABLE doors ADD COLUMN colour TEXT NOT NULL DEFAULT '';")),
				one("internal/store/migrations/tenant/00026_x.sql", "-- Contract: doors have no colour.\n"+strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "ALTER TABLE doors DROP COLUMN colour;")),
				one("internal/store/migrations/tenant/00026_x.sql", "-- Expand: a wider check.\n"+strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "DROP TABLE doors;")),
				one("internal/store/migrations/tenant/00002_x.sql", strings.ReplaceAll(ok, "CREATE TABLE doors (id TEXT);", "DROP TABLE doors;")),
			}},
	}
}

// firstBesideOthers is the first migration of clubs' schemas that may run while older programs serve.
const firstBesideOthers = 26

var (
	takesAway   = regexp.MustCompile(`(?i)\bDROP\s+(TABLE|COLUMN|VIEW)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bADD\s+(CONSTRAINT|CHECK)\b|\bALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b`)
	addsColumn  = regexp.MustCompile(`(?i)\bADD\s+COLUMN\b[^;]*`)
	saysContent = regexp.MustCompile(`(?m)^-- (Expand|Contract): \S`)
)

// expandOrContract finds migrations after which a program that does not know them would fail, unless
// their head says so: "-- Contract: what is gone" has older programs refused, "-- Expand: why" says that
// they may go on all the same. The control plane is read by programs of every version.
func expandOrContract(t tree) []string {
	var out []string
	for _, f := range t.files {
		m := migrationName.FindStringSubmatch(path.Base(f.path))
		if !within(f.dir(), "internal/store/migrations") || m == nil || strings.HasSuffix(f.dir(), "_sqlite") {
			continue
		}
		control := path.Base(f.dir()) == "control"
		if n, err := strconv.Atoi(m[1]); err != nil || n < firstBesideOthers && !control {
			continue
		}
		_, rest, _ := strings.Cut(f.text, "-- +goose Up")
		up, _, _ := strings.Cut(rest, "-- +goose Down")
		up = withoutComments(up)
		taken := takesAway.MatchString(up) || slices.ContainsFunc(addsColumn.FindAllString(up, -1), func(column string) bool {
			column = strings.ToUpper(column)
			return strings.Contains(column, "NOT NULL") && !strings.Contains(column, "DEFAULT")
		})
		switch {
		case taken && control:
			out = append(out, f.path+": the control plane only ever gains: programs of every version read it")
		case taken && !saysContent.MatchString(f.text):
			out = append(out, f.path+`: programs that do not know it may fail beside it: say "-- Contract: what is gone", or "-- Expand: why they do not"`)
		}
	}
	return out
}

// isQuery reports whether a call hands SQL to a database, and returns the SQL's expression.
func isQuery(n ast.Node) (ast.Expr, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) < 2 {
		return nil, false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"QueryContext", "ExecContext", "QueryRowContext", "PrepareContext", "Exec", "Query", "QueryRow", "Prepare"}, s.Sel.Name) {
		return nil, false
	}
	return call.Args[1], true
}

// constant reports whether an expression is made of literals and quoted identifiers alone.
func constant(e ast.Expr) bool {
	if b, ok := e.(*ast.BinaryExpr); ok && b.Op == token.ADD {
		return constant(b.X) && constant(b.Y)
	}
	if call, ok := e.(*ast.CallExpr); ok {
		s, ok := call.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Sanitize" // pgx.Identifier's quoting
	}
	_, ok := literal(e)
	return ok
}

// constantSQL looks everywhere but in store, whose queries are generated, and in redis, which speaks no SQL.
func constantSQL(t tree) []string {
	return t.each(t.goFiles(production, func(s source) bool { return !within(s.dir(), "internal/store") && !within(s.dir(), "internal/redis") }), func(n ast.Node) string {
		if q, ok := isQuery(n); ok && !constant(q) {
			return "SQL that is put together at run time is one slip away from running what a member typed"
		}
		return ""
	})
}

var looksLikeSQL = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|WITH|SET|GRANT)\s`)

func noFormattedSQL(t tree) []string {
	return t.each(t.goFiles(notTest), func(n ast.Node) string {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 || !selected(call.Fun, "fmt", "Sprintf") && !selected(call.Fun, "fmt", "Sprint") && !selected(call.Fun, "fmt", "Appendf") {
			return ""
		}
		if text, ok := literal(call.Args[0]); ok && looksLikeSQL.MatchString(text) {
			return "fmt knows nothing of quoting: values go into SQL as arguments, names by an identifier that was checked"
		}
		return ""
	})
}

var star = regexp.MustCompile(`(?i)(SELECT|RETURNING)\s+(DISTINCT\s+)?\*|\b[a-z_]+\.\*`)

func noStar(t tree) []string {
	var out []string
	for _, f := range t.files {
		if path.Ext(f.path) == ".sql" && star.MatchString(withoutComments(f.text)) {
			out = append(out, f.path+": a query that takes every column breaks, or leaks, when one is added")
		}
	}
	return out
}

var sqlComment = regexp.MustCompile(`--[^\n]*`)

func withoutComments(sql string) string { return sqlComment.ReplaceAllString(sql, "") }

var (
	migrationName = regexp.MustCompile(`^(\d{5})_[a-z0-9_]+\.sql$`)
	created       = regexp.MustCompile(`(?i)\bCREATE (?:TABLE|VIEW) (?:IF NOT EXISTS )?([a-z_]+)`)
)

func migrations(t tree) []string {
	var out []string
	numbers := map[string][]int{}
	for _, f := range t.files {
		if !within(f.dir(), "internal/store/migrations") || path.Ext(f.path) != ".sql" {
			continue
		}
		m := migrationName.FindStringSubmatch(path.Base(f.path))
		if m == nil {
			out = append(out, f.path+": a migration is named 00001_what.sql, so that its place in the order is seen")
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			out = append(out, f.path+": "+err.Error())
		}
		numbers[f.dir()] = append(numbers[f.dir()], n)
		out = append(out, migration(f)...)
	}
	for _, dir := range slices.Sorted(maps.Keys(numbers)) {
		list := numbers[dir]
		slices.Sort(list)
		for i, n := range list {
			// One engine's own folder replaces single files of the other.
			if !strings.HasSuffix(dir, "_sqlite") && n != i+1 || i > 0 && n == list[i-1] {
				out = append(out, fmt.Sprintf("%s: number %d stands where %d belongs: a gap or a double lets two databases differ", dir, n, i+1))
				break
			}
		}
	}
	return out
}

// migration finds what is wrong with one file.
func migration(f source) []string {
	var out []string
	head, rest, up := strings.Cut(f.text, "-- +goose Up")
	forward, back, down := strings.Cut(rest, "-- +goose Down")
	if !strings.HasPrefix(strings.TrimSpace(head), "--") {
		out = append(out, f.path+": no comment at the head says why")
	}
	if !up || !down || strings.TrimSpace(withoutComments(forward)) == "" || strings.TrimSpace(withoutComments(back)) == "" {
		return append(out, f.path+": a migration has an Up and a Down, in this order and none empty: what cannot be taken back cannot be tried")
	}
	for _, m := range created.FindAllStringSubmatch(withoutComments(forward), -1) {
		// What is made under another name takes an older table's place, which Down drops under that name.
		if as := regexp.MustCompile(`(?i)\bALTER TABLE ` + m[1] + ` RENAME TO (\w+)`).FindStringSubmatch(forward); as != nil {
			m[1] = as[1]
		}
		if !regexp.MustCompile(`(?i)\bDROP (TABLE|VIEW) (IF EXISTS )?` + m[1] + `\b`).MatchString(back) {
			out = append(out, fmt.Sprintf("%s: Up creates %s and Down does not drop it: going up again would fail", f.path, m[1]))
		}
	}
	return out
}
