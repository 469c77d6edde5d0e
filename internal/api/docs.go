package api

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

var sometime = time.Unix(0, 0) // a cookie is made only to learn its name

//go:embed docs.css
var docsCSS string

//go:embed docs.html
var docsHTML string

// docsPage writes the documentation once, from the description itself, so that the two cannot differ.
// It is plain HTML: no script, nothing from elsewhere.
func (a *api) docsPage(doc *huma.OpenAPI) []byte {
	type field struct{ Name, In, Type, Help string }
	type entry struct {
		ID, Method, Path, Summary, Detail string
		Fields                            []field
		Body, Answer                      string
	}
	type group struct {
		Name    string
		Entries []entry
	}
	type shape struct {
		Name   string
		Fields []field
	}
	var groups []group
	for _, row := range operations() {
		op := operationOf(doc, row)
		e := entry{ID: row.id, Method: row.method, Path: row.route(), Summary: op.Summary, Detail: op.Description}
		for _, p := range op.Parameters {
			if p.Name != "tenant" {
				e.Fields = append(e.Fields, field{p.Name, p.In, typeOf(p.Schema), p.Description})
			}
		}
		if op.RequestBody != nil {
			for _, media := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
				e.Body = strings.TrimPrefix(e.Body+", "+cmp.Or(typeOf(op.RequestBody.Content[media].Schema), "file")+" as "+media, ", ")
			}
		}
		for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
			if status[0] == '2' {
				e.Answer = status
				for _, m := range op.Responses[status].Content {
					e.Answer += " " + typeOf(m.Schema)
				}
			}
		}
		if len(groups) == 0 || groups[len(groups)-1].Name != row.tag {
			groups = append(groups, group{Name: row.tag})
		}
		groups[len(groups)-1].Entries = append(groups[len(groups)-1].Entries, e)
	}
	var shapes []shape
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		s := shape{Name: name}
		for _, prop := range slices.Sorted(maps.Keys(schemas[name].Properties)) {
			need := ""
			if slices.Contains(schemas[name].Required, prop) {
				need = "always"
			}
			s.Fields = append(s.Fields, field{prop, need, typeOf(schemas[name].Properties[prop]), schemas[name].Properties[prop].Description})
		}
		shapes = append(shapes, s)
	}
	type problemRow struct {
		Code, Title, Help string
		Status            int
	}
	var problems []problemRow
	for _, k := range kinds() {
		problems = append(problems, problemRow{k.code, k.title, k.help, k.status})
	}
	t := template.Must(template.New("docs").Funcs(template.FuncMap{"marked": marked}).Parse(docsHTML))
	var out bytes.Buffer
	err := t.Execute(&out, map[string]any{"Title": doc.Info.Title, "Version": doc.Info.Version, "Intro": doc.Info.Description, "Groups": groups, "Shapes": shapes, "Problems": problems, "Prefix": Prefix})
	if err != nil {
		panic("BUG: the documentation cannot be written: " + err.Error())
	}
	return out.Bytes()
}

func operationOf(doc *huma.OpenAPI, row operation) *huma.Operation {
	item := doc.Paths[row.route()]
	for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
		if op != nil && op.OperationID == row.id {
			return op
		}
	}
	panic("BUG: the description lacks " + row.id)
}

// typeOf names a schema for people.
func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeOf(s.Items)
	case s.Format != "":
		return s.Format
	}
	return s.Type
}

// marked turns the little Markdown of our own descriptions into HTML: paragraphs, **strong**, `code`.
func marked(s string) template.HTML {
	var b strings.Builder
	for _, para := range strings.Split(s, "\n\n") {
		b.WriteString("<p>")
		for i, part := range strings.Split(para, "`") {
			part = template.HTMLEscapeString(part)
			if i%2 == 1 {
				b.WriteString("<code>" + part + "</code>")
				continue
			}
			for j, piece := range strings.Split(part, "**") {
				if j%2 == 1 {
					piece = "<strong>" + piece + "</strong>"
				}
				b.WriteString(piece)
			}
		}
		b.WriteString("</p>")
	}
	return template.HTML(b.String()) //nolint:gosec // every part is escaped above, and all of it is ours
}
