package act

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// vendor stands for the two device vendors, with one club's devices in memory and the test's clock.
type vendor struct {
	clock *club.ManualClock

	mu        sync.Mutex // guards the fields below
	effects   []string   // what was really done
	calls     int
	answers   []error // to commands, one each; nil succeeds
	acts      bool    // it acts although it answers an error
	lies      bool    // it accepts and does nothing
	fails     bool    // scripts and restarts end badly
	offline   bool
	resting   bool
	deaf      error // to questions
	deafLogs  error // to questions for a log
	rebootAt  time.Time
	stayAway  bool
	log       []club.DeviceActivity
	unlocked  map[string]time.Time
	locked    bool
	questions int
}

func (v *vendor) command(effect string, do func()) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls++
	var err error
	if len(v.answers) > 0 {
		err, v.answers = v.answers[0], v.answers[1:]
	}
	if err == nil && !v.lies || err != nil && v.acts {
		v.effects = append(v.effects, effect)
		do()
	}
	return err
}

func (v *vendor) Device(context.Context, string) (club.DeviceState, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.questions++
	now := v.clock.Now()
	s := club.DeviceState{Online: !v.offline, Maintenance: v.resting, LastContact: now.Add(-time.Second)}
	if !v.rebootAt.IsZero() && !now.Before(v.rebootAt) {
		back := v.rebootAt.Add(90 * time.Second)
		if now.Before(back) || v.stayAway {
			s.Online, s.LastContact = false, v.rebootAt
		} else {
			s.LastContact = back
		}
	}
	return s, v.deaf
}

func (v *vendor) Reboot(_ context.Context, ref, reason string, forced bool) error {
	what := "reboot " + ref
	if forced {
		what = "force " + ref
	}
	if !strings.Contains(reason, "exe_") {
		panic("the reason has no key")
	}
	return v.command(what, func() {
		if v.fails {
			v.log = append(v.log, club.DeviceActivity{Type: "action", Status: "failed", Detail: "reboot", At: v.clock.Now().Add(time.Second)})
			return
		}
		v.rebootAt = v.clock.Now().Add(time.Second)
	})
}

func (v *vendor) RunScript(_ context.Context, ref, scriptID, parameters string) error {
	return v.command(strings.TrimSpace("script "+ref+" "+scriptID+" "+parameters), func() {
		status := "completed"
		if v.fails {
			status = "failed"
		}
		at := v.clock.Now()
		v.log = append(v.log, club.DeviceActivity{Type: "scripting", Status: "started", Script: scriptID, At: at.Add(time.Second)},
			club.DeviceActivity{Type: "scripting", Status: status, Script: scriptID, At: at.Add(20 * time.Second)})
	})
}

func (v *vendor) Activities(_ context.Context, _ string, since time.Time) ([]club.DeviceActivity, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []club.DeviceActivity
	for _, a := range v.log {
		if !a.At.Before(since) && !a.At.After(v.clock.Now()) {
			out = append(out, a)
		}
	}
	slices.Reverse(out)
	return out, v.deafLogs
}

func (v *vendor) Door(context.Context, string) (club.DoorState, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return club.DoorState{Locked: v.locked, Online: !v.offline}, v.deaf
}

func (v *vendor) Unlock(_ context.Context, ref, key, _ string) error {
	return v.command("unlock "+ref, func() { v.unlocked[key] = v.clock.Now() })
}

func (v *vendor) Lock(_ context.Context, ref string) error {
	return v.command("lock "+ref, func() { v.locked = true })
}

func (v *vendor) Unlocked(_ context.Context, _, key string, _ time.Time) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.unlocked[key]
	return ok, v.deafLogs
}

// world is a club with two bays (a PC each), a front door and a back door, a member with a booking of
// bay 3 that began ten minutes ago, and the member's thread.
type world struct {
	t         testing.TB
	cluster   *store.Cluster
	clock     *club.ManualClock
	tenant    *store.Tenant
	keys      *vault.Tenant
	engine    *Engine
	vendor    *vendor
	location  club.LocationID
	bay, bay5 club.BayID
	front     club.DeviceID
	member    store.Member
	booking   club.BookingID
	thread    store.Thread

	mu       sync.Mutex // guards the fields below
	reasons  []Escalation
	tickets  []Ticket
	noVendor bool
	under    context.Context // what jobs work under; nil: the test's
}

