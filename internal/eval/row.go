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
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

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

// The marks with which some programs begin a file.
const (
	markUTF8    = "\xef\xbb\xbf"
	markUTF16LE = "\xff\xfe"
	markUTF16BE = "\xfe\xff"
)

// Read reads rows, whatever the ends of the lines and however long they are. Empty
// lines are skipped, bytes that are no UTF-8 stand for U+FFFD. An error names the line.
func Read(r io.Reader) ([]Row, error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	switch start, _ := lines.Peek(len(markUTF8)); { // a file may be shorter
	case string(start) == markUTF8:
		_, _ = lines.Discard(len(markUTF8)) // it has been peeked at
	case bytes.HasPrefix(start, []byte(markUTF16LE)), bytes.HasPrefix(start, []byte(markUTF16BE)):
		return nil, errors.New("the file is in UTF-16; it has to be in UTF-8")
	}
	var rows []Row
	for n := 1; ; n++ {
		b, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if b = bytes.TrimSpace(b); len(b) > 0 {
			row, err := parse(b)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			rows = append(rows, row)
		}
		if err != nil {
			break
		}
	}
	if len(rows) == 0 {
		return nil, errors.New(`there are no rows; each line is one, like {"text": "bay 2 froze", "label": "frozen", "split": "train"}`)
	}
	return rows, nil
}

func parse(b []byte) (Row, error) {
	var l line
	if b[0] != '{' {
		return Row{}, errors.New("not a JSON object; the data has one to a line")
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return Row{}, readable(err)
	}
	switch {
	case l.Text == nil:
		return Row{}, errors.New(`"text" is missing`)
	case l.Split == "":
		return Row{}, errors.New(`"split" is missing; it is train, val or test`)
	case l.Split != Train && l.Split != Val && l.Split != Test:
		return Row{}, fmt.Errorf(`"split" is %q; it is train, val or test`, l.Split)
	case l.Label == "" && !l.OOS:
		return Row{}, errors.New(`"label" is missing and "oos" is not true`)
	}
	row := Row{Event: pattern.Event{Domain: l.Domain, Text: *l.Text}, Label: l.Label, Split: l.Split}
	if l.OOS {
		row.Label = ""
	}
	row.context(l.Context)
	return row, nil
}

// readable says in words of the data what is wrong with its types.
func readable(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return err
	}
	want := "a text"
	switch wrong.Field {
	case "oos":
		want = "true or false"
	case "context":
		want = "an object"
	}
	return fmt.Errorf("%q is a JSON %s; it has to be %s", wrong.Field, wrong.Value, want)
}

// context sorts circumstances into tags and numbers. What is null is not known.
func (r *Row) context(c map[string]any) {
	for k, v := range c {
		if n, ok := v.(float64); ok {
			if r.Numbers == nil {
				r.Numbers = map[string]float64{}
			}
			r.Numbers[k] = n
			continue
		}
		if v == nil {
			continue
		}
		if r.Tags == nil {
			r.Tags = map[string]string{}
		}
		r.Tags[k] = fmt.Sprint(v)
	}
}

// parts are the rows by what they are for.
type parts struct{ train, val, test []Row }

// The errors of data that cannot be measured.
var (
	// ErrNoTraining says that no row is there to learn from.
	ErrNoTraining = errors.New(`no row has the split "train"`)
	// ErrNothingToJudge says that no row is there to be judged.
	ErrNothingToJudge = errors.New(`no row has the split "val" or "test"`)
)

// divide deals the rows.
func divide(rows []Row) (parts, error) {
	p := parts{of(rows, Train), of(rows, Val), of(rows, Test)}
	switch {
	case len(p.train) == 0:
		return p, ErrNoTraining
	case len(p.val)+len(p.test) == 0:
		return p, ErrNothingToJudge
	}
	return p, nil
}

// heldOut is every how manyth training row of a label calibrates when none is there for it.
const heldOut = 5

// holdOut makes val of a fifth of each label's training rows, which are then not learned from.
func (p *parts) holdOut() {
	all, count := p.train, map[string]int{}
	p.train = nil
	for _, r := range all {
		if count[r.Label]++; count[r.Label]%heldOut == 0 {
			p.val = append(p.val, r)
		} else {
			p.train = append(p.train, r)
		}
	}
}

// of returns the rows of a split.
func of(rows []Row, s Split) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Split != s })
}

// examples turns rows into what the engine learns from.
func examples(rows []Row) []pattern.Example {
	out := make([]pattern.Example, len(rows))
	for i, r := range rows {
		out[i] = pattern.Example{Event: r.Event, Label: r.Label}
	}
	return out
}
