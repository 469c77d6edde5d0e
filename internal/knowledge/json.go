package knowledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxDepth bounds the nesting of a JSON file; documents need six levels.
const maxDepth = 32

var errTooDeep = errors.New("it is nested too deeply")

// parseJSONTree reads JSON into the tree that YAML is read into, so that one walker serves both. It
// reads token by token, because that keeps lines and shows doubled keys.
func parseJSONTree(data []byte) (*yaml.Node, *Problem) {
	r := &jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	root, err := r.value(0)
	if err == nil {
		if _, more := r.dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more behind the end of the object")
		}
	}
	switch {
	case errors.Is(err, io.EOF) && len(bytes.TrimSpace(data)) == 0:
		return nil, &Problem{Path: "file", Msg: "it is empty"}
	case errors.Is(err, io.EOF):
		return nil, &Problem{Path: "file", Line: r.line(), Msg: "it ends too early"}
	case err != nil:
		return nil, &Problem{Path: "file", Line: r.line(), Msg: err.Error()}
	}
	return root, nil
}

type jsonReader struct {
	data []byte
	dec  *json.Decoder
	read int // how far lines have been counted
	seen int // line breaks up to there
}

func (r *jsonReader) line() int {
	at := min(int(r.dec.InputOffset()), len(r.data))
	r.seen += bytes.Count(r.data[r.read:at], []byte("\n"))
	r.read = at
	return r.seen + 1
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	tok, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line()}
	switch v := tok.(type) {
	case json.Delim:
		return r.group(n, v, depth)
	case string:
		n.Tag, n.Value = "!!str", v
	case json.Number:
		n.Tag, n.Value = "!!int", v.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
	case bool:
		n.Tag, n.Value = "!!bool", map[bool]string{true: "true", false: "false"}[v]
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// group reads what an opening bracket began. Keys of an object are values too; the decoder has made
// sure that they are text.
func (r *jsonReader) group(n *yaml.Node, open json.Delim, depth int) (*yaml.Node, error) {
	n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	if open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
	}
	for r.dec.More() {
		c, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, c)
	}
	_, err := r.dec.Token() // the closing bracket
	return n, err
}
