package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func wiringRules() []rule {
	const spec = "package setting\n\nvar specs = []Spec{text(\"club.name\", func(s *Settings) *string { return &s.ClubName }), sla(\"sla.high\", escalation(high))}\n\n" +
		"func escalation(p string) any { return func(s *Settings) any { return &s.EscalationSLA } }\n"
	reads := func(what string) string {
		return "package desk\n\nimport \"clubos/internal/setting\"\n\nfunc f(s setting.Settings) { _ = " + what + " }\n"
	}
	config := func(use string) map[string]string {
		return one("internal/app/config.go", "package app\n\ntype Config struct {\n\tListen string `env:\"CLUBOS_LISTEN\"`\n}\n\nfunc (c Config) Validate() error { _ = c.Listen; _ = c.addr(); return nil }\n\nfunc (c Config) addr() string { return c.Listen }\n\n"+use)
	}
	codes := "package club\n\nconst (\n\tCodeLimited Code = \"limited\"\n\tCodeInternal Code = \"internal\"\n)\n\nfunc Codes() []Code { return []Code{CodeLimited, CodeInternal} }\n"
	kinds := func(a, b string) string {
		return "package x\n\ntype a struct{}\n\nfunc (a) Kind() string { return \"" + a + "\" }\n\ntype b struct{}\n\nfunc (b) Kind() string { return \"" + b + "\" }\n"
	}
	return []rule{
		{name: "every setting is read by some code", check: settingsAreRead,
			breaks: []map[string]string{
				{"internal/setting/specs.go": spec, "internal/desk/x.go": reads("s.ClubName")},
				{"internal/setting/specs.go": spec, "internal/desk/x.go": strings.ReplaceAll(reads("s.ClubName, s.EscalationSLA"), "_ = s.ClubName,", "s.ClubName = \"\"; _ =")},
				{"internal/setting/specs.go": spec, "internal/desk/x.go": reads("s.EscalationSLA"), "internal/desk/x_test.go": reads("s.ClubName")},
			},
			keeps: []map[string]string{{"internal/setting/specs.go": spec, "internal/desk/x.go": reads("s.EscalationSLA[s.ClubName]")}}},
		{name: "every environment variable is used", check: configIsUsed,
			breaks: []map[string]string{config("")},
			keeps:  []map[string]string{config("func run(c Config) { _ = c.addr() }\n"), config("func run(c Config) { _ = c.Listen }\n")}},
		{name: "every error code has its form at every face", check: codesAreMapped,
			breaks: []map[string]string{
				{"internal/club/error.go": codes, "internal/api/x.go": "package api\n\nvar _ = club.CodeInternal\n"},
				{"internal/club/error.go": codes, "cmd/clubos/main.go": "package main\n\nfunc main() {}\n"},
				one("internal/club/error.go", strings.ReplaceAll(codes, "{CodeLimited, CodeInternal}", "{CodeInternal}")),
			},
			keeps: []map[string]string{{"internal/club/error.go": codes, "internal/api/x.go": "package api\n\nvar _ = club.CodeLimited\n", "internal/console/page/x.go": "package page\n"}}},
		{name: "a kind of job means one thing", check: jobKinds,
			breaks: []map[string]string{one("internal/x/x.go", kinds("send", "send")), one("internal/x/x.go", kinds("send", "readIt")), one("internal/x/x.go", "package x\n\nfunc f(r any) { r.Every(\"sweep\", 1); r.Every(\"sweep\", 1) }\n")},
			keeps:  []map[string]string{one("internal/x/x.go", kinds("send", "read_it"))}},
	}
}

// settingsAreRead finds settings whose field in Settings no code outside package setting looks at: a
// switch on the admin's page that does nothing.
func settingsAreRead(t tree) []string {
	fields := settingFields(t)
	read := map[string]bool{}
	importers := map[string]bool{}
	for _, f := range t.goFiles(production) {
		if slices.Contains(f.imports(), "internal/setting") {
			importers[f.dir()] = true
		}
	}
	for _, f := range t.goFiles(production, func(s source) bool { return importers[s.dir()] }) {
		readSelectors(f.ast, func(name string) { read[name] = true })
	}
	// Methods of Settings that others call read on their behalf.
	t.eachFunc(t.goFiles(production, under("internal/setting")), func(_ source, d *ast.FuncDecl) {
		if receiver(d) == "Settings" && read[d.Name.Name] {
			readSelectors(d.Body, func(name string) { read[name] = true })
		}
	})
	var out []string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if field := fields[key]; !read[field] {
			out = append(out, fmt.Sprintf("setting %q (Settings.%s) is read by no code: whoever changes it is deceived", key, field))
		}
	}
	return out
}

