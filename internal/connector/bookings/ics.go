package bookings

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
)

// Limits of one feed: what is beyond them is no booking calendar.
const (
	mostLine   = 64 << 10
	mostEvents = 20_000
)

// ParseICS reads the bookings of an iCalendar object (RFC 5545). Times without a zone of their own
// are in zone. Events that cannot be understood are left out, because one odd entry must not hide
// all others; an error means that the whole could not be read, and then nothing is returned.
//
// The bay is the event's LOCATION and the location the calendar's name (X-WR-CALNAME). SUMMARY is
// not taken for a person. Recurrences are not expanded: booking systems write out each slot, and an
// exception of a series has its RECURRENCE-ID in its ExternalID. SEQUENCE and LAST-MODIFIED make
// one number, the former counting more.
//
// The parser is our own because calendar libraries give up the whole feed at the first bad line.
func ParseICS(r io.Reader, zone *time.Location) ([]club.BookingChange, error) {
	if zone == nil {
		zone = time.UTC
	}
	p := icsParser{zone: zone}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), mostLine)
	var logical string
	for lines.Scan() {
		l := strings.TrimSuffix(lines.Text(), "\r")
		if l != "" && (l[0] == ' ' || l[0] == '\t') { // a folded line goes on (section 3.1)
			if len(logical)+len(l) > mostLine {
				return nil, club.Invalid("the calendar has a line that is too long")
			}
			logical += l[1:]
			continue
		}
		if err := p.line(logical); err != nil {
			return nil, err
		}
		logical = l
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, club.Invalid("the calendar has a line that is too long")
	} else if lines.Err() != nil {
		return nil, lines.Err()
	}
	if err := p.line(logical); err != nil {
		return nil, err
	}
	if !p.began || !p.ended {
		return nil, club.Invalid("this is not a whole calendar: BEGIN:VCALENDAR or its end is missing")
	}
	for i := range p.out {
		p.out[i].Location = p.name
	}
	return p.out, nil
}

type icsParser struct {
	zone         *time.Location
	name         string
	began, ended bool
	inside       []string // the components we are in
	ev           *icsEvent
	out          []club.BookingChange
}

type icsEvent struct {
	b          club.BookingChange
	recurrence string
	day        bool // DTSTART is a DATE
	length     time.Duration
	sequence   int64
	modified   time.Time
	attendees  int
}

func (p *icsParser) line(l string) error {
	name, params, value, ok := splitProperty(l)
	if !ok {
		return nil
	}
	switch name {
	case "BEGIN":
		comp := strings.ToUpper(value)
		if len(p.inside) >= 8 {
			return club.Invalid("the calendar is nested too deeply")
		}
		p.inside = append(p.inside, comp)
		if comp == "VCALENDAR" {
			p.began = true
		}
		if comp == "VEVENT" {
			p.ev = &icsEvent{}
		}
	case "END":
		return p.end(strings.ToUpper(value))
	case "X-WR-CALNAME":
		if len(p.inside) == 1 {
			p.name = unescape(value)
		}
	default:
		if p.ev != nil && p.inside[len(p.inside)-1] == "VEVENT" {
			p.property(name, params, value)
		}
	}
	return nil
}

func (p *icsParser) end(comp string) error {
	for n := len(p.inside); n > 0; n-- {
		if p.inside[n-1] == comp {
			p.inside = p.inside[:n-1]
			break
		}
	}
	if comp != "VEVENT" && !slices.Contains(p.inside, "VEVENT") { // it ended around an event that did not
		p.ev = nil
	}
	switch comp {
	case "VCALENDAR":
		p.ended = true
	case "VEVENT":
		if p.ev == nil {
			return nil
		}
		b := p.ev.booking()
		p.ev = nil
		if check(b) != nil {
			return nil
		}
		if len(p.out) >= mostEvents {
			return club.Invalid("the calendar has more than %d events", mostEvents)
		}
		p.out = append(p.out, b)
	}
	return nil
}

func (p *icsParser) property(name string, params map[string]string, value string) {
	e := p.ev
	switch name {
	case "UID":
		e.b.ExternalID = value
	case "RECURRENCE-ID":
		e.recurrence = value
	case "DTSTART":
		e.b.Start, e.day = p.instant(params, value)
	case "DTEND":
		e.b.End, _ = p.instant(params, value)
	case "DURATION":
		e.length = duration(value)
	case "STATUS":
		e.b.Cancelled = isCancelled(value)
	case "LOCATION":
		e.b.Bay = unescape(value)
	case "SEQUENCE":
		e.sequence, _ = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	case "LAST-MODIFIED":
		e.modified, _ = p.instant(params, value)
	case "ATTENDEE":
		if e.attendees++; len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
			e.b.Email, e.b.Name = value[7:], unescape(params["CN"])
		}
	}
}

