package event

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/pattern"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Topic is what Tx.Changed announces for a situation.
const Topic = "situation"

// Report is something that was reported.
type Report struct {
	Code   club.EventCode
	Vendor string // who reported it: a vendor, or one of our own rooms
	Key    string // the second report of one event has the same
	// Open names a state that lasts, of which at most one event is open; "" for what is over at once.
	Open        string
	Detail      string // for people; nothing personal
	Location    club.LocationID
	Bay         club.BayID
	Device      club.DeviceID
	Booking     club.BookingID
	Execution   club.ExecutionID
	AccessEvent club.AccessEventID
	At          time.Time // zero: at this moment
}

// Take stores what was reported, once, and has it gathered. It reports false for what is known already,
// and for a state that is open already.
func Take(ctx context.Context, tx *store.Tx, r Report) (bool, error) {
	if !r.Code.Valid() || r.Vendor == "" || r.Key == "" || r.Location.IsZero() {
		return false, fmt.Errorf("BUG: event %q lacks its code, source, key or place", r.Code)
	}
	row := store.CreateEventParams{ID: club.NewEventID(tx.Now), Vendor: r.Vendor, EventKey: r.Key, Code: r.Code, Detail: r.Detail, LocationID: r.Location, BayID: r.Bay,
		DeviceID: r.Device, BookingID: r.Booking, ExecutionID: r.Execution, AccessEventID: r.AccessEvent, At: r.At, ReceivedAt: tx.Now, CorrelationID: tx.Correlation}
	if r.At.IsZero() {
		row.At = tx.Now
	}
	if r.Open != "" {
		row.OpenKey = &r.Open
	}
	n, err := tx.CreateEvent(ctx, row)
	if err != nil || n == 0 {
		return false, wrap("store event", err)
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return false, err
	}
	tx.Changed(Topic, row.ID.String())
	tx.Enqueue(GatherJob{Meta: jobs.For(tx), Event: row.ID}, jobs.At(tx.Now.Add(wait(r.Code, s))))
	return true, nil
}

// wait is how long an event waits for others that belong to it.
func wait(code club.EventCode, s setting.Settings) time.Duration {
	switch code {
	case club.EventDeviceOffline, club.EventDeviceFault, club.EventBookingOverlap:
		return s.IncidentWait
	case club.EventAccessDenied, club.EventUnlockRequested:
		return min(s.IncidentWait, deniedWait)
	}
	return 0
}

// deniedWait is how long somebody who was denied goes on trying.
const deniedWait = 20 * time.Second

// Config is what a Room works with. All fields are required but Log.
type Config struct {
	Ring *vault.Ring
	// Advance has the machine look at a thread.
	Advance func(tx *store.Tx, thread club.ThreadID)
	// Known reports whether something known at a place fits what was reported there. Nobody is told of what is
	// ordinary and fits nothing.
	Known func(ctx context.Context, tx *store.Tx, keys *vault.Tenant, at store.Location, bay club.BayID, what pattern.Event) (bool, error)
	// Advise is told of a situation in a conversation whose matter is with people already, so that they see
	// what is known of the like. Nobody is called for it again.
	Advise func(context.Context, *store.Tx, *vault.Tenant, store.Situation) error
	// Over is told that a situation has ended, in the transaction that saw it.
	Over func(context.Context, *store.Tx, *vault.Tenant, store.Situation) error
	// Devices finds a club's vendors whose devices can be listed, by name.
	Devices func(club.Slug) map[string]Lister
	Log     *slog.Logger
}

// Lister lists what a vendor says of all its devices.
type Lister interface {
	List(ctx context.Context) ([]club.DeviceState, error)
}

// Room gathers events and looks at devices. It is safe for concurrent use.
type Room struct{ cfg Config }

// New returns a Room.
func New(cfg Config) *Room {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Room{cfg: cfg}
}

const (
	// pollEvery is how often it is looked which device's turn it is to be looked at.
	pollEvery = 5 * time.Second
	// bookingsEvery is how often it is looked who has not come.
	bookingsEvery = time.Minute
	// unwatchedEvery is how often it is looked for open states of devices that nobody watches, in clubs whose
	// devices nobody can look at as well.
	unwatchedEvery = time.Minute
	pruneEvery     = time.Hour
)

// Register adds the room's jobs.
func (r *Room) Register(reg *jobs.Registry) {
	jobs.Handle(reg, jobs.Handler[GatherJob]{Work: r.Gather})
	jobs.Handle(reg, jobs.Handler[OverJob]{Work: r.WorkOver})
	reg.Every("event.devices", pollEvery, r.Poll)
	reg.Every("event.unwatched", unwatchedEvery, r.release)
	reg.Every("event.bookings", bookingsEvery, r.LookAtBookings)
	reg.Every("event.prune", pruneEvery, r.Prune)
}

// self is the actor of what this room does.
var self = club.System("event")

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// wrap says what was attempted.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
