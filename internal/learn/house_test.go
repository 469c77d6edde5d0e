package learn_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/pattern/reliability"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

const procedures = `
sops:
  - slug: frozen
    title: Frozen screen
    category: equipment
    scope: global
    status: live
    triggers: ["the screen is frozen"]
    steps:
      - {action: reboot_pc}
      - {reply: "It is coming back."}
    fallback:
      - {escalate: "the screen is frozen"}
  - slug: wifi
    title: Wifi
    category: facility
    scope: global
    status: live
    triggers: ["what is the wifi password"]
    steps:
      - {reply: "It is on the board."}
`

// house is a club whose decisions are made by the test and judged by the memory.
type house struct {
	t       *testing.T
	cluster *store.Cluster
	tenant  *store.Tenant
	keys    *vault.Tenant
	clock   *club.ManualClock
	memory  *learn.Memory
	thread  store.Thread
	sops    map[string]club.SOPID
	bays    []club.BayID
	place   club.LocationID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "test")
	ring, log := vaulttest.Ring(t), slog.New(slog.DiscardHandler)
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, cluster: c, tenant: tenant, keys: keys, clock: clock, sops: map[string]club.SOPID{}}
	h.memory = learn.New(learn.Config{Ring: ring, Log: log, Values: act.Values, Notifier: notify.New(notify.Config{Log: log, Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }})})
	in := inbox.New(inbox.Config{Cluster: c, Ring: ring, Log: log})
	t.Cleanup(in.Close)
	h.furnish(cat)
	r, err := in.Deliver(t.Context(), tenant, club.Delivery{ID: "EV1", Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: "SM1", From: "+15550100001", To: "+15550109999", Text: "the screen is frozen"}}, "twilio")
	if err != nil {
		t.Fatal(err)
	}
	h.read(func(tx *store.Tx) (err error) { h.thread, err = tx.FindThread(t.Context(), r.Thread); return err })
	return h
}

func (h *house) furnish(cat *catalogue.Catalogue) {
	h.t.Helper()
	docs, problems := knowledge.Import(strings.NewReader(procedures), knowledge.FormatYAML, cat)
	for _, p := range problems {
		h.t.Fatal(p)
	}
	library := knowledge.New(cat)
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		h.place = club.NewLocationID(tx.Now)
		if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: h.place, Slug: "north", Name: "Northside", TimeZone: "America/New_York", Details: `{}`, CreatedAt: tx.Now}); err != nil {
			return err
		}
		for n := range 2 {
			id := club.NewBayID(tx.Now)
			h.bays = append(h.bays, id)
			if err := tx.CreateBay(ctx, store.CreateBayParams{ID: id, LocationID: h.place, Number: int64(n + 1), Name: fmt.Sprintf("Bay %d", n+1), Status: "active", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		if err := tx.PutLine(ctx, store.PutLineParams{Number: "+15550109999", Provider: "twilio", LocationID: h.place, CreatedAt: tx.Now}); err != nil {
			return err
		}
		if _, err := library.Import(ctx, tx, club.System("test"), docs, "test"); err != nil {
			return err
		}
		set, err := library.Live(ctx, tx)
		if err != nil {
			return err
		}
		for _, e := range set.Entries {
			h.sops[e.Document.Slug] = e.SOP
		}
		return nil
	})
}

