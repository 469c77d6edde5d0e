package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/place"
	"clubos/internal/store"
)

func (c *console) placeRoutes() []route {
	return []route{
		get("/places", identity.PlacesRead, showPlaces),
		get("/bookings", identity.BookingsRead, showBookings),
		get("/health", identity.HealthRead, showHealth),
	}
}

func showPlaces(v *visit) error {
	ctx := v.r.Context()
	only := idOf[club.LocationID](v.query("location"))
	var p page.PlacesPage
	err := v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "places", "Places")
		if err != nil {
			return err
		}
		p.Shell, p.Filter = f.Shell, f.places(only, "All locations")
		bays, err := tx.FindBays(ctx)
		if err != nil {
			return fmt.Errorf("find bays: %w", err)
		}
		around, err := v.aroundBays(tx)
		if err != nil {
			return err
		}
		for _, l := range f.locations {
			if only != "" && l.ID != only {
				continue
			}
			details := place.Details(l)
			b := page.LocationBlock{ID: l.ID, Name: l.Name, Address: details["address"], Zone: l.TimeZone, Hours: details["opening_hours"], Doors: around.ofLocation[l.ID]}
			for _, bay := range bays {
				if bay.LocationID == l.ID {
					b.Bays = append(b.Bays, around.block(f, l, bay))
				}
			}
			p.Locations = append(p.Locations, b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Places(p))
}

// bayScene is what stands around bays at present.
type bayScene struct {
	ofBay      map[club.BayID][]page.DeviceRow
	ofLocation map[club.LocationID][]page.DeviceRow
	playing    map[club.BayID]time.Time // until when
	tickets    map[club.BayID]int
}

func (v *visit) aroundBays(tx *store.Tx) (bayScene, error) {
	ctx := v.r.Context()
	s := bayScene{map[club.BayID][]page.DeviceRow{}, map[club.LocationID][]page.DeviceRow{}, map[club.BayID]time.Time{}, map[club.BayID]int{}}
	if v.p.Can(identity.DevicesRead) {
		devices, err := tx.FindDevices(ctx)
		if err != nil {
			return s, fmt.Errorf("find devices: %w", err)
		}
		reports, err := tx.FindLatestAccessEvents(ctx, tx.Now.Add(-24*time.Hour))
		if err != nil {
			return s, fmt.Errorf("find what doors reported: %w", err)
		}
		last := map[club.DeviceID]store.FindLatestAccessEventsRow{}
		for _, e := range reports {
			last[e.DeviceID] = e
		}
		for _, d := range devices {
			row := devicesOf([]store.Device{d})
			if e, ok := last[d.ID]; ok {
				row[0].Detail = e.Kind.Words() + " " + page.Span(tx.Now.Sub(e.At).Round(time.Minute)) + " ago"
			}
			if d.BayID.IsZero() {
				s.ofLocation[d.LocationID] = append(s.ofLocation[d.LocationID], row...)
			} else {
				s.ofBay[d.BayID] = append(s.ofBay[d.BayID], row...)
			}
		}
	}
	if v.p.Can(identity.BookingsRead) {
		now, err := tx.FindBookingsNow(ctx, store.FindBookingsNowParams{Now: tx.Now, Since: tx.Now.Add(-24 * time.Hour)})
		if err != nil {
			return s, fmt.Errorf("find bookings: %w", err)
		}
		for _, b := range now {
			s.playing[b.BayID] = b.EndsAt
		}
	}
	if v.p.Can(identity.TicketsRead) {
		counts, err := tx.CountOpenTicketsByBay(ctx)
		if err != nil {
			return s, fmt.Errorf("count tickets: %w", err)
		}
		for _, c := range counts {
			s.tickets[c.BayID] = int(c.Tickets)
		}
	}
	return s, nil
}

func (s bayScene) block(f frame, l store.Location, b store.Bay) page.BayBlock {
	out := page.BayBlock{ID: b.ID, Name: b.Name, Devices: s.ofBay[b.ID], Tickets: s.tickets[b.ID], State: page.Word{Label: "In service", Tone: page.ToneOK}}
	if until, ok := s.playing[b.ID]; ok {
		out.Playing = "until " + until.In(zoneOf(l)).Format("15:04")
	}
	down := 0
	for _, d := range out.Devices {
		if d.Known && !d.Online {
			down++
		}
	}
	switch {
	case b.Status == place.BayOutOfService:
		out.State = page.Word{Label: "Out of service", Tone: page.ToneWarn}
	case down > 0:
		out.State = page.Word{Label: "Device offline", Tone: page.ToneDanger}
	}
	return out
}

