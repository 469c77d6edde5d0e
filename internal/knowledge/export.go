package knowledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// library is the form of a file.
type library struct {
	SOPs []Document `json:"sops"`
}

// WriteJSON writes documents as a file that ParseJSON reads back as they are.
func WriteJSON(w io.Writer, docs []Document) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if docs == nil {
		docs = []Document{}
	}
	if err := enc.Encode(library{SOPs: docs}); err != nil {
		return fmt.Errorf("write SOPs as JSON: %w", err)
	}
	return nil
}

// WriteYAML writes documents as a file that ParseYAML reads back as they are. It goes by way of the
// JSON form, because a tree in which every value has its type leaves the YAML library nothing to
// guess: it would write the text "<<" bare, and read that back as a merge.
func WriteYAML(w io.Writer, docs []Document) error {
	var buf bytes.Buffer
	if err := WriteJSON(&buf, docs); err != nil {
		return err
	}
	root, problem := parseJSONTree(buf.Bytes())
	if problem != nil {
		return fmt.Errorf("write SOPs as YAML: %w", errors.New(problem.Msg))
	}
	for _, doc := range root.Content[1].Content {
		shorten(doc)
	}
	quote(root)
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return fmt.Errorf("write SOPs as YAML: %w", err)
	}
	return enc.Close()
}

// shorten puts the parts of a document that have a short form into it: a trigger of the mode similar
// becomes its text, the global scope its name.
func shorten(doc *yaml.Node) {
	for i := 0; i+1 < len(doc.Content); i += 2 {
		switch k, v := doc.Content[i], doc.Content[i+1]; k.Value {
		case "triggers":
			for j, t := range v.Content { // {mode: …, text: …}
				if t.Content[1].Value == string(TriggerSimilar) {
					v.Content[j] = t.Content[3]
				}
			}
		case "scope":
			if len(v.Content) == 2 && v.Content[1].Value == string(ScopeGlobal) {
				doc.Content[i+1] = v.Content[1]
			}
		}
	}
}

// plainText is what may stand without quotes: beginning with a letter and without a character that
// means something to YAML.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 _.,;!?'()/-]*$`)

// quote marks every text that is not certainly read as text for double quotes. Line breaks are left
// as escapes: block text loses some of them.
func quote(n *yaml.Node) {
	for _, c := range n.Content {
		quote(c)
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		return
	}
	bare := yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}
	switch strings.ToLower(n.Value) {
	case "yes", "no", "on", "off", "y", "n": // other readers take these for true and false
	default:
		if plainText.MatchString(n.Value) && !strings.HasSuffix(n.Value, " ") && bare.ShortTag() == "!!str" {
			return
		}
	}
	n.Style = yaml.DoubleQuotedStyle
}
