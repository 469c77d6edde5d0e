package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser keeps cookies, follows redirects and reads pages, as one without scripts does.
type browser struct {
	t       testing.TB
	handler http.Handler
	cookies map[string]string

	path   string // of the last page, with its query
	status int
	header http.Header
	body   string
	doc    *html.Node
}

func (h *house) browser() *browser {
	return &browser{t: h.t, handler: h.handler, cookies: map[string]string{}}
}

// send does one request and keeps the answer.
func (b *browser) send(r *http.Request) {
	b.t.Helper()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, k := range w.Result().Cookies() {
		if k.MaxAge < 0 {
			delete(b.cookies, k.Name)
		} else {
			b.cookies[k.Name] = k.Value
		}
	}
	b.path, b.status, b.header, b.body = r.URL.RequestURI(), w.Code, w.Result().Header, w.Body.String()
	doc, err := html.Parse(strings.NewReader(b.body))
	if err != nil {
		b.t.Fatal(err)
	}
	b.doc = doc
}

// get opens a page and follows where it leads.
func (b *browser) get(path string) *browser {
	b.t.Helper()
	b.send(httptest.NewRequest(http.MethodGet, path, nil))
	return b.follow()
}

func (b *browser) follow() *browser {
	b.t.Helper()
	for range 5 {
		if b.status != http.StatusSeeOther || strings.HasPrefix(b.header.Get("Location"), "http") {
			return b
		}
		to, _, _ := strings.Cut(b.header.Get("Location"), "#") // a fragment stays in the browser
		b.send(httptest.NewRequest(http.MethodGet, to, nil))
	}
	b.t.Fatalf("%s leads nowhere", b.path)
	return b
}

// post sends fields (name, value, …) and stays at the answer.
func (b *browser) post(path string, fields ...string) *browser {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.postForm(path, form)
}

func (b *browser) postForm(path string, form url.Values) *browser {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	b.send(r)
	return b
}

// submit fills in the form of the page whose action ends so, presses its button and follows. Fields that
// the page does not have fail the test.
func (b *browser) submit(action string, fields ...string) *browser {
	b.t.Helper()
	form := b.form(action)
	values := valuesOf(form)
	if id := attr(form, "id"); id != "" { // fields that belong to the form and lie elsewhere
		for _, n := range find(b.doc, "input[form="+id+"]") {
			values.Add(attr(n, "name"), attr(n, "value"))
		}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if !hasField(form, fields[i]) {
			b.t.Fatalf("the form %s of %s has no field %q", action, b.path, fields[i])
		}
		values.Set(fields[i], fields[i+1])
	}
	return b.postForm(attr(form, "action"), values).follow()
}

// form finds the first form whose action, or a button's own, ends so.
func (b *browser) form(action string) *html.Node {
	b.t.Helper()
	for _, f := range find(b.doc, "form[method=post]") {
		if strings.HasSuffix(attr(f, "action"), action) {
			return f
		}
	}
	b.t.Fatalf("%s (%d) has no form %s", b.path, b.status, action)
	return nil
}

func valuesOf(form *html.Node) url.Values {
	out := url.Values{}
	for _, n := range find(form, "input") {
		kind := attr(n, "type")
		if (kind == "checkbox" || kind == "radio") && !has(n, "checked") {
			continue
		}
		out.Add(attr(n, "name"), attr(n, "value"))
	}
	for _, n := range find(form, "textarea") {
		out.Add(attr(n, "name"), text(n))
	}
	for _, n := range find(form, "select") {
		options := find(n, "option")
		i := max(0, slices.IndexFunc(options, func(o *html.Node) bool { return has(o, "selected") }))
		if len(options) > 0 {
			out.Add(attr(n, "name"), attr(options[i], "value"))
		}
	}
	return out
}

func hasField(form *html.Node, name string) bool {
	return slices.ContainsFunc(find(form, ""), func(n *html.Node) bool { return attr(n, "name") == name })
}

// want fails unless the page has the status and, where given, shows the texts.
func (b *browser) want(status int, texts ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Errorf("%s answered %d, want %d: %s", b.path, b.status, status, clipText(text(b.doc)))
	}
	for _, s := range texts {
		if !strings.Contains(text(b.doc), s) {
			b.t.Errorf("%s does not say %q: %s", b.path, s, clipText(text(b.doc)))
		}
	}
	return b
}

func clipText(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 1500 {
		return s[:1500] + "…"
	}
	return s
}

// see returns the text of the first element that a selector finds.
func (b *browser) see(selector string) string {
	b.t.Helper()
	found := find(b.doc, selector)
	if len(found) == 0 {
		b.t.Errorf("%s has no %s", b.path, selector)
		return ""
	}
	return strings.Join(strings.Fields(text(found[0])), " ")
}

// find returns the elements below a node that a selector finds: simple selectors (tag, #id, .class,
// [attr], [attr=value]) with spaces between them for "somewhere within".
func find(n *html.Node, selector string) (out []*html.Node) {
	parts := strings.Fields(selector)
	if len(parts) == 0 {
		parts = []string{""}
	}
	nodes := []*html.Node{n}
	for _, p := range parts {
		var next []*html.Node
		for _, m := range nodes {
			for c := range m.Descendants() {
				if c.Type == html.ElementNode && matches(c, p) && !slices.Contains(next, c) {
					next = append(next, c)
				}
			}
		}
		nodes = next
	}
	return nodes
}

func matches(n *html.Node, simple string) bool {
	name := simple
	if i := strings.IndexAny(simple, "#.["); i >= 0 {
		name = simple[:i]
	}
	if name != "" && n.Data != name {
		return false
	}
	for rest := simple[len(name):]; rest != ""; {
		end := strings.IndexAny(rest[1:], "#.[") + 1
		if rest[0] == '[' {
			end = strings.IndexByte(rest, ']') + 1
		}
		if end == 0 {
			end = len(rest)
		}
		one := rest[1:end]
		switch rest[0] {
		case '#':
			if attr(n, "id") != one {
				return false
			}
		case '.':
			if !slices.Contains(strings.Fields(attr(n, "class")), one) {
				return false
			}
		case '[':
			key, value, exact := strings.Cut(strings.TrimSuffix(one, "]"), "=")
			if !has(n, key) || exact && attr(n, key) != value {
				return false
			}
		}
		rest = rest[end:]
	}
	return true
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(text(c))
	}
	return b.String()
}
