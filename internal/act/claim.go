package act

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"clubos/internal/act/catalogue"
	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// Topic is what Tx.Changed announces for an execution.
const Topic = "execution"

// Request asks the gate for an action in a thread, on behalf of a person or an integrator, and returns
// the execution's id, also of a refused one, and why it was refused ("" when it was not). A reason lets
// a person override what the gate holds against the member; what it holds against the device takes Anyway too.
// The action itself follows; its outcome is the execution's.
func (e *Engine) Request(ctx context.Context, tenant *store.Tenant, by club.Actor, in club.ThreadID, action club.ActionName, params map[string]any, why Ground) (club.ExecutionID, string, error) {
	r := Request{Action: action, Params: params, By: by}
	keys, err := e.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return "", "", fmt.Errorf("open keys: %w", err)
	}
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		t, err := thread.Find(ctx, tx, in)
		if err != nil {
			return err
		}
		if t.Status == club.ThreadMerged {
			return club.Conflict("the conversation continues in another one; act there")
		}
		r.Thread, r.Location, r.Bay = t, t.LocationID, t.BayID
		person, err := people.Find(ctx, tx, keys, t.SubjectID)
		r.Ground = Ground{phrase.Mask(why.Reason, person.Names()...), why.Anyway} // it is kept in the audit log for years
		return err
	})
	if err != nil {
		return "", "", err
	}
	return e.ask(ctx, tenant, r)
}

// RequestAt asks the gate for an action at a place, on behalf of a person and for no member. bay is zero
// for what concerns the whole location. It returns what Request does.
func (e *Engine) RequestAt(ctx context.Context, tenant *store.Tenant, by club.Actor, location club.LocationID, bay club.BayID, action club.ActionName, why Ground) (club.ExecutionID, string, error) {
	return e.ask(ctx, tenant, Request{Action: action, By: by, Location: location, Bay: bay, Ground: Ground{phrase.Mask(why.Reason), why.Anyway}})
}

// ask puts a person's request before the gate and stores what it says.
func (e *Engine) ask(ctx context.Context, tenant *store.Tenant, r Request) (club.ExecutionID, string, error) {
	if a, ok := e.cfg.Catalogue.Find(r.Action); !ok || !a.Physical() {
		return "", "", club.Invalid("%q is not an action that moves something in the club", clip(string(r.Action), 40))
	} else if _, err := a.ParseParams(r.Params); err != nil {
		return "", "", err
	}
	seen, err := e.look(ctx, tenant, r)
	if err != nil {
		return "", "", err
	}
	var x store.Execution
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		var no *Refusal
		if x, no, err = e.admit(ctx, tx, r, seen); err != nil || no == nil || !x.ID.IsZero() {
			return err
		}
		x, err = e.storeRefused(ctx, tx, r, no, nil)
		return err
	})
	failpoint.Hit(failpoint.GateClaimed)
	if err != nil {
		return "", "", err
	}
	if x.Outcome == club.OutcomeRefused {
		return x.ID, x.Detail, nil
	}
	return x.ID, "", nil
}

// look asks the vendor about the device that a request would act on, where a prerequisite wants it. It
// is outside of any transaction: a slow vendor must not hold up the database.
func (e *Engine) look(ctx context.Context, tenant *store.Tenant, r Request) (seen sight, err error) {
	var s *scene
	err = tenant.Read(ctx, func(tx *store.Tx) (err error) {
		s, err = e.read(ctx, tx, r)
		return err
	})
	if club.CodeOf(err) == club.CodeInvalid {
		return seen, nil // the gate says so itself
	}
	if err != nil {
		return seen, err
	}
	wanted := slices.ContainsFunc(slices.Concat(s.action.Prerequisites, r.Also), func(p catalogue.Prerequisite) bool { return p.Kind == catalogue.DeviceOnline })
	if !wanted || s.target.ID.IsZero() {
		return seen, nil
	}
	seen.device, seen.at = s.target.ID, e.cfg.Cluster.Clock().Now()
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if s.target.Kind == club.DeviceDoor {
		doors, ok := e.cfg.Doors(tenant.Slug)
		if !ok {
			seen.err = errNoVendor
			return seen, nil
		}
		state, err := doors.Door(ctx, s.target.VendorRef)
		seen.online, seen.err = state.Online, err
		return seen, nil
	}
	rmm, ok := e.cfg.RMM(tenant.Slug)
	if !ok {
		seen.err = errNoVendor
		return seen, nil
	}
	state, err := rmm.Device(ctx, s.target.VendorRef)
	seen.online, seen.resting, seen.err = state.Online, state.Maintenance, err
	return seen, nil
}

