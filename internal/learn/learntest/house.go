// Package learntest is a club whose decisions are made by a test and judged by the memory.
package learntest

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

// House is a club whose decisions are made by the test and judged by the memory.
type House struct {
	T       *testing.T
	Cluster *store.Cluster
	Tenant  *store.Tenant
	Keys    *vault.Tenant
	Clock   *club.ManualClock
	Memory  *learn.Memory
	Thread  store.Thread
	SOPs    map[string]club.SOPID
	Bays    []club.BayID
	Place   club.LocationID
	Proved  float64 // what the record of what is decided had proved by then
}

// New returns a club of one place with two bays, two procedures and a member who has written.
func New(t *testing.T) *House {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "test")
	ring, log := vaulttest.Ring(t), slog.New(slog.DiscardHandler)
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &House{T: t, Cluster: c, Tenant: tenant, Keys: keys, Clock: clock, SOPs: map[string]club.SOPID{}}
	h.Memory = learn.New(learn.Config{Ring: ring, Log: log, Values: act.Values, Notifier: notify.New(notify.Config{Log: log, Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }})})
	in := inbox.New(inbox.Config{Cluster: c, Ring: ring, Log: log})
	t.Cleanup(in.Close)
	h.furnish(cat)
	r, err := in.Deliver(t.Context(), tenant, club.Delivery{ID: "EV1", Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: "SM1", From: "+15550100001", To: "+15550109999", Text: "the screen is frozen"}}, "twilio")
	if err != nil {
		t.Fatal(err)
	}
	h.Read(func(tx *store.Tx) (err error) { h.Thread, err = tx.FindThread(t.Context(), r.Thread); return err })
	return h
}

func (h *House) furnish(cat *catalogue.Catalogue) {
	h.T.Helper()
	docs, problems := knowledge.Import(strings.NewReader(procedures), knowledge.FormatYAML, cat)
	for _, p := range problems {
		h.T.Fatal(p)
	}
	library := knowledge.New(cat)
	h.Write(func(tx *store.Tx) error {
		ctx := h.T.Context()
		h.Place = club.NewLocationID(tx.Now)
		if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: h.Place, Slug: "north", Name: "Northside", TimeZone: "America/New_York", Details: `{}`, CreatedAt: tx.Now}); err != nil {
			return err
		}
		for n := range 2 {
			id := club.NewBayID(tx.Now)
			h.Bays = append(h.Bays, id)
			if err := tx.CreateBay(ctx, store.CreateBayParams{ID: id, LocationID: h.Place, Number: int64(n + 1), Name: fmt.Sprintf("Bay %d", n+1), Status: "active", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		if err := tx.PutLine(ctx, store.PutLineParams{Number: "+15550109999", Provider: "twilio", LocationID: h.Place, CreatedAt: tx.Now}); err != nil {
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
			h.SOPs[e.Document.Slug] = e.SOP
		}
		return nil
	})
}

// Write runs fn in a transaction.
func (h *House) Write(fn func(*store.Tx) error) {
	h.T.Helper()
	if err := h.Tenant.Write(h.T.Context(), fn); err != nil {
		h.T.Fatal(err)
	}
}

// Read runs fn in a transaction that reads.
func (h *House) Read(fn func(*store.Tx) error) {
	h.T.Helper()
	if err := h.Tenant.Read(h.T.Context(), fn); err != nil {
		h.T.Fatal(err)
	}
}

// Plan is what a decision by a procedure would do.
func (h *House) Plan(slug string) learn.Plan {
	h.T.Helper()
	digest, err := learn.Digest(slug)
	if err != nil {
		h.T.Fatal(err)
	}
	p := learn.Plan{SOP: h.SOPs[slug], Title: slug, Digest: digest}
	if slug == "frozen" {
		p.Actions = []club.ActionName{"reboot_pc"}
	}
	return p
}

// Decide stores a decision that claimed a tier, with a proposal where that tier makes one.
func (h *House) Decide(slug string, bay club.BayID, earned club.Tier) (dec store.Decision) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) error {
		ctx := h.T.Context()
		steps := `{"steps":[{"reply":"It is on the board."}]}`
		if slug == "frozen" {
			steps = `{"steps":[{"action":"reboot_pc"}]}`
		}
		evidence, err := json.Marshal(club.Evidence{Text: "t"})
		if err != nil {
			return err
		}
		id := club.NewDecisionID(tx.Now)
		person, err := people.Find(ctx, tx, h.Keys, h.Thread.SubjectID)
		if err != nil {
			return err
		}
		reply, err := people.Seal(h.Keys, person.Subject, "decisions.reply", id.String(), "It is on the board.")
		if err != nil {
			return err
		}
		dec = store.Decision{ID: id, ThreadID: h.Thread.ID, SubjectID: h.Thread.SubjectID, Kind: "answer", Title: slug, SOPID: h.SOPs[slug], SOPVersion: 1, Confidence: 0.9,
			EarnedTier: earned, Tier: earned, Evidence: string(evidence), Steps: steps, Reply: reply, LocationID: h.Place, BayID: bay, CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		return h.Memory.Remember(ctx, tx, dec, []learn.Weighed{{Plan: h.Plan(slug), Role: learn.RoleChosen, Score: 0.9, Probability: 0.99, Reliability: h.Proved, Confidence: 0.9, Model: "test"}})
	})
	return dec
}