func (w *world) working() context.Context {
	if w.under != nil {
		return w.under
	}
	return w.t.Context()
}

func build(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	w.cluster, w.clock = storetest.Cluster(t)
	w.tenant, w.keys = vaulttest.AddTenant(t, w.cluster, "aa")
	w.vendor = &vendor{clock: w.clock, unlocked: map[string]time.Time{}}
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	w.engine = New(Config{
		Cluster: w.cluster, Ring: vaulttest.Ring(t), Catalogue: cat, Log: slog.New(slog.DiscardHandler),
		RMM:   func(club.Slug) (RMM, bool) { return w.vendor, !w.noVendor },
		Doors: func(club.Slug) (Doors, bool) { return w.vendor, !w.noVendor },
		Escalate: func(ctx context.Context, tx *store.Tx, th store.Thread, why Escalation) error {
			_, err := thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadEscalate, By: club.System("test"), Why: why.Reason})
			if err == nil {
				tx.AfterCommit(func() { w.mu.Lock(); defer w.mu.Unlock(); w.reasons = append(w.reasons, why) })
			}
			return err
		},
		CreateTicket: func(_ context.Context, tx *store.Tx, k Ticket) error {
			tx.AfterCommit(func() { w.mu.Lock(); defer w.mu.Unlock(); w.tickets = append(w.tickets, k) })
			return nil
		},
	})
	ctx := t.Context()
	w.write(func(tx *store.Tx) error {
		now := tx.Now
		w.location, w.bay, w.bay5, w.front = club.NewLocationID(now), club.NewBayID(now), club.NewBayID(now), club.NewDeviceID(now)
		details := `{"wifi_name":"Fairway-Guest","wifi_password":"birdie","rmm.script.restart_trackman":"101","rmm.script.restart_display":102,"rmm.script.turn_on_lights":"103"}`
		steps := []error{
			tx.CreateLocation(ctx, store.CreateLocationParams{ID: w.location, Slug: "north", Name: "Northside", TimeZone: "America/New_York", Details: details, CreatedAt: now}),
			tx.CreateBay(ctx, store.CreateBayParams{ID: w.bay, LocationID: w.location, Number: 3, Name: "Bay 3", Status: "active", CreatedAt: now}),
			tx.CreateBay(ctx, store.CreateBayParams{ID: w.bay5, LocationID: w.location, Number: 5, Name: "Bay 5", Status: "active", CreatedAt: now}),
			w.device(tx, club.NewDeviceID(now), w.bay, club.DevicePC, "Bay 3 PC", "33"),
			w.device(tx, club.NewDeviceID(now), w.bay5, club.DevicePC, "Bay 5 PC", "55"),
			w.device(tx, w.front, "", club.DeviceDoor, "front door", "d1"),
			w.device(tx, club.NewDeviceID(now), "", club.DeviceDoor, "back door", "d2"),
		}
		var err error
		w.member, err = people.Create(ctx, tx, w.keys, club.System("test"), people.NewMember{Name: "Alex Kim", Phone: "+14155552671", Region: "US"})
		return errors.Join(append(steps, err)...)
	})
	w.permit("device", "access", "words")
	w.booking = w.book(w.member.SubjectID, w.bay, w.clock.Now().Add(-10*time.Minute), time.Hour)
	w.thread = w.open(w.member.SubjectID)
	return w
}