// settingFields returns the field of Settings behind each key of the table specs.
func settingFields(t tree) map[string]string {
	out := map[string]string{}
	makers := map[string]string{} // functions of the table that name a field
	files := t.goFiles(production, under("internal/setting"))
	t.eachFunc(files, func(_ source, d *ast.FuncDecl) {
		if d.Recv == nil {
			makers[d.Name.Name] = addressed(d.Body)
		}
	})
	for _, f := range files {
		for _, d := range f.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				v, ok := s.(*ast.ValueSpec)
				if !ok || v.Names[0].Name != "specs" || len(v.Values) == 0 {
					continue
				}
				ast.Inspect(v.Values[0], func(n ast.Node) bool {
					call, ok := n.(*ast.CallExpr)
					if !ok || len(call.Args) < 2 {
						return true
					}
					name, ok := literal(call.Args[0])
					if !ok {
						return true
					}
					last := call.Args[len(call.Args)-1]
					field := addressed(last)
					if c, ok := last.(*ast.CallExpr); ok && field == "" {
						if id, ok := c.Fun.(*ast.Ident); ok {
							field = makers[id.Name]
						}
					}
					out[name] = field
					return false
				})
			}
		}
	}
	return out
}

// addressed returns the field in the first &s.Field or &s.Field.Part below the node.
func addressed(n ast.Node) string {
	field := ""
	ast.Inspect(n, func(n ast.Node) bool {
		u, ok := n.(*ast.UnaryExpr)
		if !ok || u.Op != token.AND || field != "" {
			return field == ""
		}
		s, ok := u.X.(*ast.SelectorExpr)
		for ok {
			field = s.Sel.Name
			s, ok = s.X.(*ast.SelectorExpr)
		}
		return false
	})
	return field
}

// readSelectors calls found for every selected name below the node that is not merely assigned to.
func readSelectors(root ast.Node, found func(string)) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			for _, l := range x.Lhs {
				if s, ok := l.(*ast.SelectorExpr); ok {
					readSelectors(s.X, found)
				} else {
					readSelectors(l, found)
				}
			}
			for _, r := range x.Rhs {
				readSelectors(r, found)
			}
			return false
		case *ast.SelectorExpr:
			found(x.Sel.Name)
		}
		return true
	})
}

// configIsUsed finds environment variables that are at most checked. A use counts outside Validate and
// Describe; one in a method of Config counts when something other than Validate calls the method.
func configIsUsed(t tree) []string {
	files := t.goFiles(production, func(s source) bool { return within(s.dir(), "internal/app") || within(s.dir(), "cmd") })
	uses := map[string]map[string]bool{} // function → names that it selects
	methods := map[string]bool{}
	t.eachFunc(files, func(f source, d *ast.FuncDecl) {
		name := f.dir() + "." + receiver(d) + "." + d.Name.Name
		if receiver(d) == "Config" {
			name = d.Name.Name
			methods[name] = true
		}
		uses[name] = map[string]bool{}
		readSelectors(d.Body, func(s string) { uses[name][s] = true })
	})
	live := map[string]bool{} // names that are selected where it counts
	for {
		before := len(live)
		for fn, names := range uses {
			if fn == "Validate" || fn == "Describe" || methods[fn] && !live[fn] {
				continue
			}
			for n := range names {
				live[n] = true
			}
		}
		if len(live) == before {
			break
		}
	}
	var out []string
	for _, f := range files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			ts, ok := n.(*ast.TypeSpec)
			if !ok || ts.Name.Name != "Config" {
				return true
			}
			s, ok := ts.Type.(*ast.StructType)
			if !ok {
				return false
			}
			for _, field := range s.Fields.List {
				if field.Tag == nil || !strings.Contains(field.Tag.Value, `env:"`) {
					continue
				}
				for _, name := range field.Names {
					if !live[name.Name] {
						out = append(out, fmt.Sprintf("%s: %s (%s) is at most checked and never used: whoever sets it is deceived", t.at(field), name.Name, field.Tag.Value))
					}
				}
			}
			return false
		})
	}
	return out
}

