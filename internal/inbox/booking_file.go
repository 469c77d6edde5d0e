package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"clubos/internal/audit"
	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/store"
)

// Sources of bookings that a person brings in.
const (
	SourceFile = "csv"
	SourceHand = "hand"
)

// BookingFile is a file of bookings and how it is to be taken.
type BookingFile struct {
	Data  []byte
	Dates booking.DateOrder
	// Source says whose ids the file has: SourceFile (default), or "webhook" when later changes come by
	// webhook under the same ids.
	Source string
	By     club.Actor
	// Allows limits who brings the file to some locations; nil allows every one.
	Allows func(club.LocationID) bool
	DryRun bool // says what would happen
	Strict bool // takes nothing when anything is wrong
	// Progress is told how many lines are done. Nil tells nobody.
	Progress func(done, of int)
}

// FileLine is what becomes of a line.
type FileLine struct {
	Line       int
	ExternalID string
	Verdict    Verdict
	Before     store.Booking  // zero for a new one
	After      store.Booking  // zero when rejected
	Fault      *booking.Fault // when rejected
	Overlaps   string         // with what else the bay is taken at that time; "" with nothing
}

// FileReport is what becomes of a file.
type FileReport struct {
	Created, Changed, Cancelled, Unchanged, Kept, Rejected int

	Lines   []FileLine // by line, but for those that change nothing
	Ignored []string   // headings that are not understood
	Applied bool       // false for a dry run, and when strictness kept everything out
}

// Changes is how many bookings differ afterwards.
func (r FileReport) Changes() int { return r.Created + r.Changed + r.Cancelled }

