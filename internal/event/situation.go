package event

import (
	"context"
	"slices"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/pattern/module"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// Reporter is the address of the subject behind every thread of situations: nobody's number.
const Reporter = "club:events"

// open opens a situation, in the thread of the one before where it has come back. What is ordinary and fits
// nothing known is kept without one.
func (r *Room) open(ctx context.Context, tx *store.Tx, keys *vault.Tenant, list []store.Event, before *store.Situation) error {
	c, err := look(ctx, tx, list)
	if err != nil {
		return err
	}
	if module.Silent(c.event) {
		known, err := r.cfg.Known(ctx, tx, keys, c.location, c.bay, c.event)
		if err != nil {
			return err
		}
		if !known {
			return gathered(ctx, tx, "", list)
		}
	}
	th, err := r.threadOf(ctx, tx, keys, c, before)
	if err != nil {
		return err
	}
	first := list[0]
	s := store.Situation{ID: club.NewSituationID(tx.Now), Domain: string(pattern.CodeDomain(string(first.Code))), Code: first.Code, ThreadID: th.ID, LocationID: first.LocationID,
		BookingID: c.booking.ID, OpenedAt: first.At, LastAt: first.At, CorrelationID: tx.Correlation}
	c.fill(&s)
	if err := tx.CreateSituation(ctx, store.CreateSituationParams{ID: s.ID, Domain: s.Domain, Code: s.Code, ThreadID: s.ThreadID, LocationID: s.LocationID, BayID: s.BayID,
		DeviceID: s.DeviceID, BookingID: s.BookingID, Title: s.Title, Context: s.Context, Bays: s.Bays, OpenedAt: s.OpenedAt, CorrelationID: s.CorrelationID}); err != nil {
		return wrap("open situation", err)
	}
	if err := gathered(ctx, tx, s.ID, list); err != nil {
		return err
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: self, Action: "situation.opened", Object: s.ID.String(), Thread: th.ID,
		Detail: map[string]any{"code": s.Code, "title": s.Title, "events": len(list), "came_back": before != nil}}); err != nil {
		return err
	}
	tx.Changed(Topic, s.ID.String())
	if !c.act.ThreadID.IsZero() {
		if err := Note(ctx, tx, keys, th, s.Title); err != nil {
			return err
		}
		return r.cfg.Advise(ctx, tx, keys, s)
	}
	return r.say(ctx, tx, keys, th, s.Title)
}

// extend adds events to a situation that goes on. People are told again only where it has grown.
func (r *Room) extend(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Situation, list []store.Event) error {
	if err := gathered(ctx, tx, s.ID, list); err != nil {
		return err
	}
	all, err := tx.FindEventsOfSituation(ctx, s.ID)
	if err != nil {
		return wrap("find events", err)
	}
	c, err := look(ctx, tx, all)
	if err != nil {
		return err
	}
	title := s.Title
	c.fill(&s)
	s.LastAt = list[len(list)-1].At
	if err := update(ctx, tx, s); err != nil || s.Title == title {
		return err
	}
	th, err := thread.Find(ctx, tx, s.ThreadID)
	if err != nil {
		return err
	}
	return r.say(ctx, tx, keys, th, s.Title)
}

func update(ctx context.Context, tx *store.Tx, s store.Situation) error {
	_, err := tx.UpdateSituation(ctx, store.UpdateSituationParams{ID: s.ID, ThreadID: s.ThreadID, BayID: s.BayID, DeviceID: s.DeviceID, Title: s.Title, Context: s.Context,
		Bays: s.Bays, LastAt: s.LastAt, ClearedAt: s.ClearedAt})
	tx.Changed(Topic, s.ID.String())
	return wrap("store situation", err)
}

func gathered(ctx context.Context, tx *store.Tx, id club.SituationID, list []store.Event) error {
	for _, e := range list {
		if _, err := tx.GatherEvent(ctx, store.GatherEventParams{ID: e.ID, SituationID: id, GatheredAt: &tx.Now}); err != nil {
			return wrap("gather event", err)
		}
	}
	return nil
}

// threadOf is the conversation in which a failed act was decided, or the thread of the situation before, where
// one is, else a fresh one.
func (r *Room) threadOf(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c scene, before *store.Situation) (store.Thread, error) {
	if !c.act.ThreadID.IsZero() {
		return continued(ctx, tx, c.act.ThreadID)
	}
	if before != nil {
		th, err := thread.Find(ctx, tx, before.ThreadID)
		if err != nil || th.Provider == club.EventProvider && th.Status != club.ThreadMerged {
			return th, err
		}
	}
	subject, err := people.Subject(ctx, tx, keys, Reporter)
	if err != nil {
		return store.Thread{}, err
	}
	id := club.NewThreadID(tx.Now)
	if err := tx.CreateThread(ctx, store.CreateThreadParams{ID: id, SubjectID: subject.ID, LocationID: c.location.ID, BayID: c.bay, Line: "", Provider: club.EventProvider,
		Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
		return store.Thread{}, wrap("open thread", err)
	}
	return thread.Find(ctx, tx, id)
}

// say puts what was reported into the situation's thread, and has the machine look at it. Where the
// situation was found to be what a member writes of, colleagues read it there.
func (r *Room) say(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, words string) error {
	th, err := continued(ctx, tx, th.ID)
	if err != nil {
		return err
	}
	if th.Provider != club.EventProvider {
		return Note(ctx, tx, keys, th, words)
	}
	if err := write(ctx, tx, keys, th, club.DirectionIn, words); err != nil {
		return err
	}
	th.Snippet, th.LastInAt = words, &tx.Now
	th.Unread++
	if th.WaitingSince == nil {
		th.WaitingSince = &tx.Now
	}
	if _, err := thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadTextIn, By: self}); err != nil {
		return err
	}
	r.cfg.Advance(tx, th.ID)
	return nil
}

