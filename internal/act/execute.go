package act

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// What an execution that is being verified says of itself.
const (
	detailAccepted = "the vendor took the command; it is not yet seen to work"
	detailUnknown  = "the command was sent, but its answer never came; the vendor is being asked"
)

// system is the engine as an actor.
var system = club.System("act")

// order is a call that may be made.
type order struct {
	row    store.Execution
	action catalogue.Action
	params catalogue.Params
	device store.Device
	script string
	rmm    RMM
	doors  Doors
}

// execute is the job: mark as called, commit, call, record. It does no harm when it runs again.
func (e *Engine) execute(ctx context.Context, tenant *store.Tenant, job executeJob) error {
	o, err := e.startCall(ctx, tenant, job.Execution)
	if err != nil || o == nil {
		return err
	}
	if err := e.crash(failpoint.ActStarted); err != nil {
		return err
	}
	callCtx, cancel := context.WithTimeout(ctx, o.action.Timeout)
	err = o.call(callCtx)
	cancel()
	if crashed := e.crash(failpoint.ActCalled); crashed != nil {
		return crashed
	}
	e.log(ctx, tenant, o.row, "execution.called", err)
	return e.recordCall(ctx, tenant, o, err)
}

// startCall commits that the vendor is about to be called. Nil: it must not be. An execution that an
// earlier try has marked may have reached the vendor, so it is looked after, not called.
func (e *Engine) startCall(ctx context.Context, tenant *store.Tenant, id club.ExecutionID) (o *order, err error) {
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		o = nil
		x, err := tx.FindExecution(ctx, id)
		if err != nil {
			return fmt.Errorf("find execution: %w", err)
		}
		if x.Outcome != club.OutcomeClaimed {
			return nil
		}
		if x.CalledAt != nil {
			return e.accept(ctx, tx, x, detailUnknown)
		}
		next, why, err := e.order(ctx, tx, tenant, x)
		if err != nil {
			return err
		}
		if why != "" {
			return e.undone(ctx, tx, x, club.OutcomeFailed, why)
		}
		proofs, why, err := e.lookAgain(ctx, tx, x, next.action)
		if err != nil {
			return err
		}
		if why != "" {
			return e.undone(ctx, tx, x, club.OutcomeRefused, "it was let pass, and then no more: "+why)
		}
		next.row.Proofs = encodeFacts(proofs)
		n, err := tx.StartCall(ctx, store.StartCallParams{ID: id, CalledAt: &tx.Now, Proofs: next.row.Proofs})
		if err != nil {
			return fmt.Errorf("mark execution as called: %w", err)
		}
		if n == 0 {
			return nil // another worker has it
		}
		next.row.CalledAt, next.row.Attempts = &tx.Now, x.Attempts+1
		o = next
		return nil
	})
	return o, err
}

