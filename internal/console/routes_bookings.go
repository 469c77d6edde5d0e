package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/people"
	"clubos/internal/store"
)

func (c *console) bookingRoutes() []route {
	upload := post("/booking-files", identity.BookingsWrite, sendBookingFile)
	upload.limit = booking.MaxBytes + 64<<10 // and what a form puts around the file
	return []route{
		get("/bookings", identity.BookingsRead, showBookings),
		get("/bookings/new", identity.BookingsWrite, newBooking),
		post("/bookings", identity.BookingsWrite, createBooking),
		get("/bookings/import", identity.BookingsWrite, func(v *visit) error { return showImport(v, http.StatusOK, "") }),
		get("/bookings/template.csv", identity.BookingsWrite, bookingTemplate),
		get("/bookings/{id}", identity.BookingsRead, func(v *visit) error { return showBooking(v, http.StatusOK, nil) }),
		post("/bookings/{id}", identity.BookingsWrite, changeBooking),
		post("/bookings/{id}/status", identity.BookingsWrite, setBookingStatus),
		post("/bookings/{id}/answer", identity.ThreadsWrite, answerReport),
		upload,
		get("/booking-files/{id}", identity.BookingsWrite, func(v *visit) error { return previewBookings(v, "") }),
		post("/booking-files/{id}", identity.BookingsWrite, confirmBookings),
	}
}

// mostBookings is how many bookings one page shows.
const mostBookings = 1000

// showBookings shows a day at each location, in its own time zone, or what a search finds.
func showBookings(v *visit) error {
	only := idOf[club.LocationID](v.query("location"))
	status := club.BookingStatus(v.query("status"))
	if page.BookingWord(status).Label == "Confirmed" && status != club.BookingConfirmed {
		status = ""
	}
	p := page.BookingsPage{Search: v.query("q"), May: v.p.Can(identity.BookingsWrite)}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "bookings", "Bookings")
		if err != nil {
			return err
		}
		p.Shell, p.Locations = f.Shell, f.places(only, "All locations")
		p.Status = page.Choices{Selected: string(status), Options: []page.Option{{Value: "", Label: "Any state"}}}
		for _, s := range []club.BookingStatus{club.BookingConfirmed, club.BookingCancelled, club.BookingNoShow} {
			p.Status.Options = append(p.Status.Options, page.Option{Value: string(s), Label: page.BookingWord(s).Label})
		}
		zone := f.Zone
		for _, l := range f.locations {
			if l.ID == only {
				zone = zoneOf(l)
			}
		}
		today := midnight(f.Now.In(zone))
		p.Day = today
		if d, err := time.ParseInLocation(time.DateOnly, v.query("day"), zone); err == nil && d.Year() > 2000 && d.Year() < 2100 {
			p.Day = d
		}
		address := func(d time.Time) string {
			return f.Query("bookings", "day", d.Format(time.DateOnly), "location", only.String(), "status", string(status))
		}
		p.Prev, p.Next, p.Today, p.IsToday = address(p.Day.AddDate(0, 0, -1)), address(p.Day.AddDate(0, 0, 1)), f.Query("bookings", "location", only.String()), p.Day.Equal(today)
		if len(f.locations) == 0 {
			return nil // nowhere to look, and an empty scope would mean everywhere
		}
		if p.Search != "" {
			return v.seekBookings(tx, f, &p)
		}
		return v.bookingDays(tx, f, only, status, &p)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Bookings(p))
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// bookingDays reads the day of each location that is shown.
func (v *visit) bookingDays(tx *store.Tx, f frame, only club.LocationID, status club.BookingStatus, p *page.BookingsPage) error {
	bays, err := tx.FindBays(v.r.Context())
	if err != nil {
		return fmt.Errorf("find bays: %w", err)
	}
	for _, l := range f.locations {
		if only != "" && l.ID != only {
			continue
		}
		zone := zoneOf(l)
		from := time.Date(p.Day.Year(), p.Day.Month(), p.Day.Day(), 0, 0, 0, 0, zone)
		rows, err := tx.FindBookingsOfDay(v.r.Context(), store.FindBookingsOfDayParams{Reach: from.Add(-24 * time.Hour).UTC(), Since: from.UTC(), Until: from.AddDate(0, 0, 1).UTC(),
			Scope: v.p.LocationScope(), Location: l.ID.String(), Status: string(status), Size: mostBookings + 1})
		if err != nil {
			return fmt.Errorf("find bookings: %w", err)
		}
		if len(rows) > mostBookings {
			rows, p.More = rows[:mostBookings], true
		}
		d := newDay(f, l, from)
		d.addLanes(f, bays)
		for _, r := range rows {
			row, err := v.bookingRow(f, r)
			if err != nil {
				return err
			}
			p.Rows = append(p.Rows, row)
			d.add(f, r.Booking, row)
		}
		p.Days = append(p.Days, d.out)
	}
	return nil
}