// Fingerprint is the same for two reports that say the same: by it a confirmation knows whether what it
// confirms still holds.
func (r FileReport) Fingerprint() string {
	h := sha256.New()
	for _, l := range r.Lines {
		_, _ = fmt.Fprintf(h, "%d|%s|%d|%s\n", l.Line, l.Verdict, l.Before.UpdatedAt.UnixMicro(), told(l.After)) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// ImportBookingFile takes a file of bookings in one transaction: every good line and a list of the
// others, or nothing. Invalid or TooLarge when the file as a whole cannot be used.
func (in *Inbox) ImportBookingFile(ctx context.Context, tenant *store.Tenant, f BookingFile) (FileReport, error) {
	if f.Source == "" {
		f.Source = SourceFile
	}
	if f.Source != SourceFile && f.Source != "webhook" {
		return FileReport{}, club.Invalid("a file's bookings are of the source csv or webhook")
	}
	keys, err := in.keys(tenant)
	if err != nil {
		return FileReport{}, fmt.Errorf("open keys: %w", err)
	}
	var out FileReport
	run := func(dry bool) func(*store.Tx) error {
		return func(tx *store.Tx) (err error) {
			b := newBooker(tx, keys)
			b.dry, b.bulk, b.allows = dry, true, f.Allows
			out, err = b.file(ctx, f)
			return err
		}
	}
	if f.DryRun || f.Strict {
		if err := tenant.Read(ctx, run(true)); err != nil || f.DryRun || out.Rejected > 0 {
			return out, err
		}
	}
	if err := tenant.Write(ctx, run(false)); err != nil {
		return FileReport{}, err
	}
	return out, nil
}

func (b *booker) file(ctx context.Context, f BookingFile) (FileReport, error) {
	locations, err := b.places(ctx)
	if err != nil {
		return FileReport{}, err
	}
	zones := map[string]*time.Location{}
	read, err := booking.Read(f.Data, booking.Options{Dates: f.Dates, Source: f.Source, Zone: func(name string) (*time.Location, bool) {
		if z, ok := zones[name]; ok {
			return z, z != nil
		}
		l, err := b.location(ctx, name)
		if err == nil {
			zones[name], err = time.LoadLocation(l.TimeZone)
		}
		if err != nil {
			zones[name] = nil
		}
		return zones[name], err == nil
	}})
	if err != nil {
		return FileReport{}, err
	}
	if len(locations) == 0 {
		return FileReport{}, club.Invalid("the club has no locations yet; add them first")
	}
	out := FileReport{Ignored: read.Ignored, Rejected: len(read.Faults)}
	for _, fault := range read.Faults {
		out.Lines = append(out.Lines, FileLine{Line: fault.Line, Verdict: BookingRejected, Fault: &fault})
	}
	for i, row := range read.Rows {
		if i%500 == 0 && f.Progress != nil {
			f.Progress(i, len(read.Rows))
		}
		row.Change.Sequence, row.Change.By = b.tx.Now.UnixMicro(), f.By
		if err := b.line(ctx, row, &out); err != nil {
			return out, err
		}
	}
	if f.Progress != nil {
		f.Progress(len(read.Rows), len(read.Rows))
	}
	slices.SortStableFunc(out.Lines, func(x, y FileLine) int { return cmp.Compare(x.Line, y.Line) })
	if err := b.overlaps(ctx, out.Lines); err != nil {
		return out, err
	}
	if b.dry {
		return out, nil
	}
	if f.Strict && out.Rejected > 0 {
		return out, club.Conflict("the club's places have changed meanwhile; nothing was imported")
	}
	out.Applied = true
	if out.Changes() == 0 {
		return out, nil
	}
	if err := b.tell(ctx, true); err != nil {
		return out, err
	}
	b.tx.Changed(BookingTopic, "")
	by := f.By
	if by.Kind == "" {
		by = club.System("inbox")
	}
	return out, audit.Write(ctx, b.tx, audit.Entry{Actor: by, Action: "booking_file.imported", Object: "bookings",
		Detail: map[string]any{"source": f.Source, "created": out.Created, "changed": out.Changed, "cancelled": out.Cancelled, "unchanged": out.Unchanged + out.Kept, "rejected": out.Rejected}})
}

// line takes one line.
func (b *booker) line(ctx context.Context, row booking.Row, out *FileReport) error {
	s, err := b.put(ctx, row.Change)
	l := FileLine{Line: row.Line, ExternalID: row.Change.ExternalID, Verdict: s.verdict, Before: s.old, After: s.next}
	if club.CodeOf(err) == club.CodeInvalid {
		l.Verdict, l.After = BookingRejected, store.Booking{}
		if !errors.As(err, &l.Fault) {
			l.Fault = &booking.Fault{Problem: club.MessageOf(err), Remedy: "mend the line"}
		}
		fault := *l.Fault
		fault.Line = row.Line
		l.Fault, err = &fault, nil
	}
	if err != nil {
		return err
	}
	switch l.Verdict {
	case BookingCreated:
		out.Created++
	case BookingChanged:
		out.Changed++
	case BookingCancelled:
		out.Cancelled++
	case BookingKept:
		out.Kept++
	case BookingRejected:
		out.Rejected++
	case BookingUnchanged:
		out.Unchanged++
		return nil
	}
	out.Lines = append(out.Lines, l)
	return nil
}

// overlaps says of each line whether its bay is taken twice at that time, by another line or by a
// booking that is there already. Such a line is taken all the same: the booking system says so.
func (b *booker) overlaps(ctx context.Context, lines []FileLine) error {
	type slot struct {
		b    store.Booking
		line int // index; -1 for what is there already
	}
	var all []slot
	ofFile := map[club.BookingID]bool{}
	var since, until time.Time
	for i, l := range lines {
		ofFile[l.After.ID] = true
		if l.After.Status != club.BookingConfirmed || l.After.BayID.IsZero() || l.Verdict != BookingCreated && l.Verdict != BookingChanged {
			continue
		}
		all = append(all, slot{l.After, i})
		if since.IsZero() || l.After.StartsAt.Before(since) {
			since = l.After.StartsAt
		}
		if l.After.EndsAt.After(until) {
			until = l.After.EndsAt
		}
	}
	if len(all) == 0 {
		return nil
	}
	there, err := b.tx.FindStandingBookings(ctx, store.FindStandingBookingsParams{Since: since.Add(-24 * time.Hour), Until: until})
	if err != nil {
		return fmt.Errorf("find bookings: %w", err)
	}
	for _, x := range there {
		if !ofFile[x.ID] {
			all = append(all, slot{x, -1})
		}
	}
	slices.SortFunc(all, func(x, y slot) int {
		return cmp.Or(cmp.Compare(x.b.BayID, y.b.BayID), x.b.StartsAt.Compare(y.b.StartsAt), cmp.Compare(x.line, y.line))
	})
	note := func(of, with slot) {
		if of.line < 0 || lines[of.line].Overlaps != "" {
			return
		}
		lines[of.line].Overlaps = "a booking from " + SourceName(with.b.Source)
		if with.line >= 0 {
			lines[of.line].Overlaps = fmt.Sprintf("line %d", lines[with.line].Line)
		}
	}
	for i, x := range all {
		for _, y := range all[i+1:] {
			if y.b.BayID != x.b.BayID || !y.b.StartsAt.Before(x.b.EndsAt) {
				break
			}
			note(x, y)
			note(y, x)
		}
	}
	return nil
}

// SourceName names a booking's source for people.
func SourceName(source string) string {
	switch {
	case source == SourceFile:
		return "a file"
	case source == SourceHand:
		return "by hand"
	case source == "webhook":
		return "the booking system"
	case source == "api":
		return "the API"
	case len(source) > 5 && source[:5] == "ical:":
		return "a calendar feed"
	}
	return clip(source, 40)
}