// order makes sure, at the last moment, that an execution may still be called, and with what.
func (e *Engine) order(ctx context.Context, tx *store.Tx, tenant *store.Tenant, x store.Execution) (*order, string, error) {
	a, ok := e.cfg.Catalogue.Find(x.Action)
	if !ok {
		return nil, "the action is not in the catalogue any more", nil
	}
	if tx.Now.Sub(x.CreatedAt) > passLife {
		return nil, "it could not be done in time and was not done at all", nil
	}
	settings, err := setting.Load(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	by, ok := club.ParseActor(x.RequestedBy)
	if !ok {
		by = system
	}
	if why, err := withheld(ctx, tx, settings, a, x.LocationID, by); err != nil || why != "" {
		return nil, "held back in the meantime: " + why, err
	}
	if why, err := takenOver(ctx, tx, x); err != nil || why != "" {
		return nil, why, err
	}
	o := &order{row: x, action: a}
	var in map[string]any
	if err := json.Unmarshal([]byte(x.Params), &in); err != nil {
		return nil, "", fmt.Errorf("read parameters: %w", err)
	}
	if o.params, err = a.ParseParams(in); err != nil {
		return nil, "its parameters do not fit the action any more", nil
	}
	if o.device, err = tx.FindDevice(ctx, x.DeviceID); err != nil {
		return nil, "", fmt.Errorf("find device: %w", err)
	}
	var configured bool
	switch a.Call.Op {
	case catalogue.OpDoorsLock, catalogue.OpDoorsUnlock:
		if o.doors, configured = e.cfg.Doors(tenant.Slug); !configured {
			return nil, "no door controller is configured", nil
		}
	default:
		if o.rmm, configured = e.cfg.RMM(tenant.Slug); !configured {
			return nil, "no device management is configured", nil
		}
	}
	if a.Call.Setting != "" {
		if o.script, err = scriptID(ctx, tx, x.LocationID, a.Call.Setting); err != nil {
			return nil, "", err
		}
		if o.script == "" {
			return nil, "no script is configured for it (" + a.Call.Setting + ")", nil
		}
	}
	return o, "", nil
}

// takenOver says why a decision's act is off: people have the thread.
func takenOver(ctx context.Context, tx *store.Tx, x store.Execution) (string, error) {
	if x.DecisionID.IsZero() || x.ThreadID.IsZero() {
		return "", nil
	}
	t, err := thread.Find(ctx, tx, x.ThreadID)
	if err != nil {
		return "", err
	}
	if t.Status == club.ThreadInProgress || t.Status == club.ThreadManualOverride {
		return "a person has taken the conversation over", nil
	}
	return "", nil
}

// scriptID reads the vendor's id of a script from the location's details, or the club's settings.
func scriptID(ctx context.Context, tx *store.Tx, location club.LocationID, key string) (string, error) {
	l, err := tx.FindLocation(ctx, location)
	if err != nil {
		return "", fmt.Errorf("find location: %w", err)
	}
	if id := details(l)[key]; id != "" {
		return id, nil
	}
	row, err := tx.FindSetting(ctx, key)
	if err != nil {
		if missing(err) {
			return "", nil
		}
		return "", fmt.Errorf("find setting: %w", err)
	}
	var v any
	if json.Unmarshal([]byte(row.Value), &v) != nil {
		return "", nil
	}
	return plain(v), nil
}

// call makes the one call.
func (o *order) call(ctx context.Context) error {
	key := o.row.ID.String()
	switch o.action.Call.Op {
	case catalogue.OpRMMReboot:
		return o.rmm.Reboot(ctx, o.device.VendorRef, "ClubOS "+key, o.params.String("mode") == "forced")
	case catalogue.OpRMMScript:
		return o.rmm.RunScript(ctx, o.device.VendorRef, o.script, scriptParameters(o.params))
	case catalogue.OpDoorsUnlock:
		return o.doors.Unlock(ctx, o.device.VendorRef, key, "ClubOS")
	case catalogue.OpDoorsLock:
		return o.doors.Lock(ctx, o.device.VendorRef)
	}
	return &club.VendorError{Vendor: "clubos", Op: string(o.action.Call.Op), Err: errNoVendor}
}

// scriptParameters writes parameters as scripts read them: name=value, in the order of the names. No
// value of an action has a space in it.
func scriptParameters(p catalogue.Params) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		v := p[name]
		if d, ok := v.(time.Duration); ok {
			v = int64(d / time.Minute)
			name += "_minutes"
		}
		out = append(out, fmt.Sprintf("%s=%v", name, v))
	}
	return strings.Join(out, " ")
}

// recordCall takes in the vendor's answer. What it may have done is looked after; what it certainly
// did not do is tried again only where it was never reached.
func (e *Engine) recordCall(ctx context.Context, tenant *store.Tenant, o *order, cause error) error {
	ctx, cancel := recording(ctx)
	defer cancel()
	if err := e.crash(failpoint.ActRecording); err != nil {
		return err
	}
	var v *club.VendorError
	errors.As(cause, &v)
	retry := cause != nil && v != nil && !v.Reached && v.Retryable && o.row.Attempts < int64(o.action.Retry.Attempts)
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		x, err := tx.FindExecution(ctx, o.row.ID)
		switch {
		case err != nil:
			return fmt.Errorf("find execution: %w", err)
		case cause == nil:
			return e.accept(ctx, tx, x, detailAccepted)
		case club.EffectUnknown(cause):
			return e.accept(ctx, tx, x, detailUnknown)
		case retry:
			_, err := tx.ResetCall(ctx, store.ResetCallParams{ID: x.ID, Called: o.row.CalledAt})
			return err
		}
		return e.undone(ctx, tx, x, club.OutcomeFailed, refusedBy(v))
	})
	failpoint.Hit(failpoint.ActRecorded)
	if err == nil && retry {
		return jobs.Later(max(v.RetryAfter, o.action.Retry.Wait<<(o.row.Attempts-1)))
	}
	return err
}

func refusedBy(v *club.VendorError) string {
	switch {
	case v == nil:
		return "it was not done"
	case !v.Reached:
		return v.Vendor + " could not be reached; nothing was done"
	case v.VendorCode != "":
		return fmt.Sprintf("%s said no (status %d, %s)", v.Vendor, v.Status, clip(v.VendorCode, 80))
	}
	return fmt.Sprintf("%s said no (status %d)", v.Vendor, v.Status)
}

// recording returns a context for writing down what happened, which goes on when the try's own time
// is used up.
func recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

func (e *Engine) log(ctx context.Context, tenant *store.Tenant, x store.Execution, event string, err error) {
	outcome, level := "success", slog.LevelInfo
	attrs := []slog.Attr{slog.String("event.action", event), slog.String("organization.id", tenant.Slug.String()),
		slog.String("labels.execution", x.ID.String()), slog.String("labels.action", string(x.Action)), slog.String("labels.thread", x.ThreadID.String())}
	if err != nil {
		outcome, level = "failure", slog.LevelWarn
		if club.EffectUnknown(err) {
			outcome = "unknown"
		}
		attrs = append(attrs, slog.String("error.message", err.Error()))
	}
	e.cfg.Log.LogAttrs(ctx, level, "execution", append(attrs, slog.String("event.outcome", outcome))...)
}
