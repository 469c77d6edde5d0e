package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// CallFailed takes in that a call did not go out, or never will. The person is called another way; when a
// step has reached nobody, the next one does not wait for its time.
func (d *Desk) CallFailed(ctx context.Context, tx *store.Tx, row store.Notification) error {
	id, round, step, ok := parseStepKey(row.DedupKey)
	if !ok {
		return nil
	}
	c, err := d.openChain(ctx, tx, id)
	if err != nil || c == nil || c.row.Round != round {
		return err
	}
	all, err := tx.FindNotificationsOfRef(ctx, row.Ref)
	if err != nil {
		return fmt.Errorf("find calls: %w", err)
	}
	prefix := stepKey(id, round, step) + ":"
	all = slices.DeleteFunc(all, func(n store.Notification) bool { return !strings.HasPrefix(n.DedupKey, prefix) })
	if !row.UserID.IsZero() {
		if ok, err := c.otherwise(ctx, row, all, step); err != nil || ok {
			return err
		}
	}
	if slices.ContainsFunc(all, func(n store.Notification) bool { return n.Error == "" }) {
		return nil // somebody of this step is, or may yet be, reached
	}
	if err := c.trouble(ctx, "calls of step "+strconv.FormatInt(step+1, 10)+" did not go out"); err != nil {
		return err
	}
	if c.row.NextStep != step+1 {
		return nil // later ones are under way
	}
	return c.run(ctx, true)
}

// otherwise calls somebody by a way that their step has not tried, if there is one.
func (c *chain) otherwise(ctx context.Context, failed store.Notification, all []store.Notification, step int64) (bool, error) {
	contact, err := oncall.Reach(ctx, c.tx, c.keys, failed.UserID)
	if err != nil {
		return false, err
	}
	for _, way := range contact.Ways() {
		tried := slices.ContainsFunc(all, func(n store.Notification) bool { return n.UserID == failed.UserID && n.Channel == way })
		if tried || way == setting.BySMS && c.undisturbed(contact, false) {
			continue
		}
		n, err := c.d.personNote(ctx, c.tx, c.t, c.e, c.row)
		if err != nil {
			return false, err
		}
		n.DedupKey = stepKey(c.e.ID, c.row.Round, step)
		if ok, err := c.d.cfg.Notifier.Call(ctx, c.tx, notify.Channel(way), failed.UserID, n); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func parseStepKey(key string) (id club.EscalationID, round, step int64, ok bool) {
	parts := strings.Split(key, ":")
	if len(parts) < 4 || parts[0] != "call" {
		return "", 0, 0, false
	}
	round, err := strconv.ParseInt(parts[2], 10, 64)
	step, err2 := strconv.ParseInt(parts[3], 10, 64)
	return club.EscalationID(parts[1]), round, step, err == nil && err2 == nil
}

// callOwners calls the owners with a reminder once the plan is at its end.
func (d *Desk) callOwners(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation) error {
	c, err := d.openChain(ctx, tx, e.ID)
	if err != nil || c == nil || int(c.row.NextStep) < len(c.plan.Steps) {
		return err
	}
	// Steps of reminders are numbered behind those of the plan, each one by itself.
	number := int64(len(c.plan.Steps)) + e.Reminders
	_, why, err := c.people(ctx, setting.Call{To: setting.CallOwners, By: []string{setting.BySMS, setting.ByEmail}}, number)
	if err != nil || why == "" {
		return err
	}
	return c.trouble(ctx, why)
}

// FindTroubledCalls returns the escalations of the last day, at places that p may see, whose calls did not
// reach whom they should, newest first, at most 50.
func (d *Desk) FindTroubledCalls(ctx context.Context, tx *store.Tx, p identity.Principal) ([]store.FindTroubledCallsRow, error) {
	if err := admit(tx, p, identity.HealthRead); err != nil {
		return nil, err
	}
	rows, err := tx.FindTroubledCalls(ctx, store.FindTroubledCallsParams{Scope: p.LocationScope(), Since: tx.Now.Add(-24 * time.Hour), Size: 50})
	if err != nil {
		return nil, fmt.Errorf("find calls in trouble: %w", err)
	}
	return rows, nil
}
