package act

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/store"
)

// finding is what a second look saw.
type finding struct {
	outcome club.Outcome // "": nothing yet
	detail  string
	proof   *club.Fact
	seen    *club.Fact // something on the way that a later look needs to know
}

// wentAway is the proof that a device was off after it was told to restart.
const wentAway = "went_offline"

// verify is the job of the second look. It looks until it sees the effect, or until the time for that
// is over; then nobody can say, and a person looks.
func (e *Engine) verify(ctx context.Context, tenant *store.Tenant, job verifyJob) error {
	o, err := e.underVerification(ctx, tenant, job.Execution)
	if err != nil || o == nil {
		return err
	}
	lookCtx, cancel := context.WithTimeout(ctx, lookTimeout)
	f, lookErr := o.find(lookCtx, e.cfg.Cluster.Clock().Now())
	cancel()
	gone := e.cfg.Cluster.Clock().Now().Sub(*o.row.CalledAt)
	over := gone > o.action.Verification.Within
	pause := min(max(gone/3, poll), maxPoll)
	if lookErr != nil {
		patience := o.action.Verification.Within + grace
		if o.row.Detail != detailAccepted {
			patience, pause = min(patience, untold), poll
		}
		over = gone > patience
	}
	switch {
	case f.outcome != "":
	case !over && f.seen == nil:
		return jobs.Later(pause)
	case over && lookErr != nil:
		f.outcome, f.detail = club.OutcomeUnconfirmed, "the vendor could not be asked whether it worked"
	case over && o.row.Detail == detailAccepted:
		f.outcome, f.detail = club.OutcomeTimeout, fmt.Sprintf("the vendor took the command, but nothing was seen of it within %s", o.action.Verification.Within)
	case over:
		f.outcome, f.detail = club.OutcomeUnconfirmed, "its answer never came, and the vendor's log does not show it"
	}
	ctx, cancel = recording(ctx)
	defer cancel()
	if err := e.crash(failpoint.ActVerifying); err != nil {
		return err
	}
	if err := tenant.Write(ctx, func(tx *store.Tx) error {
		if f.outcome != "" {
			return e.finish(ctx, tx, o.row, f.outcome, f.detail, f.proof)
		}
		_, err := tx.ProveExecution(ctx, store.ProveExecutionParams{ID: o.row.ID, Proofs: encodeFacts(append(decodeFacts(o.row.Proofs), *f.seen))})
		return err
	}); err != nil {
		return err
	}
	failpoint.Hit(failpoint.ActVerified)
	if f.outcome == "" {
		return jobs.Later(pause)
	}
	e.log(ctx, tenant, o.row, "execution."+string(f.outcome), nil)
	return nil
}

// underVerification returns an execution that the vendor has, or may have. Nil: it has ended.
func (e *Engine) underVerification(ctx context.Context, tenant *store.Tenant, id club.ExecutionID) (o *order, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		x, err := tx.FindExecution(ctx, id)
		if err != nil {
			return fmt.Errorf("find execution: %w", err)
		}
		if x.Outcome != club.OutcomeRunning {
			return nil
		}
		a, ok := e.cfg.Catalogue.Find(x.Action)
		if !ok || x.CalledAt == nil {
			return fmt.Errorf("BUG: execution %s runs without an action or a call", id)
		}
		next := &order{row: x, action: a}
		if next.device, err = tx.FindDevice(ctx, x.DeviceID); err != nil {
			return fmt.Errorf("find device: %w", err)
		}
		if a.Call.Setting != "" {
			if next.script, err = scriptID(ctx, tx, x.LocationID, a.Call.Setting); err != nil {
				return err
			}
		}
		next.rmm, _ = e.cfg.RMM(tenant.Slug)
		next.doors, _ = e.cfg.Doors(tenant.Slug)
		o = next
		return nil
	})
	return o, err
}

