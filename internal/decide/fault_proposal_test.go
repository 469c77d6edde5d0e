package decide_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// advised has something proposed in a conversation to which people have been called.
func advised(h *house, p *store.Proposal) {
	h.learn(afterwards)
	room := h.room()
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(room)
	_, th := h.newest()
	if _, err := h.desk.EscalateByHand(h.t.Context(), h.tenant, operator("usr_oscar"), th.ID, "please look", nil); err != nil {
		h.t.Fatal(err)
	}
	h.fails(room, th.ID, "reboot_pc")
	if *p = h.proposal(th.ID); p.Status != club.ProposalOpen {
		h.t.Fatalf("%+v", p)
	}
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhereProposalsAreDecidedOn(t *testing.T) {
	t.Parallel()
	opal, words, why := operator("usr_opal"), "Hi! It is Guests, no password.", decide.Why{Reason: "wrong", Note: "it was renamed in May"}
	service := opal
	service.UserID, service.Role, service.Scopes = "", "", []identity.Permission{identity.ProposalsDecide}
	service.Actor = club.Actor{Kind: club.ActorAPIKey, ID: "key_1", Name: "a service"}
	for name, c := range map[string]struct {
		words   string
		prepare func(*house, *store.Proposal)
		act     func(context.Context, *house, club.ProposalID) error
	}{
		"approving an act": {"the screen is frozen", nil, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Approve(ctx, h.tenant, opal, id, nil, why)
		}},
		"approving with other words": {"what's the wifi password", nil, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Approve(ctx, h.tenant, opal, id, &words, why)
		}},
		"approving where people were called": {"where can i park", advised, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Approve(ctx, h.tenant, opal, id, nil, why)
		}},
		"rejecting": {"the screen is frozen", nil, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Reject(ctx, h.tenant, opal, id, why)
		}},
		"rejecting where people were called": {"where can i park", advised, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Reject(ctx, h.tenant, opal, id, why)
		}},
		"rejecting by a service": {"the screen is frozen", nil, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Reject(ctx, h.tenant, service, id, why)
		}},
		"the deadline of an act": {"the screen is frozen", nil, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Deadline(ctx, h.tenant, decide.DeadlineJob{Proposal: id})
		}},
		"the deadline of words": {"what's the wifi password", nil, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Deadline(ctx, h.tenant, decide.DeadlineJob{Proposal: id})
		}},
		"a deadline that may not": {"the screen is frozen", func(h *house, _ *store.Proposal) { h.set("actions.off", []string{"device"}) }, func(ctx context.Context, h *house, id club.ProposalID) error {
			return h.decider.Deadline(ctx, h.tenant, decide.DeadlineJob{Proposal: id})
		}},
		"a deadline that was lost": {"the screen is frozen", nil, func(ctx context.Context, h *house, id club.ProposalID) error {
			return decide.DeadlineLost(h.decider, ctx, h.tenant, decide.DeadlineJob{Proposal: id}, errors.New("x"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.permit()
			h.set("autonomy.places", []string{"north"})
			h.book("Bay 3")
			th := h.hear(ada, c.words)
			p := h.proposal(th.ID)
			if c.prepare != nil {
				c.prepare(h, &p)
			}
			h.clock.Advance(20 * time.Minute) // past the deadline, within the booking
			h.withoutNotice(func(ctx context.Context) error { return c.act(ctx, h, p.ID) })
		})
	}
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhereVersionsAreTrainedAndLoaded(t *testing.T) {
	t.Parallel()
	versions := func(h *house, n int) {
		h.write(func(tx *store.Tx) error {
			for i := range n {
				if _, err := tx.CreateModel(h.t.Context(), store.CreateModelParams{ID: club.NewModelID(tx.Now), Digest: fmt.Sprint("d", i), Engine: pattern.Engine, TrainedAt: tx.Now,
					TrainedOn: "{}", Figures: "{}", Checksum: "-", Body: []byte("x")}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for name, c := range map[string]struct {
		prepare func(*house)
		op      func(context.Context, *house) error
		kept    int // what was trained before the failure is not trained again
	}{
		"a training beside many": {func(h *house) { versions(h, 4) }, func(ctx context.Context, h *house) error {
			return h.decider.TrainMatcher(ctx, h.tenant, decide.TrainJob{Tenant: h.tenant.Slug, Engine: pattern.Engine})
		}, 1},
		"a start without any": {func(*house) {}, func(ctx context.Context, h *house) error { return h.replica().Warm(ctx, h.tenant) }, 0},
		"a start with one":    {func(h *house) { h.warm() }, func(ctx context.Context, h *house) error { return h.replica().Warm(ctx, h.tenant) }, 0},
		"a start with damage": {func(h *house) { versions(h, 1) }, func(ctx context.Context, h *house) error { return h.replica().Warm(ctx, h.tenant) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.background()
			c.prepare(h)
			h.recalled()
			stored, faults := len(h.models()), h.count("models WHERE fault <> ''")
			storetest.EachFailureOf(t, func(ctx context.Context) error { return c.op(ctx, h) }, func() {
				if len(h.models()) > stored+c.kept || h.count("audit_entries WHERE action = 'model.faulted'") != h.count("models WHERE fault <> ''")-faults {
					t.Error("something was left behind")
				}
			})
		})
	}
}