// permit lets the machine do unasked, everywhere, what of these can be undone.
func (w *world) permit(actions ...string) {
	w.write(func(tx *store.Tx) error {
		for key, value := range map[string]any{"actions.auto_execution": true, "autonomy.actions": append([]string{}, actions...), "autonomy.places": []string{setting.Everywhere}} {
			if err := setting.PutValue(w.t.Context(), tx, operator, key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) device(tx *store.Tx, id club.DeviceID, bay club.BayID, kind club.DeviceKind, name, ref string) error {
	return tx.CreateDevice(w.t.Context(), store.CreateDeviceParams{ID: id, LocationID: w.location, BayID: bay, Kind: kind, Name: name, Vendor: "vendor", VendorRef: ref, CreatedAt: tx.Now})
}

func (w *world) write(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.tenant.Write(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) book(s club.SubjectID, bay club.BayID, at time.Time, long time.Duration) (id club.BookingID) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		id = club.NewBookingID(tx.Now)
		_, err := tx.PutBooking(w.t.Context(), store.PutBookingParams{ID: id, Source: "test", ExternalID: id.String(), LocationID: w.location, BayID: bay, SubjectID: s,
			StartsAt: at, EndsAt: at.Add(long), Status: club.BookingConfirmed, Now: tx.Now})
		return err
	})
	return id
}

func (w *world) open(s club.SubjectID) (th store.Thread) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		id := club.NewThreadID(tx.Now)
		if err := tx.CreateThread(w.t.Context(), store.CreateThreadParams{ID: id, SubjectID: s, LocationID: w.location, BayID: w.bay, Line: "+15550001", Provider: "twilio",
			Status: club.ThreadAwaitingAI, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		var err error
		th, err = thread.Find(w.t.Context(), tx, id)
		return err
	})
	return th
}

// reset takes back everything that has happened, but for the time that has passed.
func (w *world) reset() {
	w.t.Helper()
	for _, q := range []string{"DELETE FROM events", "DELETE FROM executions", "DELETE FROM cooldowns", "DELETE FROM messages", "DELETE FROM runs", "DELETE FROM decisions", "DELETE FROM bookings"} {
		storetest.Exec(w.t, w.tenant, q)
	}
	storetest.Exec(w.t, w.tenant, "UPDATE threads SET status = 'awaiting_ai', awaiting = ''")
	w.booking = w.book(w.member.SubjectID, w.bay, w.clock.Now().Add(-10*time.Minute), time.Hour)
	*w.vendor = vendor{clock: w.clock, unlocked: map[string]time.Time{}}
	w.reasons, w.tickets = nil, nil
}

// stranger is somebody who texts and is no member.
func (w *world) stranger(number string) (s store.Subject) {
	w.t.Helper()
	w.write(func(tx *store.Tx) (err error) {
		s, err = people.Subject(w.t.Context(), tx, w.keys, number)
		return err
	})
	return s
}

func (w *world) decide(th store.Thread) (d store.Decision) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		d = store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: th.ID, SubjectID: th.SubjectID, Kind: "answer", Title: "test", Tier: club.TierAuto, EarnedTier: club.TierAuto,
			Evidence: "{}", Steps: "[]", LocationID: th.LocationID, BayID: th.BayID, CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if th.ID == w.thread.ID {
			d.BookingID = w.booking
		}
		return tx.CreateDecision(w.t.Context(), store.CreateDecisionParams(d))
	})
	return d
}

func (w *world) start(r Run) {
	w.t.Helper()
	if r.By.Kind == "" {
		r.By = club.System("decide")
	}
	w.write(func(tx *store.Tx) error { return w.engine.Start(w.t.Context(), tx, w.keys, r) })
}

// run starts a decision on the member's thread with these steps.
func (w *world) run(steps, fallback []knowledge.Step) store.Decision {
	w.t.Helper()
	d := w.decide(w.thread)
	w.start(Run{Decision: d, Steps: steps, Fallback: fallback})
	return d
}

type job struct {
	name string
	do   func() error
	lost func(error) error
	n    int
}

