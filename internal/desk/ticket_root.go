package desk

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// site is where a ticket belongs, for the words of a root-cause ticket.
type site struct {
	Name string // of the bay, the device or the location
	Full string // with the location
	In   string // "in", "at"
	Zone *time.Location
}

func placeOf(ctx context.Context, tx *store.Tx, t store.Ticket) (site, error) {
	full, err := place(ctx, tx, t.LocationID, t.BayID)
	if err != nil {
		return site{}, err
	}
	out := site{Name: full, Full: full, In: "at", Zone: time.UTC}
	l, err := tx.FindLocation(ctx, t.LocationID)
	if err != nil {
		return out, fmt.Errorf("find location: %w", err)
	}
	out.Zone = club.Zone(l.TimeZone)
	switch {
	case !t.BayID.IsZero():
		out.Name, out.In = strings.TrimPrefix(full, l.Name+", "), "in"
	case !t.DeviceID.IsZero():
		v, err := tx.FindDevice(ctx, t.DeviceID)
		if err != nil {
			return out, fmt.Errorf("find device: %w", err)
		}
		out.Name, out.Full = v.Name, l.Name+", "+v.Name
	}
	return out, nil
}

// rootTitle is "Recurring: TrackMan frozen in Bay 2 (4 times in 14 days)".
func rootTitle(fault string, where site, times int, window time.Duration) string {
	fault = clip(strings.TrimSpace(fault), 70)
	if !strings.Contains(strings.ToLower(fault), strings.ToLower(where.Name)) {
		fault += " " + where.In + " " + where.Name
	}
	return "Recurring: " + fault + " " + timesIn(times, window)
}

func timesIn(times int, window time.Duration) string {
	return fmt.Sprintf("(%d times in %s)", times, club.Span(window))
}

var counted = regexp.MustCompile(`^(Recurring: .+) \(\d+ times in [^()]+\)$`)

// recounted puts the present count into a root-cause ticket's title, unless a person has given it another.
func recounted(title string, times int, window time.Duration) string {
	m := counted.FindStringSubmatch(title)
	if m == nil || times < 2 {
		return title
	}
	return m[1] + " " + timesIn(times, window)
}

// recurredText says that a ticket came on top of those that a root-cause ticket lists. Seen is newest
// first and begins with t.
func recurredText(t store.Ticket, seen []store.Ticket) string {
	text := fmt.Sprintf("#%d %s", t.Number, clip(t.Title, 120))
	if len(seen) > 1 {
		text += ", " + club.Span(t.CreatedAt.Sub(seen[1].CreatedAt)) + " after #" + fmt.Sprint(seen[1].Number)
	}
	return text
}

// rootBody tells the story of a fault: each ticket, what was done about it, and how long it held.
func (d *Desk) rootBody(ctx context.Context, tx *store.Tx, where site, seen []store.Ticket, rule recurrenceRule) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "The same fault has come back: %d times in %s, %s. Find out why, rather than mend it once more.", len(seen), club.Span(rule.Window), where.Full)
	for i := len(seen) - 1; i >= 0; i-- {
		t := seen[i]
		fmt.Fprintf(&b, "\n\n#%d, %s: %s", t.Number, t.CreatedAt.In(where.Zone).Format("Mon 2 Jan 15:04"), clip(t.Title, 120))
		if i < len(seen)-1 {
			fmt.Fprintf(&b, "\n%s after #%d", club.Span(t.CreatedAt.Sub(seen[i+1].CreatedAt)), seen[i+1].Number)
		}
		what, err := d.whatWasDone(ctx, tx, t)
		if err != nil {
			return "", err
		}
		for _, line := range what {
			b.WriteString("\n" + line)
		}
	}
	return b.String(), nil
}

// whatWasDone tells what the machine tried about a ticket's matter, what colleagues noted last, and how it
// ended.
func (d *Desk) whatWasDone(ctx context.Context, tx *store.Tx, t store.Ticket) ([]string, error) {
	var lines, names []string
	if !t.ThreadID.IsZero() {
		th, err := thread.Find(ctx, tx, t.ThreadID)
		if err != nil {
			return nil, err
		}
		if names, err = d.names(ctx, tx, th); err != nil {
			return nil, err
		}
		tried, err := tx.FindDeskExecutions(ctx, store.FindDeskExecutionsParams{ThreadID: t.ThreadID, Limit: 5})
		if err != nil {
			return nil, fmt.Errorf("find executions: %w", err)
		}
		for i := len(tried) - 1; i >= 0; i-- {
			lines = append(lines, fmt.Sprintf("Tried: %s, %s", strings.ReplaceAll(string(tried[i].Action), "_", " "), tried[i].Outcome))
		}
	}
	events, err := d.events(ctx, tx, t.ID)
	if err != nil {
		return nil, err
	}
	for i := len(events) - 1; i >= 0; i-- {
		if e := events[i]; e.Kind == "comment" {
			words := strings.Join(strings.Fields(phrase.Mask(e.Text, names...)), " ")
			lines = append(lines, "Noted: "+clip(words, 200))
			break
		}
	}
	switch {
	case done(t.Status) && t.ResolvedAt != nil:
		return append(lines, fmt.Sprintf("%s after %s", capital(string(t.Status)), club.Span(t.ResolvedAt.Sub(t.CreatedAt)))), nil
	case t.Status == club.TicketOpen:
		return append(lines, "Not taken up yet"), nil
	}
	return append(lines, "Not done yet"), nil
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
