package booking

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
)

// Options say how a file is to be read.
type Options struct {
	// Zone finds the time zone of a location by what the file calls it. Required.
	Zone func(location string) (*time.Location, bool)
	// Dates says what comes first in dates like 3/4/2026. DatesAuto finds it out by the other dates of
	// the file.
	Dates DateOrder
	// Source is what the changes carry. Default "csv".
	Source string
}

// Row is a line that can be used.
type Row struct {
	Line   int
	Change club.BookingChange
}

// File is what was read.
type File struct {
	Rows    []Row
	Faults  []Fault  // by line
	Ignored []string // headings that are not understood
}

// Read reads a file with a heading row. Good lines are returned whatever is wrong with others. Invalid or
// TooLarge when the file as a whole cannot be used; nothing is read of it then.
func Read(data []byte, o Options) (File, error) {
	if o.Source == "" {
		o.Source = "csv"
	}
	text, err := plain(data)
	if err != nil {
		return File{}, err
	}
	records, faults, err := split(text)
	if err != nil {
		return File{}, err
	}
	t := table{options: o, at: map[string]int{}, width: len(records[0].fields)}
	if err := t.headings(records[0].fields); err != nil {
		return File{}, err
	}
	records = records[1:]
	if err := t.order(records); err != nil {
		return File{}, err
	}
	out := File{Faults: faults, Ignored: t.ignored}
	seen := map[string]int{}
	for _, r := range records {
		c, fault := t.row(r.fields)
		if first, twice := seen[c.ExternalID]; fault == nil && twice {
			fault = &Fault{Column: "booking_id", Problem: fmt.Sprintf("the booking is on line %d already", first), Remedy: "keep one line for each booking; the first one counts"}
		}
		if fault != nil {
			fault.Line = r.line
			out.Faults = append(out.Faults, *fault)
			continue
		}
		seen[c.ExternalID] = r.line
		out.Rows = append(out.Rows, Row{r.line, c})
	}
	slices.SortStableFunc(out.Faults, func(a, b Fault) int { return a.Line - b.Line })
	return out, nil
}

// plain returns the file's text. What spreadsheets commonly save in place of UTF-8 text is named.
func plain(data []byte) (string, error) {
	switch {
	case len(data) > MaxBytes:
		return "", &club.Error{Code: club.CodeTooLarge, Msg: fmt.Sprintf("the file is larger than %d MB; split it, by month for example", MaxBytes>>20)}
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return "", club.Invalid("this is a spreadsheet; save it as “CSV UTF-8” and send that file")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.IndexByte(data, 0) >= 0:
		return "", club.Invalid("the file is not UTF-8 text; save it as “CSV UTF-8”")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(data)) == 0 {
		return "", club.Invalid("the file is empty")
	}
	if !utf8.Valid(data) {
		return "", club.Invalid("line %d holds characters that are not UTF-8; save the file as “CSV UTF-8”", lineOfInvalid(data))
	}
	return string(data), nil
}

func lineOfInvalid(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[n:]
	}
	return line
}

type record struct {
	line   int
	fields []string
}

// split reads the records of a text; the first is the heading. A record whose quotes do not match is a
// fault of its own.
func split(text string) ([]record, []Fault, error) {
	var comma rune
	skipped := 0
	if first, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(strings.ToLower(first), "sep=") && len(strings.TrimSpace(first)) == 5 {
		comma, text, skipped = rune(first[4]), rest, 1 // a line by which spreadsheets are told the separator
	} else {
		comma = separator(text)
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.TrimLeadingSpace = comma, -1, comma != '\t'
	var out []record
	var faults []Fault
	for {
		fields, err := in.Read()
		var pe *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if len(out) == 0 {
				return nil, nil, club.Invalid("the file has no heading row")
			}
			return out, faults, nil
		case errors.As(err, &pe) && len(out) == 0:
			return nil, nil, club.Invalid("the quotes of the heading row do not match")
		case errors.As(err, &pe):
			faults = append(faults, Fault{Line: pe.StartLine + skipped, Problem: "the quotes do not match", Remedy: "put quotes around a whole value only, and write a quote within it twice; the lines up to the next matching quote were not read"})
			continue
		case err != nil:
			return nil, nil, club.Invalid("the file cannot be read as comma-separated values")
		}
		if !slices.ContainsFunc(fields, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue // spreadsheets leave lines of nothing but separators
		}
		if len(out) > MaxRows {
			return nil, nil, &club.Error{Code: club.CodeTooLarge, Msg: fmt.Sprintf("the file has more than %d bookings; split it, by month for example", MaxRows)}
		}
		line, _ := in.FieldPos(0)
		out = append(out, record{line + skipped, fields})
	}
}