// take removes the pending jobs of a kind from the database and returns them.
func take[T jobs.Job](w *world, do func(context.Context, *store.Tenant, T) error, lost func(context.Context, *store.Tenant, T, error) error) []*job {
	w.t.Helper()
	var zero T
	list := jobstest.Pending[T](w.t, w.cluster, w.tenant)
	if len(list) == 0 {
		return nil
	}
	if err := store.FinishJobsForTest(w.t.Context(), w.cluster, w.tenant, zero.Kind()); err != nil {
		w.t.Fatal(err)
	}
	var out []*job
	for _, j := range list {
		out = append(out, &job{name: zero.Kind(), do: func() error { return do(w.working(), w.tenant, j) },
			lost: func(cause error) error { return lost(w.working(), w.tenant, j, cause) }})
	}
	return out
}

// drain works jobs as the runner would, one after the other: pauses move the clock, an error is tried
// eight times, and then the job is lost.
func (w *world) drain() {
	w.t.Helper()
	var list []*job
	for range 2000 {
		list = append(list, take(w, w.engine.execute, w.engine.lostExecute)...)
		list = append(list, take(w, w.engine.verify, w.engine.lostVerify)...)
		list = append(list, take(w, w.engine.walk, w.engine.lostRun)...)
		if len(list) == 0 {
			return
		}
		j := list[0]
		list = list[1:]
		err := j.do()
		var later *river.JobSnoozeError
		switch {
		case err == nil:
		case errors.As(err, &later):
			w.clock.Advance(later.Duration)
			list = append(list, j)
		default:
			w.clock.Advance(time.Second)
			if j.n++; j.n < 8 {
				list = append(list, j)
			} else if err := j.lost(err); err != nil {
				w.t.Fatalf("%s: %v", j.name, err)
			}
		}
	}
	w.t.Fatal("jobs never come to an end")
}

func (w *world) executions() (list []store.Execution) {
	w.t.Helper()
	err := w.tenant.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		list, err = FindExecutionsPage(w.t.Context(), tx, ExecutionFilter{})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) runOf(d store.Decision) (r store.Run, p plan) {
	w.t.Helper()
	err := w.tenant.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		r, err = FindRun(w.t.Context(), tx, d.ID)
		return err
	})
	if err == nil {
		err = json.Unmarshal([]byte(r.Steps), &p)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return r, p
}

func (w *world) status() (s club.ThreadStatus) {
	w.t.Helper()
	err := w.tenant.Read(w.t.Context(), func(tx *store.Tx) error {
		th, err := thread.Find(w.t.Context(), tx, w.thread.ID)
		s = th.Status
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// texts returns what was queued to the member, in order.
func (w *world) texts() (out []string) {
	w.t.Helper()
	err := w.tenant.Read(w.t.Context(), func(tx *store.Tx) error {
		list, err := tx.FindMessagesPage(w.t.Context(), store.FindMessagesPageParams{ThreadID: w.thread.ID, Size: 100})
		if err != nil {
			return err
		}
		s, err := tx.FindSubject(w.t.Context(), w.thread.SubjectID)
		for _, m := range slices.Backward(list) {
			text, openErr := people.Open(w.keys, s, people.ColumnMessage, m.ID.String(), m.Body)
			err = errors.Join(err, openErr)
			out = append(out, text)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

var operator = club.Actor{Kind: club.ActorUser, ID: "usr_1", Name: "Sam"}

func (w *world) request(by club.Actor, action club.ActionName, params map[string]any, reason string) (club.ExecutionID, string) {
	w.t.Helper()
	id, refused, err := w.engine.Request(w.t.Context(), w.tenant, by, w.thread.ID, action, params, Ground{Reason: reason})
	if err != nil {
		w.t.Fatal(err)
	}
	return id, refused
}

func (w *world) effects(want ...string) {
	w.t.Helper()
	if !slices.Equal(w.vendor.effects, want) {
		w.t.Errorf("done to the world: %q, want %q", w.vendor.effects, want)
	}
}

func (w *world) called(substring string) {
	w.t.Helper()
	for _, r := range w.reasons {
		if strings.Contains(r.Reason, substring) {
			return
		}
	}
	w.t.Errorf("nobody was called for %q, but for %+v", substring, w.reasons)
}

func (w *world) notCalled() {
	w.t.Helper()
	if len(w.reasons) > 0 {
		w.t.Errorf("people were called: %+v", w.reasons)
	}
}