// Propose gives a decision a proposal that a person settled.
func (h *House) Propose(dec store.Decision, to club.ProposalStatus, by string) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		id := club.NewProposalID(tx.Now)
		if err := tx.CreateProposal(h.T.Context(), store.CreateProposalParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Tier: club.TierApprove, CreatedAt: tx.Now}); err != nil {
			return err
		}
		_, err := tx.ClaimProposal(h.T.Context(), store.ClaimProposalParams{ID: id, Status: to, DecidedBy: "user:" + by, DecidedAt: &tx.Now})
		learn.Consider(tx, dec.ID)
		return err
	})
}

// Override records what a person did instead.
func (h *House) Override(dec store.Decision, kind, by, after string) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		person, err := people.Find(h.T.Context(), tx, h.Keys, dec.SubjectID)
		if err != nil {
			return err
		}
		id := club.NewOverrideID(tx.Now)
		o := store.CreateOverrideParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Kind: kind, Actor: "user:" + by, At: tx.Now}
		if o.Before, err = people.Seal(h.Keys, person.Subject, "overrides.before", id.String(), "It is on the board."); err != nil {
			return err
		}
		if o.After, err = people.Seal(h.Keys, person.Subject, "overrides.after", id.String(), after); err != nil {
			return err
		}
		learn.Consider(tx, dec.ID)
		return tx.CreateOverride(h.T.Context(), o)
	})
}

// Run carries a decision out, as far as the memory sees it.
func (h *House) Run(dec store.Decision, status string) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		if _, err := tx.CreateRun(h.T.Context(), store.CreateRunParams{DecisionID: dec.ID, ThreadID: dec.ThreadID, Steps: "{}", StartedBy: "system:decide", Now: tx.Now}); err != nil {
			return err
		}
		_, err := tx.UpdateRun(h.T.Context(), store.UpdateRunParams{DecisionID: dec.ID, Steps: "{}", Status: status, UpdatedAt: tx.Now})
		learn.ConsiderAgain(tx, dec.ID)
		return err
	})
}

// Execute gives a decision an execution that ended so.
func (h *House) Execute(dec store.Decision, outcome club.Outcome, proofs string) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		id := club.NewExecutionID(tx.Now)
		learn.Consider(tx, dec.ID)
		_, err := tx.CreateExecution(h.T.Context(), store.CreateExecutionParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Action: "reboot_pc", Params: "{}", LocationID: dec.LocationID, BayID: dec.BayID,
			IdempotencyKey: id.String(), Outcome: outcome, Proofs: proofs, RequestedBy: "system:decide", CorrelationID: tx.Correlation, CreatedAt: tx.Now, FinishedAt: &tx.Now})
		return err
	})
}

// Judge runs the jobs that judge, due or not.
func (h *House) Judge() { jobstest.Work(h.T, h.Cluster, h.Tenant, h.Memory.Judge) }

// Outcome is the source of a decision's outcome; "" for none.
func (h *House) Outcome(dec store.Decision) string {
	h.T.Helper()
	source, pattern := "", h.Standing(dec.Title, dec.BayID).Pattern.ID
	h.Read(func(tx *store.Tx) error {
		o, err := tx.FindOutcome(h.T.Context(), store.FindOutcomeParams{DecisionID: dec.ID, PatternID: pattern})
		if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
			return nil
		}
		source = o.Source
		return err
	})
	return source
}

// Standing is what a procedure has earned at a bay.
func (h *House) Standing(slug string, bay club.BayID) learn.Standing {
	h.T.Helper()
	return h.StandingOf(h.Plan(slug), bay)
}

// StandingOf is what a plan has earned at a bay.
func (h *House) StandingOf(about learn.Plan, bay club.BayID) (s learn.Standing) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) error {
		settings, err := setting.Load(h.T.Context(), tx)
		if err != nil {
			return err
		}
		s, err = h.Memory.Standing(h.T.Context(), tx, settings, about, reliability.Place{Location: h.Place.String(), Bay: bay.String()}, 1)
		return err
	})
	return s
}
