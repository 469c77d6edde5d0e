package console

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/store"
)

// showBooking shows a booking. form is what was typed, after an error.
func showBooking(v *visit, status int, form *page.BookingForm) error {
	id, err := pathID[club.BookingID](v)
	if err != nil {
		return err
	}
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.BookingPage
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "bookings", "Booking")
		if err != nil {
			return err
		}
		b, err := inbox.FindBooking(v.r.Context(), tx, v.p, id)
		if err != nil {
			return err
		}
		rows, err := tx.FindBookingsOfDay(v.r.Context(), store.FindBookingsOfDayParams{Reach: b.StartsAt, Since: b.StartsAt, Until: b.EndsAt, ID: id.String(), Size: 1})
		if err != nil || len(rows) != 1 {
			return orNotFound(err, club.NotFound("There is no such booking."))
		}
		if p.Row, err = v.bookingRow(f, rows[0]); err != nil {
			return err
		}
		f.Zone = f.zoneAt(b.LocationID)
		p.Shell, p.Version = f.Shell, versionText(b.UpdatedAt)
		p.Day = f.Query("bookings", "day", b.StartsAt.In(f.Zone).Format(time.DateOnly))
		if p.History, err = v.bookingHistory(tx, f, b, users); err != nil {
			return err
		}
		if p.Reports, err = v.bookingReports(tx, b); err != nil {
			return err
		}
		if edit, err := tx.FindBookingEdit(v.r.Context(), id); err == nil {
			p.Edited = "Changed by " + actorName(users, edit.EditedBy) + "; it stands until " + inbox.SourceName(b.Source) + " says something new."
		}
		if !v.p.Can(identity.BookingsWrite) {
			return nil
		}
		if b.Source != inbox.SourceHand {
			p.Comes = "This booking comes from " + inbox.SourceName(b.Source) + ". What you change here stands until something new is said there, and is not told there."
		}
		if p.Form = form; form == nil {
			p.Form = &page.BookingForm{Day: b.StartsAt.In(f.Zone).Format(time.DateOnly), Start: b.StartsAt.In(f.Zone).Format("15:04"), End: b.EndsAt.In(f.Zone).Format("15:04"), Where: page.Choices{Selected: whereValue(b.LocationID, b.BayID)}}
		}
		p.Form.Known, p.Form.Version, p.Form.Action, p.Form.Complete = !b.SubjectID.IsZero(), p.Version, f.At("bookings", id.String()), "Save"
		p.Form.Zone = "Times are " + f.Zone.String() + "."
		return v.bookingPlaces(tx, f, p.Form)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(status, page.Booking(p))
}

// versionText is a row's version as a form carries it.
func versionText(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

// version reads the version that a form saw; the zero time when it says none.
func (v *visit) version() (time.Time, error) {
	n, err := strconv.ParseInt(v.field("version"), 10, 64)
	if err != nil {
		return time.Time{}, club.Invalid("The form is incomplete; please open the page again.")
	}
	return time.UnixMicro(n).UTC(), nil
}

func whereValue(l club.LocationID, b club.BayID) string { return l.String() + "|" + b.String() }

// bookingPlaces fills in where a booking may be.
func (v *visit) bookingPlaces(tx *store.Tx, f frame, form *page.BookingForm) error {
	bays, err := tx.FindBays(v.r.Context())
	if err != nil {
		return fmt.Errorf("find bays: %w", err)
	}
	form.Where.Options = nil
	for _, l := range f.locations {
		for _, b := range bays {
			if b.LocationID == l.ID {
				form.Where.Options = append(form.Where.Options, page.Option{Value: whereValue(l.ID, b.ID), Label: l.Name + " · " + b.Name})
			}
		}
		form.Where.Options = append(form.Where.Options, page.Option{Value: whereValue(l.ID, ""), Label: l.Name + " · no bay"})
	}
	return nil
}

func newBooking(v *visit) error {
	form := page.BookingForm{Day: v.query("day"), Key: newKey(), Where: page.Choices{Selected: v.query("where")}}
	return v.showNewBooking(http.StatusOK, form)
}

func (v *visit) showNewBooking(status int, form page.BookingForm) error {
	var s page.Shell
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "bookings", "New booking")
		if err != nil {
			return err
		}
		s = f.Shell
		if form.Day == "" {
			form.Day = f.Now.In(f.Zone).Format(time.DateOnly)
		}
		form.Action, form.Complete, form.Cancel = f.At("bookings"), "Book", f.Query("bookings", "day", form.Day)
		form.Zone = "Times are those of the location."
		return v.bookingPlaces(tx, f, &form)
	})
	if err != nil {
		return err
	}
	return v.show(status, page.BookingNew(s, form))
}