// showBookings shows a day, in the time zone of the location that is shown.
func showBookings(v *visit) error {
	only := idOf[club.LocationID](v.query("location"))
	p := page.BookingsPage{FromHour: 6, ToHour: 24}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "bookings", "Bookings")
		if err != nil {
			return err
		}
		zone := f.Zone
		for _, l := range f.locations {
			if l.ID == only {
				zone = zoneOf(l)
			}
		}
		f.Zone = zone
		local := f.Now.In(zone)
		today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
		p.Day = today
		if day, err := time.ParseInLocation("2006-01-02", v.query("day"), zone); err == nil && day.Year() > 2000 && day.Year() < 2200 {
			p.Day = day
		}
		address := func(d time.Time) string {
			return f.Query("bookings", "day", d.Format("2006-01-02"), "location", only.String())
		}
		p.Shell, p.Locations = f.Shell, f.places(only, "All locations")
		p.Prev, p.Next, p.Today, p.IsToday = address(p.Day.AddDate(0, 0, -1)), address(p.Day.AddDate(0, 0, 1)), address(today), p.Day.Equal(today)
		if len(f.locations) == 0 {
			return nil // nowhere to look, and an empty scope would mean everywhere
		}
		rows, err := tx.FindBookingsOfDay(v.r.Context(), store.FindBookingsOfDayParams{Since: p.Day.UTC(), Until: p.Day.AddDate(0, 0, 1).UTC(), Scope: v.p.LocationScope(), Location: only.String(), Size: 1000})
		if err != nil {
			return fmt.Errorf("find bookings: %w", err)
		}
		return v.day(f, rows, &p)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Bookings(p))
}

// day draws the bookings of a day as lanes and as a list.
func (v *visit) day(f frame, rows []store.FindBookingsOfDayRow, p *page.BookingsPage) error {
	lanes := map[string]int{}
	for _, r := range rows {
		row, err := v.bookingRow(f, r)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
		if row.Status == club.BookingCancelled {
			continue
		}
		key := r.Booking.LocationID.String() + r.Booking.BayID.String()
		i, ok := lanes[key]
		if !ok {
			i = len(p.Lanes)
			lanes[key] = i
			p.Lanes = append(p.Lanes, page.BookingLane{Bay: orText(row.Bay, "No bay"), Place: row.Place})
		}
		from, to := int(row.Start.Sub(p.Day).Minutes()), int(row.End.Sub(p.Day).Minutes())
		tone := page.ToneQuiet
		switch {
		case row.Running:
			tone = page.ToneOK
		case row.Status == club.BookingNoShow:
			tone = page.ToneWarn
		}
		p.FromHour = min(p.FromHour, from/60)
		p.Lanes[i].Slots = append(p.Lanes[i].Slots, page.BookingSlot{From: from, To: min(to, 24*60), Label: f.Clock(row.Start) + " " + orText(row.Member, "not named"), Tone: tone})
	}
	slices.SortStableFunc(p.Lanes, func(a, b page.BookingLane) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Bay, b.Bay))
	})
	return nil
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (v *visit) bookingRow(f frame, r store.FindBookingsOfDayRow) (page.BookingRow, error) {
	b := r.Booking
	row := page.BookingRow{ID: b.ID, Start: b.StartsAt, End: b.EndsAt, Bay: r.BayName, Place: r.LocationName, Status: b.Status, Source: b.Source,
		Running: b.Status == club.BookingConfirmed && !f.Now.Before(b.StartsAt) && f.Now.Before(b.EndsAt)}
	if b.MemberID.IsZero() || !v.p.Can(identity.MembersRead) {
		return row, nil
	}
	name, err := v.open(store.Subject{ID: b.SubjectID, WrappedKey: r.WrappedKey}, people.ColumnName, b.MemberID.String(), r.MemberName)
	row.MemberID, row.Member = b.MemberID, orText(name, people.Erased)
	return row, err
}
