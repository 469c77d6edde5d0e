package console

import (
	"fmt"
	"net/http"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/place"
	"clubos/internal/store"
)

func (c *console) placeRoutes() []route {
	return []route{
		get("/places", identity.PlacesRead, showPlaces),
		get("/health", identity.HealthRead, showHealth),
	}
}

func showPlaces(v *visit) error {
	ctx := v.r.Context()
	only := idOf[club.LocationID](v.query("location"))
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.PlacesPage
	err = v.tenant.Read(ctx, func(tx *store.Tx) error {
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
		p.May, p.MayDevices = v.p.Can(identity.PlacesWrite), v.p.Can(identity.DevicesWrite)
		if p.Archived, err = v.archivedRows(tx, f, users); err != nil {
			return err
		}
		for _, l := range f.locations {
			if only != "" && l.ID != only {
				continue
			}
			details := place.Details(l)
			b := page.LocationBlock{ID: l.ID, Name: l.Name, Address: details["address"], Zone: l.TimeZone, Hours: details["opening_hours"], Doors: around.ofLocation[l.ID], Troubles: around.troubles[l.ID.String()]}
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
	outages    map[string]store.Outage
	troubles   map[string][]page.TroubleRow // by bay, else by location
}

func (v *visit) aroundBays(tx *store.Tx) (bayScene, error) {
	ctx := v.r.Context()
	s := bayScene{map[club.BayID][]page.DeviceRow{}, map[club.LocationID][]page.DeviceRow{}, map[club.BayID]time.Time{}, map[club.BayID]int{}, nil, map[string][]page.TroubleRow{}}
	var err error
	if s.outages, err = place.FindOutages(ctx, tx); err != nil {
		return s, err
	}
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
		watches, err := place.FindWatches(ctx, tx)
		if err != nil {
			return s, err
		}
		if err := v.troubles(tx, &s); err != nil {
			return s, err
		}
		for _, d := range devices {
			row := devicesOf([]store.Device{d})
			if row[0].Unwatched = watches[d.ID].Off; row[0].Unwatched {
				row[0].Detail = "Not looked at"
			}
			if e, ok := last[d.ID]; ok {
				row[0].Detail = e.Kind.Words() + " " + page.Span(tx.Now.Sub(e.At).Round(time.Minute)) + " ago"
			}
			if o, ok := s.outages[d.ID.String()]; ok {
				row[0].Detail, row[0].Maintenance = capital(o.Reason), place.Current(o, tx.Now)
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

// troubles reads the situations that go on, as far as the reader may see them.
func (v *visit) troubles(tx *store.Tx, s *bayScene) error {
	list, err := tx.FindOpenSituations(v.r.Context())
	if err != nil {
		return fmt.Errorf("find situations: %w", err)
	}
	for _, t := range list {
		if !v.p.AllowsLocation(t.LocationID) {
			continue
		}
		row := page.TroubleRow{Text: t.Title, Since: t.OpenedAt}
		if v.p.Can(identity.ThreadsRead) {
			row.URL = v.at("threads", t.ThreadID.String())
		}
		where := t.BayID.String()
		if where == "" {
			where = t.LocationID.String()
		}
		s.troubles[where] = append(s.troubles[where], row)
	}
	return nil
}

func (s bayScene) block(f frame, l store.Location, b store.Bay) page.BayBlock {
	out := page.BayBlock{ID: b.ID, Name: b.Name, Devices: s.ofBay[b.ID], Tickets: s.tickets[b.ID], Troubles: s.troubles[b.ID.String()], State: page.Word{Label: "In service", Tone: page.ToneOK}}
	if until, ok := s.playing[b.ID]; ok {
		out.Playing = "until " + until.In(zoneOf(l)).Format("15:04")
	}
	down := 0
	for _, d := range out.Devices {
		if d.Known && !d.Online && !d.Maintenance {
			down++
		}
	}
	if o, ok := s.outages[b.ID.String()]; ok {
		at := f
		at.Zone = zoneOf(l)
		out.Outage = outageText(at, o)
	}
	switch {
	case b.Status == place.BayOutOfService:
		out.State = page.Word{Label: "Out of service", Tone: page.ToneWarn}
	case down > 0:
		out.State = page.Word{Label: "Device offline", Tone: page.ToneDanger}
	}
	return out
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// archivedRows names what is archived, for those who may restore it.
func (v *visit) archivedRows(tx *store.Tx, f frame, users map[club.UserID]identity.User) ([]page.ArchivedRow, error) {
	if !v.p.Can(identity.PlacesWrite) {
		return nil, nil
	}
	ctx := v.r.Context()
	rows, err := place.FindArchived(ctx, tx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	type named struct{ name, kind string }
	names := map[string]named{}
	locations, err := tx.FindAllLocations(ctx)
	if err != nil {
		return nil, fmt.Errorf("find locations: %w", err)
	}
	at := map[club.LocationID]string{}
	for _, l := range locations {
		if v.p.AllowsLocation(l.ID) {
			names[l.ID.String()], at[l.ID] = named{l.Name, "Location"}, l.Name
		}
	}
	bays, err := tx.FindAllBays(ctx)
	if err != nil {
		return nil, fmt.Errorf("find bays: %w", err)
	}
	for _, b := range bays {
		if v.p.AllowsLocation(b.LocationID) {
			names[b.ID.String()] = named{where(at[b.LocationID], b.Name), "Bay"}
		}
	}
	devices, err := tx.FindAllDevices(ctx)
	if err != nil {
		return nil, fmt.Errorf("find devices: %w", err)
	}
	for _, d := range devices {
		if v.p.AllowsLocation(d.LocationID) {
			names[d.ID.String()] = named{where(at[d.LocationID], d.Name), "Device"}
		}
	}
	var out []page.ArchivedRow
	for _, r := range rows {
		if n, ok := names[r.Object]; ok {
			out = append(out, page.ArchivedRow{Object: r.Object, Name: n.name, Kind: n.kind, By: actorName(users, r.By), At: r.At})
		}
	}
	return out, nil
}