// seekBookings finds bookings by their reference or by who holds them.
func (v *visit) seekBookings(tx *store.Tx, f frame, p *page.BookingsPage) error {
	var ids []club.MemberID
	if v.p.Can(identity.MembersRead) {
		found, err := v.findMembers(tx, f.settings, p.Search)
		if err != nil {
			return err
		}
		for _, m := range found {
			ids = append(ids, m.ID)
		}
	}
	members, err := keysOf(ids)
	if err != nil {
		return err
	}
	rows, err := tx.FindBookingsSought(v.r.Context(), store.FindBookingsSoughtParams{Reference: p.Search, Members: members, Scope: v.p.LocationScope(), Size: listSize + 1})
	if err != nil {
		return fmt.Errorf("search bookings: %w", err)
	}
	if len(rows) > listSize {
		rows, p.More = rows[:listSize], true
	}
	for _, r := range rows {
		row, err := v.bookingRow(f, store.FindBookingsOfDayRow(r))
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

func (v *visit) bookingRow(f frame, r store.FindBookingsOfDayRow) (page.BookingRow, error) {
	b := r.Booking
	row := page.BookingRow{ID: b.ID, Start: b.StartsAt, End: b.EndsAt, Zone: f.zoneAt(b.LocationID), Bay: r.BayName, Place: r.LocationName, Status: b.Status, Source: capital(inbox.SourceName(b.Source)), Reference: b.ExternalID,
		Running: b.Status == club.BookingConfirmed && !f.Now.Before(b.StartsAt) && f.Now.Before(b.EndsAt)}
	if b.MemberID.IsZero() && !b.SubjectID.IsZero() {
		row.Member = "A number nobody has"
	}
	if b.MemberID.IsZero() || !v.p.Can(identity.MembersRead) {
		if !b.MemberID.IsZero() {
			row.Member = "A member"
		}
		return row, nil
	}
	name, err := v.open(store.Subject{ID: b.SubjectID, WrappedKey: r.WrappedKey}, people.ColumnName, b.MemberID.String(), r.MemberName)
	row.MemberID, row.Member = b.MemberID, orText(name, people.Erased)
	return row, err
}

// zoneAt is the time zone of a location that the reader may see.
func (f frame) zoneAt(id club.LocationID) *time.Location {
	for _, l := range f.locations {
		if l.ID == id {
			return zoneOf(l)
		}
	}
	return f.Zone
}

// bookingHistory says who changed a booking, when, and from which source.
func (v *visit) bookingHistory(tx *store.Tx, f frame, b store.Booking, users map[club.UserID]identity.User) ([]page.TimelineEntry, error) {
	object := b.ID.String()
	entries, err := tx.FindAuditEntries(v.r.Context(), store.FindAuditEntriesParams{Object: &object, Size: 100})
	if err != nil {
		return nil, fmt.Errorf("find audit entries: %w", err)
	}
	zone := f.zoneAt(b.LocationID)
	var out []page.TimelineEntry
	for _, e := range entries {
		var d struct {
			Source   string          `json:"source"`
			Bay      club.BayID      `json:"bay"`
			Location club.LocationID `json:"location"`
			StartsAt time.Time       `json:"starts_at"`
			EndsAt   time.Time       `json:"ends_at"`
			Reason   string          `json:"reason"`
			Holder   bool            `json:"holder_changed"`
			Before   *struct {
				Bay      club.BayID         `json:"bay"`
				Location club.LocationID    `json:"location"`
				StartsAt time.Time          `json:"starts_at"`
				EndsAt   time.Time          `json:"ends_at"`
				Status   club.BookingStatus `json:"status"`
			} `json:"before"`
		}
		if json.Unmarshal([]byte(e.Detail), &d) != nil {
			continue
		}
		_, what, _ := strings.Cut(e.Action, ".")
		t := page.TimelineEntry{By: orText(e.ActorName, actorName(users, e.Actor)), What: strings.ReplaceAll(what, "_", " ") + " it", At: e.At}
		if a, ok := club.ParseActor(e.Actor); ok && a.Kind == club.ActorSystem && a.ID != "cli" {
			t.By = "ClubOS"
			t.What += ", told by " + inbox.SourceName(d.Source)
		}
		var said []string
		if d.Before != nil {
			if !d.Before.StartsAt.Equal(d.StartsAt) || !d.Before.EndsAt.Equal(d.EndsAt) {
				said = append(said, "Was "+spanText(d.Before.StartsAt, d.Before.EndsAt, zone)+", became "+spanText(d.StartsAt, d.EndsAt, zone))
			}
			if d.Before.Bay != d.Bay || d.Before.Location != d.Location {
				said = append(said, "Moved to another bay")
			}
			if d.Holder {
				said = append(said, "Changed hands")
			}
			if what == "changed" && d.Before.Status == club.BookingCancelled {
				said = append(said, "Was cancelled before")
			}
		}
		if d.Reason != "" {
			said = append(said, capital(d.Reason))
		}
		t.Text = strings.Join(said, ". ")
		out = append(out, t)
	}
	return out, nil
}

// spanText is when a booking is, in few words.
func spanText(from, to time.Time, zone *time.Location) string {
	return from.In(zone).Format("2 Jan 15:04") + " – " + to.In(zone).Format("15:04 MST")
}