func (e *icsEvent) booking() club.BookingChange {
	b := e.b
	b.Source = SourceICal
	if e.recurrence != "" && b.ExternalID != "" {
		b.ExternalID += "/" + e.recurrence
	}
	if e.attendees > 1 { // of several nobody can say who holds the booking
		b.Email, b.Name = "", ""
	}
	if b.End.IsZero() && !b.Start.IsZero() {
		switch {
		case e.length > 0:
			b.End = b.Start.Add(e.length)
		case e.day:
			b.End = b.Start.AddDate(0, 0, 1)
		}
	}
	b.Start, b.End = utc(b.Start), utc(b.End)
	var secs int64
	if !e.modified.IsZero() {
		secs = min(max(e.modified.Unix(), 0), 1<<40-1)
	}
	b.Sequence = min(max(e.sequence, 0), 1<<22)<<40 | secs
	return b
}

// instant reads DATE, floating and zoned DATE-TIME (sections 3.3.4 and 3.3.5). Zero when it cannot.
func (p *icsParser) instant(params map[string]string, value string) (t time.Time, day bool) {
	value = strings.TrimSpace(value)
	zone := p.zone
	if id := params["TZID"]; id != "" {
		zone = findZone(id, p.zone)
	}
	switch {
	case len(value) == 8:
		t, err := time.ParseInLocation("20060102", value, zone)
		return zeroOn(t, err), err == nil
	case strings.HasSuffix(value, "Z"):
		t, err := time.Parse("20060102T150405Z", value)
		return zeroOn(t, err), false
	}
	t, err := time.ParseInLocation("20060102T150405", value, zone)
	return zeroOn(t, err), false
}

func zeroOn(t time.Time, err error) time.Time {
	if err != nil {
		return time.Time{}
	}
	return t
}

// findZone knows IANA names, IANA names behind a vendor's prefix, and the names that Microsoft's
// programs write for North America. Others mean the club's own zone.
func findZone(id string, fallback *time.Location) *time.Location {
	id = strings.Trim(id, `"`)
	for rest := id; ; {
		if z, err := time.LoadLocation(rest); err == nil && rest != "" && rest != "Local" {
			return z
		}
		_, after, ok := strings.Cut(rest, "/")
		if !ok {
			break
		}
		rest = after
	}
	windows := map[string]string{
		"Eastern Standard Time": "America/New_York", "Central Standard Time": "America/Chicago", "Mountain Standard Time": "America/Denver",
		"US Mountain Standard Time": "America/Phoenix", "Pacific Standard Time": "America/Los_Angeles", "Alaskan Standard Time": "America/Anchorage",
		"Hawaiian Standard Time": "Pacific/Honolulu", "Atlantic Standard Time": "America/Halifax", "GMT Standard Time": "Europe/London",
	}
	if z, err := time.LoadLocation(windows[id]); err == nil && windows[id] != "" {
		return z
	}
	return fallback
}

// splitProperty cuts name;PARAM=value;PARAM="quoted":value (section 3.1).
func splitProperty(l string) (name string, params map[string]string, value string, ok bool) {
	if !utf8.ValidString(l) {
		l = strings.ToValidUTF8(l, "\ufffd")
	}
	quoted := false
	start := 0
	var parts []string
	for i := range len(l) {
		switch c := l[i]; {
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			parts, start = append(parts, l[start:i]), i+1
		case c == ':' && !quoted:
			parts = append(parts, l[start:i])
			params = map[string]string{}
			for _, p := range parts[1:] {
				k, v, _ := strings.Cut(p, "=")
				params[strings.ToUpper(k)] = strings.Trim(v, `"`)
			}
			return strings.ToUpper(parts[0]), params, l[i+1:], parts[0] != ""
		}
	}
	return "", nil, "", false
}

// unescape reads TEXT (section 3.3.11).
func unescape(s string) string {
	return strings.TrimSpace(strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n", `\N`, "\n").Replace(s))
}

// duration reads P[n]W and P[n]DT[n]H[n]M[n]S (section 3.3.6); 0 when it cannot.
func duration(s string) time.Duration {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(s), "+"), "P")
	if !ok {
		return 0
	}
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}
	var total time.Duration
	n := 0
	for i := range len(rest) {
		switch c := rest[i]; {
		case c >= '0' && c <= '9' && n < 100_000:
			n = n*10 + int(c-'0')
		case c == 'T':
		case units[c] > 0:
			total, n = total+time.Duration(n)*units[c], 0
		default:
			return 0
		}
	}
	if total > 366*24*time.Hour {
		return 0
	}
	return total
}
