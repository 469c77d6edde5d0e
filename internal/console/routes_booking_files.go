package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/inbox"
	"clubos/internal/store"
)

// mostLines is how many lines of a file a preview shows of each kind.
const mostLines = 200

func bookingDates(selected string) page.Choices {
	return page.Choices{Selected: selected, Options: []page.Option{{Value: "", Label: "Find out by the file"}, {Value: string(booking.DayFirst), Label: "Day first: 3 April"}, {Value: string(booking.MonthFirst), Label: "Month first: 4 March"}}}
}

func bookingSources(selected string) page.Choices {
	return page.Choices{Selected: selected, Options: []page.Option{{Value: inbox.SourceFile, Label: "By another file"}, {Value: "webhook", Label: "By the booking webhook, under the same ids"}}}
}

// showImport asks for a file.
func showImport(v *visit, status int, problem string) error {
	p := page.BookingImportPage{Problem: problem, MaxMB: booking.MaxBytes >> 20, MaxRows: booking.MaxRows, Dates: bookingDates(v.r.FormValue("dates")), Source: bookingSources(orText(v.r.FormValue("source"), inbox.SourceFile))}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "bookings", "Import bookings")
		p.Shell = f.Shell
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range booking.Columns() {
		p.Columns = append(p.Columns, page.ColumnHelp{Name: c.Name, Also: strings.Join(c.Also, ", "), Help: c.Help, Example: c.Example, Required: c.Required})
	}
	p.Flash = v.found().flash()
	return v.show(status, page.BookingImport(p))
}

