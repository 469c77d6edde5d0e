package page_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// void are the elements that have no end.
var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

// checkBalance reports elements that are not closed in order. A parser would mend that silently.
func checkBalance(src string) []string {
	var open, bad []string
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				bad = append(bad, fmt.Sprintf("never closed: %v", open))
			}
			return bad
		case html.StartTagToken:
			name, _ := z.TagName()
			if !slices.Contains(void, string(name)) {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return append(bad, fmt.Sprintf("</%s> closes %v", name, open))
			}
			open = open[:len(open)-1]
		}
	}
}

// call is a component call that templ took for text.
var call = regexp.MustCompile(`@[a-z]+\(`)

// checkPage reports what is wrong with a page: its structure, its labels and whatever the content
// security policy would refuse.
func checkPage(doc *html.Node) []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	ids := map[string]int{}
	labelled := map[string]bool{}
	walk(doc, func(n *html.Node) {
		if id := attr(n, "id"); id != "" {
			ids[id]++
		}
		if n.Data == "label" {
			labelled[attr(n, "for")] = true
		}
	})
	for id, n := range ids {
		if n > 1 {
			say("id %q stands %d times", id, n)
		}
	}
	level, h1 := 0, 0
	walk(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				say("<%s> has %s", n.Data, a.Key)
			}
			if slices.Contains([]string{"for", "aria-labelledby", "aria-describedby"}, a.Key) && ids[a.Val] == 0 {
				say("<%s %s=%q> refers to nothing", n.Data, a.Key, a.Val)
			}
			if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") {
				say("<%s %s=%q> leaves the house", n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "style":
			say("inline style sheet")
		case "script":
			if attr(n, "src") == "" || text(n) != "" {
				say("inline script")
			}
		case "form":
			if m := attr(n, "method"); m != "dialog" && (m == "" || attr(n, "action") == "") {
				say("a form without method and action")
			}
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && attr(n, "aria-hidden") != "true" && !labelled[attr(n, "id")] && attr(n, "aria-label") == "" {
				say("<%s name=%q> has no label", n.Data, attr(n, "name"))
			}
			if attr(n, "name") == "" {
				say("<%s id=%q> has no name", n.Data, attr(n, "id"))
			}
		case "button", "a", "summary":
			if name(n) == "" {
				say("<%s %v> has no name", n.Data, n.Attr)
			}
			if n.Data == "button" && attr(n, "type") == "" && !inside(n, "dialog") {
				say("button %q has no type", name(n))
			}
		case "img":
			if !has(n, "alt") {
				say("an image without alt")
			}
		case "svg":
			if attr(n, "aria-hidden") != "true" && attr(n, "aria-label") == "" {
				say("a drawing without a name")
			}
		case "path":
			if attr(n, "d") == "" {
				say("an empty path")
			}
		case "h1", "h2", "h3", "h4":
			if inside(n, "dialog") || inside(n, "nav") {
				return
			}
			l := int(n.Data[1] - '0')
			if l == 1 {
				h1++
			}
			if l > level+1 {
				say("%s %q follows a heading of level %d", n.Data, text(n), level)
			}
			level = l
		}
		if n.Data == "svg" && has(n, "class") && attr(n, "class") == "i" && n.FirstChild == nil {
			say("an icon without strokes in %q", text(n.Parent))
		}
	})
	if m := call.FindString(text(doc)); m != "" {
		say("a template call shows as text: %s", m)
	}
	if h1 != 1 {
		say("%d headings of level 1", h1)
	}
	return bad
}

func walk(n *html.Node, f func(*html.Node)) {
	if n.Type == html.ElementNode {
		f(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, f)
	}
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

// name is what a screen reader calls an element.
func name(n *html.Node) string {
	if l := attr(n, "aria-label"); l != "" {
		return l
	}
	return strings.TrimSpace(text(n))
}

func inside(n *html.Node, element string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == element {
			return true
		}
	}
	return false
}

// find returns the elements that have all of the given attributes: find(doc, "a", "class=btn", "href").
func find(doc *html.Node, element string, conds ...string) []*html.Node {
	var out []*html.Node
	walk(doc, func(n *html.Node) {
		if element != "" && n.Data != element {
			return
		}
		for _, c := range conds {
			k, v, exact := strings.Cut(c, "=")
			if !has(n, k) || exact && attr(n, k) != v && !slices.Contains(strings.Fields(attr(n, k)), v) {
				return
			}
		}
		out = append(out, n)
	})
	return out
}