// find looks for the effect. An error means that the vendor could not be asked.
func (o *order) find(ctx context.Context, now time.Time) (finding, error) {
	kind := o.action.Verification.Kind
	door := kind == catalogue.VerifyDoorLocked || kind == catalogue.VerifyDoorUnlocked
	if door && o.doors == nil || !door && o.rmm == nil {
		return finding{}, errNoVendor
	}
	switch kind {
	case catalogue.VerifyScriptCompleted:
		return o.findScript(ctx)
	case catalogue.VerifyDeviceOnline:
		return o.findRestart(ctx, now)
	case catalogue.VerifyDoorUnlocked:
		ok, err := o.doors.Unlocked(ctx, o.device.VendorRef, o.row.ID.String(), *o.row.CalledAt)
		return o.found(ok, "the controller's log has the unlock", now), err
	case catalogue.VerifyDoorLocked:
		state, err := o.doors.Door(ctx, o.device.VendorRef)
		return o.found(err == nil && state.Locked, "the controller says that the door is locked", now), err
	}
	return finding{}, fmt.Errorf("BUG: %s cannot be seen", kind)
}

func (o *order) found(ok bool, what string, at time.Time) finding {
	if !ok {
		return finding{}
	}
	return finding{outcome: club.OutcomeSuccess, detail: what, proof: &club.Fact{Name: string(o.action.Verification.Kind), Value: what, Source: o.device.Vendor, At: at}}
}

func (o *order) failed(what string, at time.Time) finding {
	return finding{outcome: club.OutcomeFailed, detail: what, proof: &club.Fact{Name: club.FactDidNotWork, Value: what, Source: o.device.Vendor, At: at}}
}

// since is the instant from which a vendor's log counts. Vendors keep whole seconds.
func (o *order) since() time.Time { return o.row.CalledAt.Truncate(time.Second) }

// activities returns what the vendor logged since an instant, oldest first.
func (o *order) activities(ctx context.Context, since time.Time) ([]club.DeviceActivity, error) {
	list, err := o.rmm.Activities(ctx, o.device.VendorRef, since)
	if err != nil {
		return nil, err // an answer that broke off may lack the very entry that counts
	}
	list = slices.DeleteFunc(slices.Clone(list), func(a club.DeviceActivity) bool { return a.At.Before(since) })
	slices.SortStableFunc(list, func(a, b club.DeviceActivity) int { return a.At.Compare(b.At) })
	return list, nil
}

const (
	runsFor    = 15 * time.Minute // how long before a call a script that ends after it may have begun
	clocksSkew = 5 * time.Second  // how far the vendor's clock may be behind ours
)

// findScript takes the first end of our script since the call: the gate lets only one command at a time onto a
// device. Other scripts run there too, and the vendor itself may run ours: an end is not ours when it is of
// another script, of one of which the log does not tell which it was, or of a run that began before the call.
func (o *order) findScript(ctx context.Context) (finding, error) {
	list, err := o.activities(ctx, o.since().Add(-runsFor))
	before := map[string]bool{}
	for _, a := range list {
		if a.Series != "" && a.At.Before(o.since().Add(-clocksSkew)) {
			before[a.Series] = true
		}
		if a.At.Before(o.since()) || o.script == "" || a.Script != o.script || before[a.Series] {
			continue
		}
		switch a.Status {
		case "completed":
			return o.found(true, "the vendor's log says that the script ended well", a.At), nil
		case "failed", "cancelled":
			return o.failed("the vendor's log says that the script "+a.Status, a.At), nil
		}
	}
	return finding{}, err
}

// findRestart wants two things: that the device was away after the call (seen offline, or its own log
// of a boot), and that it has made contact since.
func (o *order) findRestart(ctx context.Context, now time.Time) (finding, error) {
	state, err := o.rmm.Device(ctx, o.device.VendorRef)
	if err != nil {
		return finding{}, err
	}
	away := slices.ContainsFunc(decodeFacts(o.row.Proofs), func(f club.Fact) bool { return f.Name == wentAway })
	if !state.Online {
		if away {
			return finding{}, nil
		}
		return finding{seen: &club.Fact{Name: wentAway, Value: o.device.Name + " went off after the command", Source: o.device.Vendor, At: now}}, nil
	}
	list, err := o.activities(ctx, o.since())
	for _, a := range list {
		text := strings.ToLower(a.Status + " " + a.Detail)
		away = away || a.Type == "system" && strings.Contains(text, "boot")
		if a.Type == "action" && (a.Status == "failed" || a.Status == "cancelled") && strings.Contains(text, "boot") {
			return o.failed("the vendor's log says that the restart "+a.Status, a.At), nil
		}
	}
	return o.found(away && state.LastContact.After(*o.row.CalledAt), o.device.Name+" went off and is back", now), err
}