// separator is what separates most of the heading row: a comma, a semicolon or a tab.
func separator(text string) rune {
	head, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := strings.Count(head, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// table reads the rows under a heading.
type table struct {
	options Options
	at      map[string]int // column → index
	width   int
	ignored []string
}

func (t *table) headings(head []string) error {
	for i, h := range head {
		h = strings.TrimSpace(h)
		word := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(h))
		found := false
		for _, c := range Columns() {
			if found = word == c.Name || slices.Contains(c.Also, word) || slices.Contains(c.Also, strings.ToLower(h)); !found {
				continue
			}
			if _, twice := t.at[c.Name]; twice {
				return club.Invalid("the heading row names %s twice; remove one of the columns", c.Name)
			}
			t.at[c.Name] = i
			break
		}
		if !found && h != "" {
			t.ignored = append(t.ignored, h)
		}
	}
	var missing []string
	for _, c := range Columns() {
		if _, ok := t.at[c.Name]; !ok && c.Required {
			missing = append(missing, c.Name)
		}
	}
	_, end := t.at["end"]
	_, duration := t.at["duration"]
	if !end && !duration {
		missing = append(missing, "end")
	}
	if len(missing) > 0 {
		return club.Invalid("the heading row lacks %s; the first line of the file names the columns", strings.Join(missing, ", "))
	}
	return nil
}

func (t *table) get(fields []string, name string) string {
	if i, ok := t.at[name]; ok && i < len(fields) {
		return strings.TrimSpace(fields[i])
	}
	return ""
}

// row reads one line.
func (t *table) row(fields []string) (c club.BookingChange, fault *Fault) {
	if len(fields) > t.width {
		return c, &Fault{Problem: fmt.Sprintf("the line has %d values, but the heading has %d columns", len(fields), t.width), Remedy: "put quotes around a value that holds the separator"}
	}
	get := func(name string) string { return t.get(fields, name) }
	c = club.BookingChange{Source: t.options.Source, ExternalID: get("booking_id"), Location: get("location"), Bay: get("bay"), Phone: get("phone"), Email: get("email"), Name: get("name")}
	if c.ExternalID == "" {
		return c, &Fault{Column: "booking_id", Problem: "the booking has no id", Remedy: "give each booking the id that it has in your system"}
	}
	if len(c.ExternalID) > 200 {
		return c, &Fault{Column: "booking_id", Problem: "the id is longer than 200 bytes", Remedy: "use a shorter one"}
	}
	var ok bool
	if c.Cancelled, ok = statusOf(get("status")); !ok {
		return c, &Fault{Column: "status", Problem: "this is no status", Remedy: "write confirmed or cancelled"}
	}
	if c.Cancelled && get("start") == "" {
		return c, nil // a cancellation needs nothing but its id
	}
	if c.Bay == "" && !c.Cancelled {
		return c, &Fault{Column: "bay", Problem: "the booking has no bay", Remedy: "write the bay's number or name"}
	}
	zone, known := t.options.Zone(c.Location)
	if !known && c.Location == "" {
		return c, &Fault{Column: "location", Problem: "the line does not say which location it is for", Remedy: "write the location's name as the page Places shows it"}
	}
	if !known {
		return c, &Fault{Column: "location", Problem: "there is no location of this name", Remedy: "write its name as the page Places shows it, or add it there"}
	}
	return c, t.times(&c, get, zone)
}

// times reads start and end.
func (t *table) times(c *club.BookingChange, get func(string) string, zone *time.Location) *Fault {
	day := get("date")
	var fault *Fault
	if c.Start, fault = instant(day, get("start"), zone, t.options.Dates); fault != nil {
		fault.Column = "start"
		return fault
	}
	switch end, duration := get("end"), get("duration"); {
	case end == "" && duration == "":
		return &Fault{Column: "end", Problem: "the booking has no end", Remedy: "write when it ends, or how long it is in minutes"}
	case end == "":
		d, ok := minutes(duration)
		if !ok {
			return &Fault{Column: "duration", Problem: "this is no duration", Remedy: "write minutes, like 90, or hours and minutes, like 1:30"}
		}
		c.End = c.Start.Add(d)
	default:
		if day == "" && isClock(end) { // the start says the day
			day = c.Start.In(zone).Format(time.DateOnly)
		}
		if c.End, fault = instant(day, end, zone, t.options.Dates); fault != nil {
			fault.Column = "end"
			return fault
		}
		if isClock(end) && !c.End.After(c.Start) { // past midnight
			next := c.Start.In(zone).AddDate(0, 0, 1).Format(time.DateOnly)
			if c.End, fault = instant(next, end, zone, t.options.Dates); fault != nil {
				fault.Column = "end"
				return fault
			}
		}
	}
	if fault := Span(c.Start, c.End); fault != nil {
		return fault
	}
	return nil
}

// Span checks that a booking ends after it begins, and within a day.
func Span(start, end time.Time) *Fault {
	switch d := end.Sub(start); {
	case d <= 0:
		return &Fault{Column: "end", Problem: "the booking ends before it begins", Remedy: "check start and end, and their time zones"}
	case d > 24*time.Hour:
		return &Fault{Column: "end", Problem: "the booking is longer than a day", Remedy: "check the dates, or make one booking for each day"}
	}
	return nil
}

// statusOf reads a status in the words of common booking systems.
func statusOf(s string) (cancelled, ok bool) {
	switch strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(s)) {
	case "", "confirmed", "booked", "active", "approved", "paid", "completed", "complete", "checked in", "arrived", "accepted", "ok":
		return false, true
	case "cancelled", "canceled", "deleted", "void", "voided", "refunded", "rejected", "declined":
		return true, true
	}
	return false, false
}
