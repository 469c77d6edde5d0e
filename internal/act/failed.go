package act

import (
	"context"
	"slices"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/store"
)

// Vendor is who reports acts that came to nothing, among the vendors of events.
const Vendor = "act"

// noEffect are the outcomes of an act that its vendor was asked for and that nobody has seen to work.
var noEffect = []club.Outcome{club.OutcomeFailed, club.OutcomeTimeout, club.OutcomePartial, club.OutcomeUnconfirmed}

// reportFailed takes an act that came to nothing in as something that happened at its place, once. What never
// was on its way to a vendor, because the gate or a person stopped it, says nothing of the device.
func reportFailed(ctx context.Context, tx *store.Tx, x store.Execution, outcome club.Outcome, detail string) error {
	if x.CalledAt == nil || x.LocationID.IsZero() || !slices.Contains(noEffect, outcome) {
		return nil
	}
	_, err := event.Take(ctx, tx, event.Report{Code: club.EventActionFailed, Vendor: Vendor, Key: x.ID.String(), Detail: detail,
		Location: x.LocationID, Bay: x.BayID, Device: x.DeviceID, Execution: x.ID})
	return err
}
