package decide

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// leavesOpen reports whether something is under way in the thread that these texts do not touch: thanks,
// HELP or START withdraw nothing that waits for a person or is being done, and STOP no more than quieten
// does. Only what would run by itself is withdrawn when the member says that it is needed no more.
func (d *Decider) leavesOpen(ctx context.Context, tx *store.Tx, m *matter, v verdict, ruled bool) (bool, error) {
	if !ruled || v.kind != kindNoAnswer && v.kind != kindHelp && v.kind != kindOptIn && v.kind != kindOptOut {
		return false, nil
	}
	n, err := tx.CountUnderWay(ctx, store.CountUnderWayParams{ThreadID: m.thread.ID})
	if err != nil {
		return false, fmt.Errorf("count what is under way: %w", err)
	}
	if _, over := m.first(func(t text) bool { return t.reading.Over }); n == 0 || !over || v.kind == kindOptOut {
		return n > 0, nil
	}
	prop, err := tx.FindOpenProposalOfThread(ctx, m.thread.ID)
	if missing(err) {
		return true, nil
	}
	return prop.Tier != club.TierSuggest, err
}

// answered brings a thread to rest whose texts a fixed rule has dealt with: it stays with what is under
// way, goes back to what the member was asked, or is done with.
func (d *Decider) answered(ctx context.Context, tx *store.Tx, m *matter, p plan, asked string) error {
	if p.unfinished {
		return nil
	}
	th, err := thread.Find(ctx, tx, m.thread.ID) // queueing the reply has changed it
	if err != nil {
		return err
	}
	mv := thread.Move{Event: club.ThreadAnswered, By: machine}
	if _, over := m.first(func(t text) bool { return t.reading.Over }); asked != "" && p.kind != kindOptOut && !over {
		mv = thread.Move{Event: club.ThreadAsked, By: machine, Awaiting: &asked}
	}
	_, err = thread.Apply(ctx, tx, th, mv)
	return err
}

// stillFits is Conflict when a proposal is about a situation that is no more: whoever approves it may not
// have seen that.
func (d *Decider) stillFits(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, dec store.Decision) error {
	newer, err := tx.FindUnhandledMessages(ctx, th.ID)
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	if len(newer) > 0 {
		return club.Conflict("the member has written again since this was proposed; read that first")
	}
	why, err := d.bookingGone(ctx, tx, dec)
	if err != nil {
		return err
	}
	if why != "" {
		return club.Conflict("%s; act by hand if it is to be done all the same", why)
	}
	if why, err = nobodyToTell(ctx, tx, dec); err == nil && why != "" {
		return club.Conflict("%s; reach them another way", why)
	}
	if err != nil {
		return err
	}
	if why, err = unheard(ctx, tx, keys, th, dec, false); err == nil && why != "" {
		return club.Conflict("the text cannot be sent: %s", strings.TrimSuffix(why, "."))
	}
	return err
}

// bookingGone says why something that was to be done for a booking is out of date; "" when it is not.
func (d *Decider) bookingGone(ctx context.Context, tx *store.Tx, dec store.Decision) (string, error) {
	var st stored
	if err := json.Unmarshal([]byte(dec.Steps), &st); err != nil {
		return "", fmt.Errorf("read steps: %w", err)
	}
	if dec.BookingID.IsZero() || len(actionsOf(st.Steps, d.cfg.Catalogue)) == 0 {
		return "", nil
	}
	b, err := tx.FindBooking(ctx, dec.BookingID)
	switch {
	case err != nil:
		return "", fmt.Errorf("read booking: %w", err)
	case b.Status != club.BookingConfirmed:
		return "the booking is " + words(string(b.Status)) + " by now", nil
	case tx.Now.After(b.EndsAt.Add(bookingMargin)):
		return "the booking has ended by now", nil
	}
	return "", nil
}

// putInOurHands gives a thread back to the machine whose owner lets it act: it does nothing in a thread
// that people have. Whoever approves what is advised in a thread that people were called to has answered the
// call.
func (d *Decider) putInOurHands(ctx context.Context, tx *store.Tx, th store.Thread, by club.Actor) error {
	if th.Status == club.ThreadEscalated {
		_, err := d.cfg.Desk.Release(ctx, tx, th, by, "approved what was proposed")
		return err
	}
	if th.Status != club.ThreadInProgress {
		return nil
	}
	var err error
	for _, mv := range []thread.Move{{Event: club.ThreadHandedBack, By: by, Why: "approved what was proposed"}, {Event: club.ThreadTaken, By: machine}} {
		if th, err = thread.Apply(ctx, tx, th, mv); err != nil {
			return err
		}
	}
	return nil
}
