package lexicon

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed fields/*.txt
var fieldFiles embed.FS

//go:embed forms.txt
var formFile string

// field is words that mean alike or belong together.
type field struct {
	name   string // the names of its parents and its own, joined by "/"
	parent int    // index of the parent, or -1
	words  []string
}

// shipped reads the files that are part of the program. A line of forms.txt has
// the shape of a field: its name is the word that stands for the others.
func shipped() (fields, forms []field, err error) {
	entries, err := fieldFiles.ReadDir("fields")
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		text, err := fieldFiles.ReadFile(path.Join("fields", e.Name()))
		if err != nil {
			return nil, nil, err
		}
		if fields, err = parse(fields, string(text)); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	forms, err = parse(nil, formFile)
	return fields, forms, err
}

// parse appends the fields of a text to all. A field is a line "name: word word";
// one that stands two spaces deeper than a line above it is its child. Lines that
// begin with # are for the reader.
func parse(all []field, text string) ([]field, error) {
	var open []int // the fields that the next line may be a child of, by depth
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		name, words, ok := strings.Cut(line[indent:], ":")
		depth := indent / 2
		if !ok || name == "" || indent%2 != 0 || depth > len(open) {
			return nil, fmt.Errorf("line %d is no field: %q", n, line)
		}
		f := field{name: name, parent: -1, words: strings.Fields(words)}
		open = open[:depth]
		if depth > 0 {
			f.parent = open[depth-1]
			f.name = all[f.parent].name + "/" + name
		}
		open = append(open, len(all))
		all = append(all, f)
	}
	return all, nil
}