func bookingTemplate(v *visit) error {
	var file []byte
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "bookings", "")
		if err != nil {
			return err
		}
		name := ""
		if len(f.locations) > 0 {
			name = f.locations[0].Name
		}
		file, err = booking.Template(name, f.Now.In(f.Zone).AddDate(0, 0, 1))
		return err
	})
	if err != nil {
		return err
	}
	v.wrote = true
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="bookings.csv"`)
	_, err = v.w.Write(file)
	return err
}

// sendBookingFile keeps a file, sealed, until it is confirmed, and leads to what it would change.
func sendBookingFile(v *visit) error {
	name, data, problem, err := v.upload("file")
	if err != nil {
		return err
	}
	dates, source := v.field("dates"), v.field("source")
	if _, ok := booking.ParseDateOrder(dates); !ok {
		return club.Invalid("There is no such order of dates.")
	}
	if problem == "" {
		_, err = v.importFile(data, dates, source, true)
		if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeTooLarge {
			problem, err = sentence(club.MessageOf(err)), nil
		}
	}
	if err != nil {
		return err
	}
	if problem != "" {
		return showImport(v, http.StatusUnprocessableEntity, problem)
	}
	id := "bkf_" + strings.ToLower(rand.Text())
	sealed, err := v.keys.SealSecret(fileCell(id), data)
	if err != nil {
		return fmt.Errorf("seal file: %w", err)
	}
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		return tx.CreateBookingFile(v.r.Context(), store.CreateBookingFileParams{ID: id, Owner: v.p.Actor.String(), Name: clip(name, 100), Sealed: sealed, CreatedAt: tx.Now})
	})
	if err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	return v.redirect(page.Shell{Tenant: v.slug}.Query("booking-files/"+id, "dates", dates, "source", source))
}

func fileCell(id string) string { return "booking_files.sealed/" + id }

// upload reads a file of a form. problem says what is wrong with it, for the person who sent it.
func (v *visit) upload(field string) (name string, data []byte, problem string, err error) {
	err = v.r.ParseMultipartForm(booking.MaxBytes)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return "", nil, fmt.Sprintf("The file is larger than %d MB; split it, by month for example.", booking.MaxBytes>>20), nil
	case err != nil:
		return "", nil, "", club.Invalid("The form did not arrive whole; please send it again.")
	}
	defer func() { _ = v.r.MultipartForm.RemoveAll() }()
	if err := v.parse(); err != nil {
		return "", nil, "", err
	}
	f, head, err := v.r.FormFile(field)
	if err != nil {
		return "", nil, "Choose a file first.", nil
	}
	defer func() { _ = f.Close() }()
	if data, err = io.ReadAll(f); err != nil {
		return "", nil, "", fmt.Errorf("read upload: %w", err)
	}
	return strings.ToValidUTF8(strings.ReplaceAll(head.Filename, "\x00", ""), ""), data, "", nil
}

func (v *visit) importFile(data []byte, dates, source string, dry bool) (inbox.FileReport, error) {
	return v.c.Bookings.ImportBookingFile(v.r.Context(), v.tenant, inbox.BookingFile{Data: data, Dates: booking.DateOrder(dates), Source: source, By: v.p.Actor, Allows: v.p.AllowsLocation, DryRun: dry})
}

// bookingFile opens the file of the address. It is its sender's alone.
func (v *visit) bookingFile() (row store.BookingFile, data []byte, err error) {
	gone := club.NotFound("This file is no longer here: it is kept for an hour. Please send it again.")
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		row, err = tx.FindBookingFile(v.r.Context(), store.FindBookingFileParams{ID: v.r.PathValue("id"), Owner: v.p.Actor.String()})
		if err != nil {
			return orNotFound(err, gone)
		}
		return nil
	})
	if err != nil {
		return row, nil, err
	}
	data, err = v.keys.OpenSecret(fileCell(row.ID), row.Sealed)
	return row, data, err
}

// previewBookings says what a file would change.
func previewBookings(v *visit, notice string) error {
	row, data, err := v.bookingFile()
	if err != nil {
		return err
	}
	dates, source := orText(v.r.FormValue("dates"), ""), orText(v.r.FormValue("source"), inbox.SourceFile)
	report, err := v.importFile(data, dates, source, true)
	if err != nil {
		return err
	}
	p := page.BookingPreviewPage{ID: row.ID, File: row.Name, Notice: notice, Dates: dates, Source: source}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "bookings", "What would change")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		bays, err := v.bayNames(tx)
		if err != nil {
			return err
		}
		fillPreview(f, bays, report, &p)
		return nil
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	status := http.StatusOK
	if notice != "" {
		status = http.StatusConflict
	}
	return v.show(status, page.BookingPreview(p))
}

func fillPreview(f frame, bays map[club.BayID]string, r inbox.FileReport, p *page.BookingPreviewPage) {
	p.Fingerprint, p.Created, p.Changed, p.Cancelled, p.Unchanged, p.Kept, p.Ignored = r.Fingerprint(), r.Created, r.Changed, r.Cancelled, r.Unchanged, r.Kept, r.Ignored
	words := map[inbox.Verdict]page.Word{inbox.BookingCreated: {Label: "New", Tone: page.ToneOK}, inbox.BookingChanged: {Label: "Changed", Tone: page.ToneInfo}, inbox.BookingCancelled: {Label: "Cancelled", Tone: page.ToneWarn},
		inbox.BookingKept: {Label: "Kept as changed by hand", Tone: page.ToneQuiet}}
	for _, l := range r.Lines {
		if l.Fault != nil {
			if len(p.Faults) == mostLines {
				p.MoreFaults++
				continue
			}
			p.Faults = append(p.Faults, page.FaultRow{Line: l.Line, Column: l.Fault.Column, Problem: sentence(l.Fault.Problem), Remedy: sentence(l.Fault.Remedy)})
			continue
		}
		if len(p.Lines) == mostLines {
			p.MoreLines++
			continue
		}
		zone := f.zoneAt(l.After.LocationID)
		row := page.PreviewRow{Line: l.Line, Reference: l.ExternalID, What: words[l.Verdict], Where: where(f.locationName(l.After.LocationID), bays[l.After.BayID]), When: spanText(l.After.StartsAt, l.After.EndsAt, zone), Overlaps: l.Overlaps}
		if b := l.Before; !b.ID.IsZero() && (!b.StartsAt.Equal(l.After.StartsAt) || !b.EndsAt.Equal(l.After.EndsAt) || b.BayID != l.After.BayID) {
			row.Before = spanText(b.StartsAt, b.EndsAt, f.zoneAt(b.LocationID)) + ", " + where(f.locationName(b.LocationID), bays[b.BayID])
		}
		p.Lines = append(p.Lines, row)
	}
}

// confirmBookings takes a file in, if it still would do what its sender saw.
func confirmBookings(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	row, data, err := v.bookingFile()
	if err != nil {
		return err
	}
	dates, source := v.field("dates"), v.field("source")
	now, err := v.importFile(data, dates, source, true)
	if err != nil {
		return err
	}
	if now.Fingerprint() != v.field("fingerprint") {
		return previewBookings(v, "Something has changed since you looked: this is what the file would do at present. Nothing has been taken in.")
	}
	done, err := v.importFile(data, dates, source, false)
	if err != nil {
		return err
	}
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		_, err := tx.DeleteBookingFile(v.r.Context(), row.ID)
		return err
	})
	if err != nil {
		v.c.Log.WarnContext(v.r.Context(), "booking file was not deleted", "event.action", "console.booking_file", "error.message", err.Error())
	}
	text := fmt.Sprintf("Taken in: %d new, %d changed, %d cancelled.", done.Created, done.Changed, done.Cancelled)
	to := v.at("bookings")
	if day, ok := firstDay(done); ok {
		to += "?day=" + day
	}
	if done.Rejected > 0 {
		return v.warn(to, text+" "+strconv.Itoa(done.Rejected)+" lines were left out.")
	}
	return v.done(to, text)
}

// firstDay is the day of the first booking that an import has changed.
func firstDay(r inbox.FileReport) (string, bool) {
	var first time.Time
	for _, l := range r.Lines {
		if !l.After.ID.IsZero() && (first.IsZero() || l.After.StartsAt.Before(first)) {
			first = l.After.StartsAt
		}
	}
	return first.Format(time.DateOnly), !first.IsZero()
}