// continued finds a thread, or the one in which it goes on.
func continued(ctx context.Context, tx *store.Tx, id club.ThreadID) (store.Thread, error) {
	th, err := thread.Find(ctx, tx, id)
	for err == nil && th.Status == club.ThreadMerged {
		th, err = thread.Find(ctx, tx, th.MergedInto)
	}
	return th, err
}

// Note puts words for colleagues into a thread.
func Note(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, words string) error {
	if err := write(ctx, tx, keys, th, club.DirectionNote, words); err != nil {
		return err
	}
	tx.Changed(thread.Topic, th.ID.String())
	return nil
}

func write(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, direction club.Direction, words string) error {
	subject, err := tx.FindSubject(ctx, th.SubjectID)
	if err != nil {
		return wrap("find subject", err)
	}
	id := club.NewMessageID(tx.Now)
	body, err := people.Seal(keys, subject, people.ColumnMessage, id.String(), words)
	if err != nil {
		return err
	}
	row := store.CreateMessageParams{ID: id, ThreadID: th.ID, Direction: direction, Author: club.AuthorMachine, Provider: th.Provider, Status: club.MessageReceived,
		Body: body, Masked: words, Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now}
	if direction == club.DirectionNote {
		row.HandledAt = &tx.Now
	}
	_, err = tx.CreateMessage(ctx, row)
	return wrap("store what was reported", err)
}

// bayName and the like are what people read; scene is what events are about, as the rows say.
type scene struct {
	location store.Location
	act      store.Execution // that failed; zero: something else happened
	bay      club.BayID      // zero: several, or none
	device   club.DeviceID   // zero: several, or none
	booking  store.Booking   // zero ID: several, or none
	title    string
	event    pattern.Event
	bays     int
}

func (c scene) fill(s *store.Situation) {
	s.BayID, s.DeviceID, s.Title, s.Context, s.Bays = c.bay, c.device, c.title, c.event.Encode(), int64(max(c.bays, 1))
}

// look reads the circumstances of events that are one situation.
func look(ctx context.Context, tx *store.Tx, list []store.Event) (scene, error) {
	c := scene{}
	var err error
	if c.location, err = tx.Known().FindLocation(ctx, list[0].LocationID); err != nil {
		return c, wrap("find location", err)
	}
	zone, err := time.LoadLocation(c.location.TimeZone)
	if err != nil {
		return c, wrap("time zone of the place", err)
	}
	var bays []club.BayID
	var devices []club.DeviceID
	var bookings []club.BookingID
	for _, e := range list {
		if !e.BookingID.IsZero() && !slices.Contains(bookings, e.BookingID) {
			bookings = append(bookings, e.BookingID)
		}
		if !e.BayID.IsZero() && !slices.Contains(bays, e.BayID) {
			bays = append(bays, e.BayID)
		}
		if !e.DeviceID.IsZero() && !slices.Contains(devices, e.DeviceID) {
			devices = append(devices, e.DeviceID)
		}
	}
	c.bays = len(bays)
	known := module.Circumstances{Code: list[0].Code, Place: c.location.Slug, Bays: len(bays), Times: len(list), Local: list[0].At.In(zone)}
	if len(bays) == 1 {
		c.bay = bays[0]
	}
	if len(devices) == 1 {
		c.device = devices[0]
		if known.Device, known.Recent, err = device(ctx, tx, c.device); err != nil {
			return c, err
		}
	}
	if len(bookings) == 1 {
		if c.booking, err = tx.FindBooking(ctx, bookings[0]); err != nil {
			return c, wrap("find booking", err)
		}
	}
	if id := list[0].ExecutionID; !id.IsZero() {
		if c.act, err = tx.FindExecution(ctx, id); err != nil {
			return c, wrap("find execution", err)
		}
		known.Recent = c.act.Action
	}
	if known.Occupied, err = occupied(ctx, tx, c.location.ID, bays); err != nil {
		return c, err
	}
	if !c.booking.ID.IsZero() && !known.Code.Door() { // its hour counts, not that at which it was reported
		known.Local, known.Occupied = c.booking.StartsAt.In(zone), runs(c.booking, tx.Now)
	}
	if known.Words, c.title, err = words(ctx, tx, c, list, len(devices)); err != nil {
		return c, err
	}
	c.event = module.Of(known.Code).Event(known)
	return c, nil
}

// device is what a device is, and what was last done to it within the hour.
func device(ctx context.Context, tx *store.Tx, id club.DeviceID) (club.DeviceKind, club.ActionName, error) {
	d, err := tx.FindDevice(ctx, id)
	if err != nil {
		return "", "", wrap("find device", err)
	}
	last, err := tx.FindLatestSuccessOnDevice(ctx, id)
	if err != nil || tx.Now.Sub(last.CreatedAt) > time.Hour {
		if missing(err) {
			err = nil
		}
		return d.Kind, "", wrap("find recent executions", err)
	}
	return d.Kind, last.Action, nil
}

// occupied reports whether a booking runs in one of the bays, or anywhere at the place where none is named.
func occupied(ctx context.Context, tx *store.Tx, location club.LocationID, bays []club.BayID) (bool, error) {
	list, err := tx.FindBookingsUnderWay(ctx, store.FindBookingsUnderWayParams{LocationID: location, At: tx.Now, Since: tx.Now.Add(-club.BookingReach)})
	if err != nil {
		return false, wrap("find bookings", err)
	}
	return slices.ContainsFunc(list, func(b store.Booking) bool { return len(bays) == 0 || slices.Contains(bays, b.BayID) }), nil
}
