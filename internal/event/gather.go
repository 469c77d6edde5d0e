package event

import (
	"cmp"
	"context"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/pattern/module"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// GatherJob gathers an event, with what was reported beside it, into a situation.
type GatherJob struct {
	jobs.Meta
	Event club.EventID `json:"event"`
}

// Kind names the job.
func (GatherJob) Kind() string { return "gather_event" }

const (
	// goesOn is how long after its last event a situation without an end is still the same.
	goesOn = 15 * time.Minute
	// tryingOn is how long after they were denied somebody tries again.
	tryingOn = 5 * time.Minute
	// comesBack is how long after a situation the same one has come back, and does not begin another.
	comesBack = 24 * time.Hour
)

// Gather works a GatherJob. It does nothing when another event's job has gathered this one.
func (r *Room) Gather(ctx context.Context, tenant *store.Tenant, job GatherJob) error {
	keys, err := r.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.FindEvent(ctx, job.Event)
		if err != nil || e.GatheredAt != nil {
			return wrap("find event", err)
		}
		if e.Code == club.EventActionFailed {
			if later, err := goesOnAlone(ctx, tx, e); err != nil || later {
				return cmp.Or(err, jobs.Later(runPause))
			}
		}
		// Whoever gathers at a place waits for whoever does: two never open two situations of one incident.
		if err := tx.LockForGate(ctx, store.LockForGateParams{Target: "situations:" + e.LocationID.String(), LastAt: tx.Now}); err != nil {
			return wrap("lock situations", err)
		}
		since := tx.Now
		if e.Code == club.EventAccessDenied {
			since = since.Add(-tryingOn)
		}
		list, err := tx.FindUngathered(ctx, store.FindUngatheredParams{Code: e.Code, LocationID: e.LocationID, KeptSince: since})
		if err != nil {
			return wrap("find events", err)
		}
		left, err := drop(ctx, tx, list)
		if err != nil || len(left) == 0 {
			return err
		}
		for _, group := range groups(left) {
			if !slices.ContainsFunc(group, func(e store.Event) bool { return e.GatheredAt == nil }) {
				continue // all of it was kept before, and nothing has been added
			}
			if err := r.gather(ctx, tx, keys, group); err != nil {
				return err
			}
		}
		return nil
	})
	if club.CodeOf(err) == club.CodeConflict {
		return jobs.Later(runPause) // somebody moved the thread meanwhile, or what is known is changing
	}
	return err
}

// runPause is how soon it is looked again whether a procedure has dealt with its own failed act.
const runPause = 2 * time.Second

// goesOnAlone reports whether the procedure that a failed act belongs to goes on: it may have a second means,
// and only its end says whether people have the matter.
func goesOnAlone(ctx context.Context, tx *store.Tx, e store.Event) (bool, error) {
	x, err := tx.FindExecution(ctx, e.ExecutionID)
	if err != nil || x.DecisionID.IsZero() {
		return false, wrap("find execution", err)
	}
	run, err := tx.FindRun(ctx, x.DecisionID)
	if missing(err) {
		return false, nil
	}
	return run.Status == "running", wrap("find run", err)
}

// drop takes out what is over already, and what is out of use.
func drop(ctx context.Context, tx *store.Tx, list []store.Event) ([]store.Event, error) {
	var left []store.Event
	for _, e := range list {
		resting := false
		for _, object := range []string{e.DeviceID.String(), e.BayID.String()} {
			out, err := outOfUse(ctx, tx, object)
			if err != nil {
				return nil, err
			}
			resting = resting || out
		}
		if e.Cleared() || resting && e.BookingID.IsZero() {
			if _, err := tx.GatherEvent(ctx, store.GatherEventParams{ID: e.ID, GatheredAt: &tx.Now}); err != nil {
				return nil, wrap("drop event", err)
			}
			continue
		}
		left = append(left, e)
	}
	return left, nil
}

// outOfUse reports whether a bay or a device is out of order or in maintenance.
func outOfUse(ctx context.Context, tx *store.Tx, object string) (bool, error) {
	if object == "" {
		return false, nil
	}
	o, err := tx.FindOutage(ctx, object)
	if missing(err) {
		return false, nil
	}
	return err == nil && !tx.Now.Before(o.StartsAt) && (o.EndsAt == nil || tx.Now.Before(*o.EndsAt)), wrap("find outage", err)
}

// groups puts together what is one situation: faults of devices by their place, acts that failed each by
// itself, everything else by what it is about. More bookings than a few that overlap at one place have one
// cause: a calendar that is read twice, or a bay that two systems sell.
func groups(list []store.Event) [][]store.Event {
	var order []string
	by := map[string][]store.Event{}
	for _, e := range list {
		key := about(e)
		switch {
		case e.Code == club.EventDeviceOffline, e.Code == club.EventDeviceFault, e.Code == club.EventBookingOverlap && len(list) > fewOverlaps:
			key = e.LocationID.String()
		case e.Code == club.EventActionFailed:
			key = e.ID.String()
		}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], e)
	}
	out := make([][]store.Event, len(order))
	for i, key := range order {
		out[i] = by[key]
	}
	return out
}

// fewOverlaps is how many pairs of bookings may overlap at a place, reported together, by chance.
const fewOverlaps = 3

// about is what an event is about: its booking, else its device, else its bay.
func about(e store.Event) string {
	switch {
	case !e.BookingID.IsZero():
		return e.BookingID.String()
	case !e.DeviceID.IsZero():
		return e.DeviceID.String()
	}
	return e.BayID.String()
}

// gather adds events to the situation that they belong to, or opens one.
func (r *Room) gather(ctx context.Context, tx *store.Tx, keys *vault.Tenant, list []store.Event) error {
	if list[0].Code == club.EventActionFailed { // it belongs to the conversation in which the act was decided, whatever failed before
		return r.open(ctx, tx, keys, list, nil)
	}
	recent, err := tx.FindSituationsAt(ctx, store.FindSituationsAtParams{LocationID: list[0].LocationID, Since: tx.Now.Add(-comesBack), Size: 50})
	if err != nil {
		return wrap("find situations", err)
	}
	var before *store.Situation // the same, over by now
	for i := range recent {
		switch s := &recent[i]; {
		case s.Code != list[0].Code:
		case continues(*s, list, tx.Now):
			return r.extend(ctx, tx, keys, *s, list)
		case before == nil && same(*s, list):
			before = s
		}
	}
	return r.open(ctx, tx, keys, list, before)
}

// continues reports whether events are more of a situation that goes on.
func continues(s store.Situation, list []store.Event, now time.Time) bool {
	if s.ClearedAt != nil {
		return false
	}
	together := s.Code == club.EventDeviceOffline && list[0].At.Sub(s.LastAt) <= time.Minute
	return together || same(s, list) && (module.Lasts(s.Code) || now.Sub(s.LastAt) < goesOn)
}

// same reports whether events are about what a situation is about.
func same(s store.Situation, list []store.Event) bool {
	if len(list) > 1 && s.Bays > 1 && s.BookingID.IsZero() {
		return true
	}
	e := list[0]
	switch {
	case !s.BookingID.IsZero() || !e.BookingID.IsZero():
		return s.BookingID == e.BookingID
	case !s.DeviceID.IsZero() || !e.DeviceID.IsZero():
		return s.DeviceID == e.DeviceID
	}
	return s.BayID == e.BayID && s.Bays == 1
}