// admit puts a request through the gate and stores what came of it: a claimed execution with the job
// that carries it out, or a refused one. A refusal that will pass by itself is stored nowhere (zero
// execution): the caller may wait for it.
func (e *Engine) admit(ctx context.Context, tx *store.Tx, r Request, seen sight) (store.Execution, *Refusal, error) {
	if r.Key != "" {
		if x, err := tx.FindExecutionByKey(ctx, r.Key); err == nil {
			return x, nil, nil
		} else if !missing(err) {
			return store.Execution{}, nil, fmt.Errorf("find execution: %w", err)
		}
	}
	pass, no, s, err := e.check(ctx, tx, r, seen)
	switch {
	case err != nil:
		return store.Execution{}, nil, err
	case no != nil && no.temporary():
		return store.Execution{}, no, nil
	case no != nil:
		if no.Prerequisite == catalogue.DeviceOnline && seen.err == nil {
			if err := noteSight(ctx, tx, seen); err != nil {
				return store.Execution{}, no, err
			}
		}
		x, err := e.storeRefused(ctx, tx, r, no, s)
		return x, no, err
	}
	x := newExecution(tx, r, pass.scene)
	x.Outcome, x.Proofs = club.OutcomeClaimed, encodeFacts(pass.proofs)
	if seen.err == nil {
		if err := noteSight(ctx, tx, seen); err != nil {
			return x, nil, err
		}
	}
	detail := map[string]any{"action": x.Action, "device": x.DeviceID, "booking": x.BookingID}
	if r.Reason != "" {
		detail["reason"] = r.Reason
	}
	if r.Anyway {
		detail["anyway"] = true
	}
	tx.Enqueue(executeJob{Meta: jobs.For(tx), Execution: x.ID}, vendorQueue())
	return x, nil, create(ctx, tx, x, r.By, "execution.claimed", detail)
}

// noteSight keeps what a vendor has just said of a device.
func noteSight(ctx context.Context, tx *store.Tx, seen sight) error {
	if seen.device.IsZero() {
		return nil
	}
	if _, err := tx.UpdateDeviceState(ctx, store.UpdateDeviceStateParams{ID: seen.device, Online: seen.online, SeenAt: &seen.at}); err != nil {
		return fmt.Errorf("update device: %w", err)
	}
	return nil
}

func (e *Engine) storeRefused(ctx context.Context, tx *store.Tx, r Request, no *Refusal, s *scene) (store.Execution, error) {
	x := newExecution(tx, r, s)
	x.Outcome, x.Detail, x.Proofs, x.FinishedAt = club.OutcomeRefused, no.Reason, "[]", &tx.Now
	return x, create(ctx, tx, x, r.By, "execution.refused", map[string]any{"action": x.Action, "why": no.Reason, "prerequisite": no.Prerequisite})
}

func newExecution(tx *store.Tx, r Request, s *scene) store.Execution {
	x := store.Execution{ID: club.NewExecutionID(tx.Now), DecisionID: r.Decision, ThreadID: r.Thread.ID, Action: r.Action, Params: "{}",
		LocationID: r.Location, BayID: r.Bay, IdempotencyKey: r.Key, RequestedBy: r.By.String(), CorrelationID: tx.Correlation, CreatedAt: tx.Now}
	if x.IdempotencyKey == "" {
		x.IdempotencyKey = x.ID.String()
	}
	if s != nil {
		x.LocationID, x.BayID, x.DeviceID, x.BookingID, x.MemberID = s.location.ID, s.bay.ID, s.target.ID, s.booking.ID, s.member.ID
		if b, err := json.Marshal(s.params); err == nil {
			x.Params = string(b)
		}
	}
	return x
}

func create(ctx context.Context, tx *store.Tx, x store.Execution, by club.Actor, action string, detail map[string]any) error {
	n, err := tx.CreateExecution(ctx, store.CreateExecutionParams{
		ID: x.ID, DecisionID: x.DecisionID, ThreadID: x.ThreadID, Action: x.Action, Params: x.Params, LocationID: x.LocationID, BayID: x.BayID,
		DeviceID: x.DeviceID, BookingID: x.BookingID, MemberID: x.MemberID, IdempotencyKey: x.IdempotencyKey, Outcome: x.Outcome, Detail: x.Detail,
		Proofs: x.Proofs, RequestedBy: x.RequestedBy, CorrelationID: x.CorrelationID, CreatedAt: x.CreatedAt, FinishedAt: x.FinishedAt,
	})
	if err != nil {
		return fmt.Errorf("store execution: %w", err)
	}
	if n == 0 {
		// Another transaction was first with this cause. Nothing of this one may stand, the cooldown
		// least of all; who tries again finds the other's execution.
		return club.Conflict("this is being done already")
	}
	tx.Changed(Topic, x.ID.String())
	if !x.ThreadID.IsZero() {
		tx.Changed(thread.Topic, x.ThreadID.String())
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: action, Object: x.ID.String(), Thread: x.ThreadID, Detail: detail})
}

func encodeFacts(list []club.Fact) string {
	if list == nil {
		list = []club.Fact{}
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic("BUG: proofs do not encode: " + err.Error())
	}
	return string(b)
}

func decodeFacts(s string) []club.Fact {
	var list []club.Fact
	if json.Unmarshal([]byte(s), &list) != nil {
		return nil
	}
	return list
}
