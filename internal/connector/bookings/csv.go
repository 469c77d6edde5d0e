package bookings

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
)

// RowError says what is wrong with one row of a file. Its text does not repeat the row's contents.
type RowError struct {
	Line int    // in the file, the heading being line 1
	Msg  string // for the person who imports it
}

func (e RowError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// mostRows bounds one import.
const mostRows = 50_000

// columns lists the headings that are understood, each with the other words for it.
func columns() map[string][]string {
	return map[string][]string{
		"booking_id": {"booking_id", "id", "booking", "reference"},
		"location":   {"location", "venue", "club"},
		"bay":        {"bay", "space", "resource", "simulator"},
		"start":      {"start", "start_time", "from"},
		"end":        {"end", "end_time", "to"},
		"status":     {"status"},
		"phone":      {"phone", "mobile", "customer_phone"},
		"email":      {"email", "e-mail", "customer_email"},
		"name":       {"name", "customer", "customer_name"},
	}
}

// ParseCSV reads bookings from a file with a heading row: booking_id, location, bay, start, end and,
// where known, status, phone, email, name, in any order; other columns are ignored. Times are RFC
// 3339, with their offset. Good rows are returned whatever is wrong with others.
func ParseCSV(r io.Reader) ([]club.BookingChange, []RowError) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		return nil, []RowError{{Line: 1, Msg: "the file has no heading row"}}
	}
	at, missing := headings(head)
	if len(missing) > 0 {
		return nil, []RowError{{Line: 1, Msg: "the heading row lacks " + strings.Join(missing, ", ")}}
	}
	var out []club.BookingChange
	var bad []RowError
	seen := map[string]int{}
	for n := 0; ; n++ {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, bad
		}
		line := n + 2
		if len(rec) > 0 {
			line, _ = in.FieldPos(0)
		}
		var pe *csv.ParseError
		switch {
		case errors.As(err, &pe):
			bad = append(bad, RowError{pe.StartLine, "the row's quotes do not match"})
			continue
		case err != nil:
			return out, append(bad, RowError{line, "the file could not be read further"})
		case n >= mostRows:
			return out, append(bad, RowError{line, fmt.Sprintf("the file has more than %d rows; the rest was not read", mostRows)})
		}
		b, msg := row(rec, at)
		if first, dup := seen[b.ExternalID]; msg == "" && dup {
			msg = fmt.Sprintf("the booking id is already on line %d", first)
		}
		if msg != "" {
			bad = append(bad, RowError{line, msg})
			continue
		}
		seen[b.ExternalID] = line
		out = append(out, b)
	}
}

func headings(head []string) (at map[string]int, missing []string) {
	at = map[string]int{}
	for i, h := range head {
		h = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))), " ", "_")
		for name, words := range columns() {
			if _, taken := at[name]; !taken && slices.Contains(words, h) {
				at[name] = i
			}
		}
	}
	for _, must := range []string{"booking_id", "location", "bay", "start", "end"} {
		if _, ok := at[must]; !ok {
			missing = append(missing, must)
		}
	}
	return at, missing
}

func row(rec []string, at map[string]int) (b club.BookingChange, msg string) {
	get := func(name string) string {
		if i, ok := at[name]; ok && i < len(rec) {
			return strings.TrimSpace(rec[i])
		}
		return ""
	}
	b = club.BookingChange{
		Source: SourceCSV, ExternalID: get("booking_id"), Location: get("location"), Bay: get("bay"),
		Cancelled: isCancelled(get("status")), Phone: get("phone"), Email: get("email"), Name: get("name"),
	}
	for name, to := range map[string]*time.Time{"start": &b.Start, "end": &b.End} {
		if v := get(name); v != "" {
			t, err := time.Parse(time.RFC3339, strings.Replace(v, " ", "T", 1))
			if err != nil {
				return b, name + " is not a time like 2026-11-26T18:00:00-05:00"
			}
			*to = utc(t)
		}
	}
	if err := check(b); err != nil {
		return b, club.MessageOf(err)
	}
	if !b.Cancelled && (b.Location == "" || b.Bay == "") {
		return b, "the booking needs a location and a bay"
	}
	return b, ""
}
