package knowledge

import (
	"encoding/json"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// library is the form of a file.
type library struct {
	SOPs []Document `yaml:"sops" json:"sops"`
}

// WriteYAML writes documents as a file that ParseYAML reads back as they are.
func WriteYAML(w io.Writer, docs []Document) error {
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(library{SOPs: docs}); err != nil {
		return fmt.Errorf("write SOPs as YAML: %w", err)
	}
	return enc.Close()
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
