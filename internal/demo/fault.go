package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

// failure is one of the troubled bay's: how long ago, what a colleague noted, and when it was mended.
type failure struct {
	ago, mended time.Duration
	noted       string
}

func failures() []failure {
	return []failure{
		{ago: 12*24*time.Hour + 5*time.Hour, mended: 3*time.Hour + 20*time.Minute, noted: "Power off for a minute, then it came back. Nothing in the log."},
		{ago: 7*24*time.Hour + 9*time.Hour, mended: 50 * time.Minute, noted: "Reseated the USB cable of the launch monitor."},
		{ago: 2 * time.Hour, mended: 40 * time.Minute, noted: "Swapped the USB cable. The hub behind the screen is warm."},
	}
}

// recurringFault gives the troubled bay its past: the tickets that the procedure for a frozen bay wrote, and
// what follows from them by the desk's own rules, a root-cause ticket. A part that it waits for blocks it.
func (d *Demo) recurringFault(ctx context.Context) error {
	place, bay, ok := d.Club.Troubled()
	if !ok {
		return nil
	}
	by := identity.System(d.Tenant.Slug, "demo")
	now := d.App.Cluster.Clock().Now()
	for i, f := range failures() {
		err := d.Tenant.Write(ctx, func(tx *store.Tx) error {
			tx.Now = now.Add(-f.ago) // as if it had been written down then
			return d.fault(ctx, tx, by.Actor, place, bay, f, fmt.Sprintf("demo:failure:%d", i))
		})
		if err != nil {
			return err
		}
	}
	hub, err := d.App.Desk.CreateTicket(ctx, d.Tenant, by, desk.NewTicket{Template: "supplies", Title: "Order a powered USB hub for " + bay.Name, Location: place.ID, Bay: bay.ID, DedupKey: "hub"})
	if err != nil {
		return err
	}
	var roots []store.Ticket
	err = d.Tenant.Read(ctx, func(tx *store.Tx) error {
		roots, _, err = d.App.Desk.FindTickets(ctx, tx, by, desk.TicketFilter{Query: "Recurring:", Location: place.ID})
		return err
	})
	if err != nil || len(roots) == 0 {
		return err
	}
	_, err = d.App.Desk.RelateTickets(ctx, d.Tenant, by, hub.ID, club.RelationBlocks, roots[0].ID)
	return err
}

// fault writes one failure's ticket with its end.
func (d *Demo) fault(ctx context.Context, tx *store.Tx, by club.Actor, place simulate.Location, bay simulate.Bay, f failure, key string) error {
	slug := "frozen-screen"
	sops, err := tx.FindSOPs(ctx, store.FindSOPsParams{Slug: &slug})
	if err != nil {
		return fmt.Errorf("find procedures: %w", err)
	}
	i := slices.IndexFunc(sops, func(s store.SOP) bool { return s.Scope == "global" })
	if i < 0 {
		return club.NotFound("there is no procedure %s", slug)
	}
	t, created, err := d.App.Desk.OpenTicket(ctx, tx, club.System("act"), desk.NewTicket{Title: bay.Name + " at " + place.Name + " is frozen and does not come back",
		Description: "TrackMan restart and PC reboot did not help or could not be run.", Priority: club.PriorityNormal, Location: place.ID, Bay: bay.ID, SOP: sops[i].ID, DedupKey: key})
	if err != nil || !created {
		return err
	}
	end := tx.Now.Add(f.mended)
	if _, err := tx.UpdateTicketRow(ctx, store.UpdateTicketRowParams{ID: t.ID, Title: t.Title, Description: t.Description, Status: club.TicketResolved, Priority: t.Priority, LocationID: t.LocationID,
		BayID: t.BayID, DeviceID: t.DeviceID, ThreadID: t.ThreadID, AssignedTo: t.AssignedTo, DueAt: t.DueAt, SlaFrom: t.SlaFrom, PausedAt: &end, Warned: t.Warned, ResolvedAt: &end, UpdatedAt: end,
		Version: t.Version, Signature: t.Signature}); err != nil {
		return fmt.Errorf("resolve ticket: %w", err)
	}
	who := by
	if s, ok := d.Club.FindStaff(club.RoleOperator); ok {
		who = club.Actor{Kind: club.ActorUser, ID: s.ID.String()}
	}
	for _, e := range []struct {
		at         time.Time
		kind, text string
	}{{end.Add(-10 * time.Minute), "comment", f.noted}, {end, "status", string(club.TicketOpen) + " → " + string(club.TicketResolved)}} {
		if err := d.pastEvent(ctx, tx, who, t.ID, e.at, e.kind, e.text); err != nil {
			return err
		}
	}
	return nil
}

func (d *Demo) pastEvent(ctx context.Context, tx *store.Tx, by club.Actor, ticket club.TicketID, at time.Time, kind, text string) error {
	keys, err := d.App.Ring.For(d.Tenant.Slug, d.Tenant.Keyset)
	if err != nil {
		return err
	}
	id := club.NewEventID(at)
	sealed, err := keys.SealSecret(id.String(), []byte(text))
	if err != nil {
		return err
	}
	return tx.CreateTicketEvent(ctx, store.CreateTicketEventParams{ID: id, TicketID: ticket, Kind: kind, Body: sealed, Actor: by.String(), At: at})
}
