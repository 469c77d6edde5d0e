package knowledge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"clubos/internal/act/catalogue"
)

// maxFile is the size of a file that is read, in bytes.
const maxFile = 4 << 20

// Format is the form of a file of documents.
type Format string

// The formats.
const (
	FormatYAML Format = "yaml"
	FormatJSON Format = "json"
)

// Import reads a file and checks all of it: syntax, each document by itself, and the documents against
// each other. Problems carry the line of the file. The documents count only if there are no problems.
func Import(r io.Reader, f Format, cat *catalogue.Catalogue) ([]Document, []Problem) {
	docs, w := read(r, f)
	if len(w.problems) > 0 {
		return docs, w.problems
	}
	problems := ValidateAll(docs, cat)
	for i := range problems {
		problems[i].Line = w.lineOf(problems[i].Path)
	}
	return docs, problems
}

// ParseYAML reads documents from YAML: a list under the key "sops". It is strict: unknown or doubled
// keys, values of another type, anchors and further YAML documents are problems, and all problems are
// reported at once. Whether the documents make sense is for ValidateAll.
func ParseYAML(r io.Reader) ([]Document, []Problem) {
	docs, w := read(r, FormatYAML)
	return docs, w.problems
}

// ParseJSON reads documents from JSON as strictly as ParseYAML reads YAML.
func ParseJSON(r io.Reader) ([]Document, []Problem) {
	docs, w := read(r, FormatJSON)
	return docs, w.problems
}

func read(r io.Reader, f Format) ([]Document, *walker) {
	w := &walker{lines: map[string]int{}}
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		w.addLine(0, "file", "it cannot be read")
		return nil, w
	case len(data) > maxFile:
		w.addLine(0, "file", "it is larger than %d bytes", maxFile)
		return nil, w
	}
	root, problem := parseTree(data, f)
	if problem != nil {
		w.problems = append(w.problems, *problem)
		return nil, w
	}
	return w.file(root), w
}

func parseTree(data []byte, f Format) (*yaml.Node, *Problem) {
	if f == FormatJSON {
		return parseJSONTree(data)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var root, second yaml.Node
	if err := dec.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Problem{Path: "file", Msg: "it is empty"}
		}
		return nil, &Problem{Path: "file", Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, &Problem{Path: "file", Msg: "there is more than one YAML document in it"}
	}
	if len(root.Content) != 1 {
		return nil, &Problem{Path: "file", Msg: "it is empty"}
	}
	if n := findAlias(root.Content[0]); n != nil {
		return nil, &Problem{Path: "file", Line: n.Line, Msg: "anchors and aliases are not supported"}
	}
	return root.Content[0], nil
}

func findAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return n
	}
	for _, c := range n.Content {
		if a := findAlias(c); a != nil {
			return a
		}
	}
	return nil
}

// walker turns a tree into documents and collects what does not fit.
type walker struct {
	problems []Problem
	lines    map[string]int // of every path that was read
}

func (w *walker) addLine(line int, path, format string, args ...any) {
	w.problems = append(w.problems, Problem{Path: path, Line: line, Msg: fmt.Sprintf(format, args...)})
}

func (w *walker) add(n *yaml.Node, path, format string, args ...any) {
	w.addLine(n.Line, path, format, args...)
}

// lineOf finds the line of a path, or of the nearest part of the file around it.
func (w *walker) lineOf(path string) int {
	for path != "" {
		if line, ok := w.lines[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexByte(path, '.'), strings.LastIndexByte(path, '['), 0)]
	}
	return 0
}

// field reads one key's value at a path.
type field func(n *yaml.Node, path string)

// object reads a mapping by its known keys.
func (w *walker) object(n *yaml.Node, path string, fields map[string]field) {
	if n.Kind != yaml.MappingNode {
		w.add(n, path, "must be an object with the keys %s", strings.Join(keys(fields), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		at := join(path, k.Value)
		read, known := fields[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode || !known:
			w.add(k, path, "unknown key %q%s", clip(k.Value), suggest(k.Value, keys(fields)))
		case seen[k.Value]:
			w.add(k, at, "the key stands here twice")
		default:
			seen[k.Value] = true
			w.lines[at] = k.Line
			read(v, at)
		}
	}
}

func (w *walker) list(n *yaml.Node, path string, item field) {
	if n.Kind != yaml.SequenceNode {
		w.add(n, path, "must be a list")
		return
	}
	for i, c := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		w.lines[at] = c.Line
		item(c, at)
	}
}

// text reads text into dst. A bare number or true is a problem, because it is rarely meant.
func text[S ~string](w *walker, dst *S) field {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
			w.add(n, path, "must be text (in quotes, where it looks like something else)")
			return
		}
		*dst = S(n.Value)
	}
}

func (w *walker) decode(dst any, what string) field {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || n.Decode(dst) != nil {
			w.add(n, path, "must be %s", what)
		}
	}
}
