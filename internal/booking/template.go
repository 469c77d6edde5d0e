package booking

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"time"
)

// Template returns a file to fill in: the headings, and one booking as an example at a location.
func Template(location string, day time.Time) ([]byte, error) {
	var head, row []string
	for _, c := range Columns() {
		example := c.Example
		switch c.Name {
		case "date", "duration":
			continue
		case "location":
			example = location
		case "start":
			example = day.Format(time.DateOnly) + " 18:00"
		case "end":
			example = day.Format(time.DateOnly) + " 19:00"
		}
		head, row = append(head, c.Name), append(row, example)
	}
	var b bytes.Buffer
	b.WriteString("\ufeff") // so that spreadsheets read it as UTF-8
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.WriteAll([][]string{head, row}); err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	return b.Bytes(), nil
}
