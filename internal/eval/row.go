// Package eval measures the pattern engine on labelled data: how often it knows
// the right label, how well it tells what it does not know, and whether the
// errors of what it answers alone stay under the bound that it promises.
//
// The data is one JSON object a line: {"text", "label", "split": "train", "val"
// or "test", "oos": true for texts of no label, "context": {…}}. The engine is
// the one that decides in production; nothing here computes a score.
package eval

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"clubos/internal/pattern"
)

// Split is the part that a row has in a measurement.
type Split string

// The splits.
const (
	Train Split = "train"
	Val   Split = "val"
	Test  Split = "test"
)

// Row is one labelled event.
type Row struct {
	pattern.Event
	Label string // empty when out of scope
	Split Split
}

// line is a row as it stands in a file.
type line struct {
	Text    *string        `json:"text"`
	Label   string         `json:"label"`
	Split   Split          `json:"split"`
	OOS     bool           `json:"oos"`
	Context map[string]any `json:"context"`
	Domain  pattern.Domain `json:"domain"`
}

// maxLine bounds the length of a line, in bytes.
const maxLine = 4 << 20

// Read reads rows. An error names the line.
func Read(r io.Reader) ([]Row, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var rows []Row
	n := 0
	for lines.Scan() {
		n++
		if len(lines.Bytes()) == 0 {
			continue
		}
		row, err := parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("there are no rows")
	}
	return rows, nil
}

func parse(b []byte) (Row, error) {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return Row{}, err
	}
	switch {
	case l.Text == nil:
		return Row{}, fmt.Errorf(`"text" is missing`)
	case l.Split == "":
		return Row{}, fmt.Errorf(`"split" is missing; it is train, val or test`)
	case l.Split != Train && l.Split != Val && l.Split != Test:
		return Row{}, fmt.Errorf(`"split" is %q; it is train, val or test`, l.Split)
	case l.Label == "" && !l.OOS:
		return Row{}, fmt.Errorf(`"label" is missing and "oos" is not true`)
	}
	row := Row{Event: pattern.Event{Domain: l.Domain, Text: *l.Text}, Label: l.Label, Split: l.Split}
	if l.OOS {
		row.Label = ""
	}
	row.context(l.Context)
	return row, nil
}

// context sorts circumstances into tags and numbers.
func (r *Row) context(c map[string]any) {
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if v, ok := c[k].(float64); ok {
			if r.Numbers == nil {
				r.Numbers = map[string]float64{}
			}
			r.Numbers[k] = v
			continue
		}
		if r.Tags == nil {
			r.Tags = map[string]string{}
		}
		r.Tags[k] = fmt.Sprint(c[k])
	}
}

// of returns the rows of a split.
func of(rows []Row, s Split) []Row {
	var out []Row
	for _, r := range rows {
		if r.Split == s {
			out = append(out, r)
		}
	}
	return out
}

// examples turns rows into what the engine learns from.
func examples(rows []Row) []pattern.Example {
	out := make([]pattern.Example, len(rows))
	for i, r := range rows {
		out[i] = pattern.Example{Event: r.Event, Label: r.Label}
	}
	return out
}