func createBooking(v *visit) error {
	h, form, err := v.bookingForm()
	if err != nil {
		return err
	}
	form.Key = v.field("key")
	if form.Errors != nil {
		return v.showNewBooking(http.StatusUnprocessableEntity, form.BookingForm)
	}
	fresh, err := v.first(form.Key)
	if err != nil {
		return err
	}
	if !fresh {
		return v.done(v.at("bookings")+"?day="+form.Day, "That booking has been made already.")
	}
	b, err := v.c.Bookings.CreateBooking(v.r.Context(), v.tenant, v.p, h)
	if club.CodeOf(err) == club.CodeInvalid || club.CodeOf(err) == club.CodeConflict {
		v.release(form.Key)
		form.fail(err)
		return v.showNewBooking(statusOf(club.CodeOf(err)), form.BookingForm)
	}
	if err != nil {
		return err
	}
	return v.done(v.at("bookings", b.ID.String()), "Booked.")
}

func changeBooking(v *visit) error {
	id, err := pathID[club.BookingID](v)
	if err != nil {
		return err
	}
	h, form, err := v.bookingForm()
	if err != nil {
		return err
	}
	if form.Errors != nil {
		return showBooking(v, http.StatusUnprocessableEntity, &form.BookingForm)
	}
	if h.IfUpdatedAt, err = v.version(); err != nil {
		return err
	}
	_, err = v.c.Bookings.UpdateBooking(v.r.Context(), v.tenant, v.p, id, h)
	if club.CodeOf(err) == club.CodeInvalid || club.CodeOf(err) == club.CodeConflict {
		form.fail(err)
		return showBooking(v, statusOf(club.CodeOf(err)), &form.BookingForm)
	}
	if err != nil {
		return err
	}
	return v.done(v.at("bookings", id.String()), "Saved.")
}

func setBookingStatus(v *visit) error {
	id, err := pathID[club.BookingID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	seen, err := v.version()
	if err != nil {
		return err
	}
	back := v.at("bookings", id.String())
	b, err := v.c.Bookings.SetBookingStatus(v.r.Context(), v.tenant, v.p, id, club.BookingStatus(v.field("status")), clip(v.field("reason"), 300), seen)
	switch club.CodeOf(err) {
	case "":
		return v.done(back, "The booking is "+strings.ToLower(page.BookingWord(b.Status).Label)+".")
	case club.CodeConflict:
		return v.warn(back, sentence(club.MessageOf(err)))
	}
	return err
}

// handForm is a posted form of a booking.
type handForm struct{ page.BookingForm }

// fail puts an error beside the field that it is about.
func (f *handForm) fail(err error) {
	f.Problem = sentence(club.MessageOf(err))
	var fault *booking.Fault
	if !errors.As(err, &fault) {
		return
	}
	f.Problem = sentence(fault.Problem + ". " + capital(fault.Remedy))
	switch fault.Column {
	case "overlap":
		f.Taken = true
	case "holder", "end", "start":
		f.Errors, f.Problem = map[string]string{fault.Column: f.Problem}, ""
	}
}

// bookingForm reads a posted booking. What is wrong by itself stands in the form's errors.
func (v *visit) bookingForm() (inbox.HandBooking, handForm, error) {
	if err := v.parse(); err != nil {
		return inbox.HandBooking{}, handForm{}, err
	}
	f := handForm{page.BookingForm{Where: page.Choices{Selected: v.field("where")}, Day: v.field("day"), Start: v.field("start"), End: v.field("end"), Holder: v.field("holder"), Nobody: v.field("nobody") != "", Reason: clip(v.field("reason"), 300)}}
	location, bay, _ := strings.Cut(f.Where.Selected, "|")
	h := inbox.HandBooking{Location: idOf[club.LocationID](location), Bay: idOf[club.BayID](bay), Nobody: f.Nobody, Overlap: v.field("overlap") != "", Reason: f.Reason}
	if strings.Contains(f.Holder, "@") {
		h.Email = f.Holder
	} else {
		h.Phone = f.Holder
	}
	zone := time.UTC
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		l, err := tx.FindLocation(v.r.Context(), h.Location)
		if err != nil || !v.p.AllowsLocation(l.ID) {
			return orNotFound(err, club.NotFound("There is no such location."))
		}
		zone = zoneOf(l)
		return nil
	})
	if club.CodeOf(err) == club.CodeNotFound {
		f.Errors = map[string]string{"where": "Choose a bay or a location."}
		return h, f, nil
	}
	if err != nil {
		return h, f, err
	}
	wrong := func(field string, fault *booking.Fault) {
		if f.Errors == nil {
			f.Errors = map[string]string{}
		}
		if fault.Column == "date" {
			field = "day"
		}
		f.Errors[field] = sentence(fault.Problem + ". " + capital(fault.Remedy))
	}
	var fault *booking.Fault
	if h.Start, fault = booking.Local(f.Day, f.Start, zone); fault != nil {
		wrong("start", fault)
	}
	if h.End, fault = booking.Local(f.Day, f.End, zone); fault != nil {
		wrong("end", fault)
	}
	if f.Errors == nil && !h.End.After(h.Start) { // past midnight
		next := h.Start.In(zone).AddDate(0, 0, 1).Format(time.DateOnly)
		if h.End, fault = booking.Local(next, f.End, zone); fault != nil {
			wrong("end", fault)
		}
	}
	return h, f, nil
}
