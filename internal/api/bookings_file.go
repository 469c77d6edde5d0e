package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"time"

	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/place"
	"clubos/internal/store"
)

// maxFileBody bounds a file of bookings with what a form puts around it.
const maxFileBody = booking.MaxBytes + 64<<10

type importBookings struct {
	InClub
	DryRun      bool   `query:"dry_run" doc:"Say what would happen and change nothing."`
	Strict      bool   `query:"strict" doc:"Take nothing when any line is wrong."`
	Dates       string `query:"dates" enum:"day-first,month-first" doc:"What comes first in dates like 3/4/2026. Absent: found out by the other dates of the file."`
	Source      string `query:"source" enum:"csv,webhook" default:"csv" doc:"Whose ids the file has: webhook, when later changes come by the booking webhook under the same ids."`
	ContentType string `header:"Content-Type"`
	RawBody     []byte `contentType:"text/csv"`
}

// BookingImport says what became of a file of bookings.
type BookingImport struct {
	Applied   bool                `json:"applied" doc:"False for a dry run, and when strictness kept everything out."`
	Created   int                 `json:"created"`
	Changed   int                 `json:"changed"`
	Cancelled int                 `json:"cancelled"`
	Unchanged int                 `json:"unchanged"`
	Kept      int                 `json:"kept" doc:"Changed by hand here, and the file says nothing else than before."`
	Rejected  int                 `json:"rejected"`
	Faults    []BookingFault      `json:"faults" nullable:"false" doc:"Every line that was rejected."`
	Overlaps  []BookingOverlap    `json:"overlaps" nullable:"false" doc:"Lines that were taken although their bay is taken at that time."`
	Lines     []BookingImportLine `json:"lines" nullable:"false" doc:"Every line that changes a booking."`
	Ignored   []string            `json:"ignored_columns" nullable:"false" doc:"Headings that are not understood."`
}

// BookingFault is what is wrong with one line of a file.
type BookingFault struct {
	Line    int    `json:"line" doc:"The heading is line 1."`
	Column  string `json:"column,omitempty" doc:"Absent: the line as a whole."`
	Problem string `json:"problem"`
	Remedy  string `json:"remedy" doc:"What to do."`
}

// BookingOverlap is a line whose bay is taken at that time.
type BookingOverlap struct {
	Line int    `json:"line"`
	With string `json:"with" doc:"Another line, or where the other booking is from."`
}

// BookingImportLine is a line that changes a booking.
type BookingImportLine struct {
	Line       int    `json:"line"`
	ExternalID string `json:"external_id"`
	Verdict    string `json:"verdict" enum:"created,changed,cancelled,kept"`
	BookingID  string `json:"booking_id,omitempty" doc:"Absent for what a dry run would create."`
}

func (a *api) registerBookingFiles() {
	register(a, "booking-file-template", func(ctx context.Context, c *call, _ *InClub) (*fileOut, error) {
		out := &fileOut{ContentType: typeCSV + "; charset=utf-8", Disposition: `attachment; filename="bookings.csv"`}
		err := c.read(ctx, func(tx *store.Tx) (err error) {
			name := ""
			if c.by.Can(identity.PlacesRead) {
				all, err := place.FindLocations(ctx, tx, c.by)
				if err != nil {
					return err
				}
				if len(all) > 0 {
					name = all[0].Name
				}
			}
			out.Body, err = booking.Template(name, tx.Now.Add(24*time.Hour))
			return err
		})
		return out, err
	})
	register(a, "import-bookings", func(ctx context.Context, c *call, in *importBookings) (*oneOut[BookingImport], error) {
		data, err := fileOf(in.ContentType, in.RawBody)
		if err != nil {
			return nil, err
		}
		done, err := a.cfg.Inbox.ImportBookingFile(ctx, c.tenant, inbox.BookingFile{Data: data, Dates: booking.DateOrder(in.Dates), Source: in.Source, By: c.by.Actor,
			Allows: c.by.AllowsLocation, DryRun: in.DryRun, Strict: in.Strict})
		if err != nil {
			return nil, err
		}
		return &oneOut[BookingImport]{Body: showImport(done)}, nil
	})
}

func showImport(r inbox.FileReport) BookingImport {
	out := BookingImport{Applied: r.Applied, Created: r.Created, Changed: r.Changed, Cancelled: r.Cancelled, Unchanged: r.Unchanged, Kept: r.Kept, Rejected: r.Rejected,
		Faults: []BookingFault{}, Overlaps: []BookingOverlap{}, Lines: []BookingImportLine{}, Ignored: texts(r.Ignored)}
	for _, l := range r.Lines {
		if l.Fault != nil {
			out.Faults = append(out.Faults, BookingFault{l.Line, l.Fault.Column, l.Fault.Problem, l.Fault.Remedy})
			continue
		}
		line := BookingImportLine{Line: l.Line, ExternalID: l.ExternalID, Verdict: string(l.Verdict), BookingID: l.After.ID.String()}
		if !r.Applied && l.Before.ID.IsZero() {
			line.BookingID = ""
		}
		out.Lines = append(out.Lines, line)
		if l.Overlaps != "" {
			out.Overlaps = append(out.Overlaps, BookingOverlap{l.Line, l.Overlaps})
		}
	}
	return out
}

// fileOf is the file of a body: the body itself, or the part of a form that is called file.
func fileOf(contentType string, body []byte) ([]byte, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(media, "multipart/") {
		return body, nil // the door has seen to the type
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, club.Invalid("the form has no field called file")
		}
		if err != nil {
			return nil, refuse(codeMalformed, "the form could not be read")
		}
		if p.FormName() != "file" {
			continue
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return nil, refuse(codeMalformed, "the form could not be read")
		}
		return data, nil
	}
}
