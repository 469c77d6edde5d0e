package desk

import (
	"context"
	"strconv"

	"clubos/internal/notify"
	"clubos/internal/store"
)

// page wakes the pager.
func (c *chain) page(ctx context.Context, number int64) (bool, error) {
	n, err := c.d.note(ctx, c.tx, c.t, c.e)
	if err != nil {
		return false, err
	}
	return c.d.pager(ctx, c.tx, c.t, c.row, n, notify.PageTrigger, stepKey(c.e.ID, c.row.Round, number))
}

func (d *Desk) pager(ctx context.Context, tx *store.Tx, t store.Thread, row store.CallChain, n notify.Note, event notify.Event, key string) (bool, error) {
	source, err := place(ctx, tx, t.LocationID, t.BayID)
	if err != nil {
		return false, err
	}
	if source == "" {
		source = "ClubOS"
	}
	n.Buttons, n.DedupKey, n.Page = nil, key, notify.Page{Event: event, Key: pagerKey(row), Source: source}
	return d.cfg.Notifier.Call(ctx, tx, notify.ChannelPagerDuty, "", n)
}

// pagerKey names an escalation's calls at the pager. There an incident that was acknowledged does not ring
// again, so calls that begin anew are another one.
func pagerKey(row store.CallChain) string {
	if row.Round == 1 {
		return row.EscalationID.String()
	}
	return row.EscalationID.String() + "." + strconv.FormatInt(row.Round, 10)
}