// codesAreMapped finds error codes that a face does not name, so that they would all become a 500. A
// command has two exit statuses for all codes, and decides by club.CodeOf.
func codesAreMapped(t tree) []string {
	var all []string
	listed := map[string]bool{}
	for _, f := range t.goFiles(production, under("internal/club")) {
		for _, d := range f.ast.Decls {
			switch x := d.(type) {
			case *ast.GenDecl:
				for _, s := range x.Specs {
					v, ok := s.(*ast.ValueSpec)
					if id, isID := typeOf(v, ok).(*ast.Ident); isID && x.Tok == token.CONST && id.Name == "Code" {
						all = append(all, v.Names[0].Name)
					}
				}
			case *ast.FuncDecl:
				if x.Name.Name == "Codes" {
					ast.Inspect(x.Body, func(n ast.Node) bool {
						if id, ok := n.(*ast.Ident); ok {
							listed[id.Name] = true
						}
						return true
					})
				}
			}
		}
	}
	var out []string
	for _, c := range all {
		if !listed[c] {
			out = append(out, "club.Codes does not list "+c+": the list is what faces are checked against")
		}
	}
	for _, face := range faces {
		out = append(out, unmapped(t, face, all)...)
	}
	if cmd := t.goFiles(production, under("cmd/clubos")); len(cmd) > 0 && !slices.ContainsFunc(cmd, func(f source) bool { return mentions(f.ast, "CodeOf") }) {
		out = append(out, "cmd/clubos never asks club.CodeOf: its exit status must tell a wrong call from a failure")
	}
	return out
}

func typeOf(v *ast.ValueSpec, ok bool) ast.Expr {
	if !ok {
		return nil
	}
	return v.Type
}

// unmapped looks at a face that has code of its own; one that is only a directory of parts is not one.
func unmapped(t tree, face string, codes []string) []string {
	files := t.goFiles(production, func(s source) bool { return s.dir() == face })
	if len(files) == 0 {
		return nil
	}
	named := map[string]bool{"CodeInternal": true} // what no code maps is internal
	for _, f := range files {
		readSelectors(f.ast, func(s string) { named[s] = true })
	}
	var out []string
	for _, c := range codes {
		if !named[c] {
			out = append(out, fmt.Sprintf("%s has no form for club.%s: it would look like our bug", face, c))
		}
	}
	return out
}

var kindName = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// jobKinds finds kinds and names of periodic jobs that are used twice: a stored job would be worked by
// the wrong handler.
func jobKinds(t tree) []string {
	var out []string
	kinds, ticks := map[string]string{}, map[string]string{}
	note := func(seen map[string]string, name string, n ast.Node) {
		if first, taken := seen[name]; taken {
			out = append(out, fmt.Sprintf("%s: %q is taken by %s: a stored job would reach the wrong handler", t.at(n), name, first))
		}
		seen[name] = t.at(n)
	}
	files := t.goFiles(production)
	t.eachFunc(files, func(_ source, d *ast.FuncDecl) {
		if d.Recv == nil || d.Name.Name != "Kind" || len(d.Body.List) != 1 {
			return
		}
		r, ok := d.Body.List[0].(*ast.ReturnStmt)
		if !ok || len(r.Results) != 1 {
			return
		}
		name, ok := literal(r.Results[0])
		if !ok {
			return
		}
		note(kinds, name, d)
		if !kindName.MatchString(name) {
			out = append(out, fmt.Sprintf("%s: kind %q: kinds are stored, so they are written one way: lower_case", t.at(d), name))
		}
	})
	for _, f := range files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Every" {
				if name, ok := literal(call.Args[0]); ok {
					note(ticks, name, call)
				}
			}
			return true
		})
	}
	return out
}