func (h *house) write(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Read(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// plan is what a decision by a procedure would do.
func (h *house) plan(slug string) learn.Plan {
	h.t.Helper()
	digest, err := learn.Digest(slug)
	if err != nil {
		h.t.Fatal(err)
	}
	p := learn.Plan{SOP: h.sops[slug], Title: slug, Digest: digest}
	if slug == "frozen" {
		p.Actions = []club.ActionName{"reboot_pc"}
	}
	return p
}

// decide stores a decision that claimed a tier, with a proposal where that tier makes one.
func (h *house) decide(slug string, bay club.BayID, earned club.Tier) (dec store.Decision) {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		steps := `{"steps":[{"reply":"It is on the board."}]}`
		if slug == "frozen" {
			steps = `{"steps":[{"action":"reboot_pc"}]}`
		}
		evidence, err := json.Marshal(club.Evidence{Text: "t"})
		if err != nil {
			return err
		}
		id := club.NewDecisionID(tx.Now)
		person, err := people.Find(ctx, tx, h.keys, h.thread.SubjectID)
		if err != nil {
			return err
		}
		reply, err := people.Seal(h.keys, person.Subject, "decisions.reply", id.String(), "It is on the board.")
		if err != nil {
			return err
		}
		dec = store.Decision{ID: id, ThreadID: h.thread.ID, SubjectID: h.thread.SubjectID, Kind: "answer", Title: slug, SOPID: h.sops[slug], SOPVersion: 1, Confidence: 0.9,
			EarnedTier: earned, Tier: earned, Evidence: string(evidence), Steps: steps, Reply: reply, LocationID: h.place, BayID: bay, CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		return h.memory.Remember(ctx, tx, dec, []learn.Weighed{{Plan: h.plan(slug), Role: learn.RoleChosen, Score: 0.9, Probability: 0.99, Confidence: 0.9, Model: "test"}})
	})
	return dec
}

// propose gives a decision a proposal that a person settled.
func (h *house) propose(dec store.Decision, to club.ProposalStatus, by string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		id := club.NewProposalID(tx.Now)
		if err := tx.CreateProposal(h.t.Context(), store.CreateProposalParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Tier: club.TierApprove, CreatedAt: tx.Now}); err != nil {
			return err
		}
		_, err := tx.ClaimProposal(h.t.Context(), store.ClaimProposalParams{ID: id, Status: to, DecidedBy: "user:" + by, DecidedAt: &tx.Now})
		learn.Consider(tx, dec.ID)
		return err
	})
}

// override records what a person did instead.
func (h *house) override(dec store.Decision, kind, by, after string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		person, err := people.Find(h.t.Context(), tx, h.keys, dec.SubjectID)
		if err != nil {
			return err
		}
		id := club.NewOverrideID(tx.Now)
		o := store.CreateOverrideParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Kind: kind, Actor: "user:" + by, At: tx.Now}
		if o.Before, err = people.Seal(h.keys, person.Subject, "overrides.before", id.String(), "It is on the board."); err != nil {
			return err
		}
		if o.After, err = people.Seal(h.keys, person.Subject, "overrides.after", id.String(), after); err != nil {
			return err
		}
		learn.Consider(tx, dec.ID)
		return tx.CreateOverride(h.t.Context(), o)
	})
}

// run carries a decision out, as far as the memory sees it.
func (h *house) run(dec store.Decision, status string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		if _, err := tx.CreateRun(h.t.Context(), store.CreateRunParams{DecisionID: dec.ID, ThreadID: dec.ThreadID, Steps: "{}", StartedBy: "system:decide", Now: tx.Now}); err != nil {
			return err
		}
		_, err := tx.UpdateRun(h.t.Context(), store.UpdateRunParams{DecisionID: dec.ID, Steps: "{}", Status: status, UpdatedAt: tx.Now})
		learn.ConsiderAgain(tx, dec.ID)
		return err
	})
}

// execute gives a decision an execution that ended so.
func (h *house) execute(dec store.Decision, outcome club.Outcome, proofs string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		id := club.NewExecutionID(tx.Now)
		learn.Consider(tx, dec.ID)
		_, err := tx.CreateExecution(h.t.Context(), store.CreateExecutionParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Action: "reboot_pc", Params: "{}", LocationID: dec.LocationID, BayID: dec.BayID,
			IdempotencyKey: id.String(), Outcome: outcome, Proofs: proofs, RequestedBy: "system:decide", CorrelationID: tx.Correlation, CreatedAt: tx.Now, FinishedAt: &tx.Now})
		return err
	})
}

// judge runs the jobs that judge, due or not.
func (h *house) judge() { jobstest.Work(h.t, h.cluster, h.tenant, h.memory.Judge) }

func (h *house) outcome(dec store.Decision) string {
	h.t.Helper()
	source, pattern := "", h.standing(dec.Title, dec.BayID).Pattern.ID
	h.read(func(tx *store.Tx) error {
		o, err := tx.FindOutcome(h.t.Context(), store.FindOutcomeParams{DecisionID: dec.ID, PatternID: pattern})
		if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
			return nil
		}
		source = o.Source
		return err
	})
	return source
}

func (h *house) standing(slug string, bay club.BayID) learn.Standing {
	h.t.Helper()
	return h.standingOf(h.plan(slug), bay)
}

func (h *house) standingOf(about learn.Plan, bay club.BayID) (s learn.Standing) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		settings, err := setting.Load(h.t.Context(), tx)
		if err != nil {
			return err
		}
		s, err = h.memory.Standing(h.t.Context(), tx, settings, about, reliability.Place{Location: h.place.String(), Bay: bay.String()}, 1)
		return err
	})
	return s
}
