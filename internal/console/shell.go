package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// frame is what a page of a club needs beside its own rows, read in the page's transaction.
type frame struct {
	page.Shell
	settings  setting.Settings
	locations []store.Location // that the reader may see, by name
	open      map[club.ThreadStatus]int64
}

// openStatuses are those in which somebody still owes something.
var openStatuses = []club.ThreadStatus{club.ThreadPending, club.ThreadAwaitingAI, club.ThreadAwaitingResponse, club.ThreadEscalated, club.ThreadInProgress, club.ThreadManualOverride}

// frame reads what surrounds a page.
func (v *visit) frame(tx *store.Tx, section, title string) (frame, error) {
	ctx := v.r.Context()
	f := frame{open: map[club.ThreadStatus]int64{}}
	var err error
	if f.settings, err = setting.Load(ctx, tx); err != nil {
		return f, err
	}
	all, err := tx.FindLocations(ctx)
	if err != nil {
		return f, fmt.Errorf("find locations: %w", err)
	}
	f.locations = slices.DeleteFunc(all, func(l store.Location) bool { return !v.p.AllowsLocation(l.ID) })
	f.Shell = v.gate(title)
	f.Club, f.Section, f.Now = f.settings.ClubName, section, tx.Now
	f.User = page.User{Name: v.p.Actor.Name, Role: v.p.Role}
	f.Here = v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet {
		f.Here = v.at("inbox")
	}
	f.Mode = modeOf(f.settings)
	f.Zone = time.UTC
	if len(f.locations) > 0 {
		f.Zone = zoneOf(f.locations[0])
	}
	if err := v.count(tx, &f); err != nil {
		return f, err
	}
	return f, nil
}

// count reads the figures of the navigation.
func (v *visit) count(tx *store.Tx, f *frame) error {
	ctx, scope := v.r.Context(), v.p.LocationScope()
	if v.p.Can(identity.ThreadsRead) {
		rows, err := tx.CountOpenThreads(ctx, store.CountOpenThreadsParams{Scope: scope})
		if err != nil {
			return fmt.Errorf("count threads: %w", err)
		}
		for _, r := range rows {
			f.open[r.Status] = r.Threads
			f.Counts.Unread += int(r.Unread)
		}
		f.Counts.Inbox = int(f.open[club.ThreadEscalated])
	}
	if v.p.Can(identity.TicketsRead) {
		n, err := tx.CountPressingTickets(ctx, store.CountPressingTicketsParams{Now: tx.Now.Truncate(store.Moment), Scope: scope})
		if err != nil {
			return fmt.Errorf("count tickets: %w", err)
		}
		f.Counts.Tickets = int(n)
	}
	if v.p.Can(identity.ProposalsDecide) {
		n, err := tx.CountReviews(ctx, scope)
		if err != nil {
			return fmt.Errorf("count reviews: %w", err)
		}
		f.Counts.Reviews = int(n)
	}
	if v.p.Can(identity.HealthRead) {
		n, err := tx.CountSilentDevices(ctx, scope)
		if err != nil {
			return fmt.Errorf("count devices: %w", err)
		}
		f.Counts.Problems = int(n)
	}
	return nil
}

// gate is the shell of a page that stands outside the navigation.
func (v *visit) gate(title string) page.Shell {
	s := page.Shell{Title: title, Tenant: v.slug, Theme: v.theme(), Now: v.now, Zone: time.UTC, Version: v.c.Version}
	if v.tenant != nil {
		s.Club = v.tenant.Name
	}
	s.User = page.User{Name: v.p.Actor.Name, Role: v.p.Role}
	return s
}

const themeCookie = "clubos-theme"

func (v *visit) theme() string {
	if k, err := v.r.Cookie(themeCookie); err == nil && (k.Value == "light" || k.Value == "dark") {
		return k.Value
	}
	return ""
}

// modeOf says how far the machine may go, from the settings alone.
func modeOf(s setting.Settings) page.Mode {
	switch {
	case slices.Contains(s.SwitchedOff, "all"):
		return page.Mode{Label: "Paused", Text: "Everything is switched off: ClubOS acts on nothing until somebody switches it on.", Tone: page.ToneDanger, Loud: true}
	case len(s.SwitchedOff) > 0:
		return page.Mode{Label: "Limited", Text: "Switched off: " + strings.Join(s.SwitchedOff, ", ") + ".", Tone: page.ToneDanger, Loud: true}
	case s.AutoExecution && len(s.AutoActions) > 0 && len(s.AutoPlaces) > 0:
		return page.Mode{Label: "On", Text: "ClubOS does what is permitted when it is sure enough and nobody objects.", Tone: page.ToneOK}
	case s.AutoSafeReplies:
		return page.Mode{Label: "Answers", Text: "ClubOS answers plain questions by itself and asks before everything else.", Tone: page.ToneMachine}
	}
	return page.Mode{Label: "Learning", Text: "ClubOS proposes and never acts alone.", Tone: page.ToneMachine}
}

// zoneOf is a location's time zone; UTC when the machine does not know it.
func zoneOf(l store.Location) *time.Location {
	if z, err := time.LoadLocation(l.TimeZone); err == nil {
		return z
	}
	return time.UTC
}

// places are the locations as a select, with a choice for all of them.
func (f frame) places(selected club.LocationID, all string) page.Choices {
	c := page.Choices{Selected: selected.String(), Options: []page.Option{{Value: "", Label: all}}}
	for _, l := range f.locations {
		c.Options = append(c.Options, page.Option{Value: l.ID.String(), Label: l.Name})
	}
	return c
}

func (f frame) locationName(id club.LocationID) string {
	for _, l := range f.locations {
		if l.ID == id {
			return l.Name
		}
	}
	return ""
}

// where names a place for people: "Bay 3 · Harbour".
func where(location, bay string) string {
	switch {
	case bay == "":
		return location
	case location == "":
		return bay
	}
	return bay + " · " + location
}
