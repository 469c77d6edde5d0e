package decide_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/store"
	"clubos/internal/vault/vaulttest"
)

// lesson returns the one pattern that people have taught.
func (h *house) lesson() (row store.DecisionPattern) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		rows, err := tx.FindLearnedPatterns(h.t.Context())
		if len(rows) == 1 {
			row = rows[0]
		}
		return err
	})
	if row.ID.IsZero() {
		h.t.Fatal("nothing was learned, or more than one thing")
	}
	return row
}

// forget deletes a pattern as its administrator would.
func (h *house) forget(ctx context.Context, row store.DecisionPattern) error {
	admin := operator("usr_admin")
	admin.Role = club.RoleAdmin
	return h.tenant.Write(ctx, func(tx *store.Tx) error {
		return h.memory.Delete(ctx, tx, learn.Change{By: admin, Pattern: row.ID, Version: row.Version, Reason: "out of date"})
	})
}

func TestALessonThatIsDeletedWhileItsTextsComeIsFollowedNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	question := "do you sell gift vouchers"
	opal, oscar := operator("usr_opal"), operator("usr_oscar")
	h.taught(question, "Yes: at the counter, in any amount.", opal, oscar, opal)
	row := h.lesson()
	var texts []inbox.Result
	for i := range 8 {
		texts = append(texts, h.say("+1415555030"+string(rune('0'+i)), question))
	}
	h.clock.Advance(time.Minute)
	var wg sync.WaitGroup
	for _, r := range texts {
		wg.Go(func() {
			job := inbox.AdvanceJob{Thread: r.Thread, Message: r.Message}
			for range 50 { // a conflict is looked at again
				err := h.decider.Advance(t.Context(), h.tenant, job)
				if err == nil {
					return
				}
				if !strings.Contains(err.Error(), "Snooze") {
					t.Error(err)
					return
				}
			}
			t.Error("it does not end")
		})
	}
	wg.Go(func() {
		err := h.forget(t.Context(), row)
		for range 50 { // somebody follows it at this moment
			if club.CodeOf(err) != club.CodeConflict {
				break
			}
			err = h.forget(t.Context(), row)
		}
		if err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	var last store.Decision
	for _, r := range texts {
		if last, _ = h.decision(r.Thread); last.ID.IsZero() || h.thread(r.Thread).Status == club.ThreadPending {
			t.Errorf("a text was not decided on: %s", h.thread(r.Thread).Status)
		}
	}
	if h.count("pattern_matches WHERE pattern_id = $1", row.ID.String()) != 0 || h.count("precedents WHERE pattern_id = $1", row.ID.String()) != 0 {
		t.Error("a decision stands by a pattern that there is not")
	}
	err := h.tenant.Write(t.Context(), func(tx *store.Tx) error { // a decision that has read the lesson before looks again
		d, err := tx.FindDecision(t.Context(), last.ID)
		if err != nil {
			return err
		}
		return h.memory.Remember(t.Context(), tx, d, []learn.Weighed{{Plan: learn.Plan{Pattern: row.ID}, Role: learn.RoleWeighed}})
	})
	if club.CodeOf(err) != club.CodeConflict {
		t.Errorf("following what has just been deleted: %v", err)
	}
	th := h.hear("+14155550399", question)
	if _, e := h.decision(th.ID); e.Rule != learn.RuleNoMatch || slices.ContainsFunc(e.Candidates, func(c club.Candidate) bool { return c.Pattern == row.ID }) {
		t.Errorf("afterwards by %q of %+v", e.Rule, e.Candidates)
	}
}

func TestWhatWasAnnouncedByADeletedLessonDoesNotRunAtItsDeadline(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	question := "do you sell gift vouchers"
	opal, oscar := operator("usr_opal"), operator("usr_oscar")
	h.taught(question, "Yes: at the counter, in any amount.", opal, oscar, opal)
	d, _ := h.decision(h.hear("+14155550300", question).ID)
	h.recorded(d, 60, 1)
	th := h.hear("+14155550301", question)
	if p := h.proposal(th.ID); p.Tier != club.TierSuggest || p.DeadlineAt == nil {
		d, e := h.decision(th.ID)
		t.Fatalf("%s at %.3f, %+v", d.Tier, d.Confidence, e.Limits)
	}
	if err := h.forget(t.Context(), h.lesson()); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(2 * time.Minute)
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	if p := h.proposal(th.ID); p.Status != club.ProposalExpired || !strings.Contains(p.Reason, "deleted") || h.runs() != 0 || h.thread(th.ID).Status != club.ThreadEscalated {
		t.Errorf("proposal %s (%s), %d runs, thread %s", p.Status, p.Reason, h.runs(), h.thread(th.ID).Status)
	}
}

// without is the catalogue of a release that an action has been taken out of.
func without(t *testing.T, name club.ActionName) *catalogue.Catalogue {
	t.Helper()
	data, err := os.ReadFile("../act/catalogue/actions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Actions []yaml.Node `yaml:"actions"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	file.Actions = slices.DeleteFunc(file.Actions, func(n yaml.Node) bool {
		var a struct{ Name club.ActionName }
		return n.Decode(&a) == nil && a.Name == name
	})
	if data, err = yaml.Marshal(file); err != nil {
		t.Fatal(err)
	}
	cat, err := catalogue.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// released puts another release's decider in the place of the house's.
func (h *house) released(cat *catalogue.Catalogue) {
	ring, log := vaulttest.Ring(h.t), slog.New(slog.DiscardHandler)
	notifier := notify.New(notify.Config{Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }, Log: log})
	engine := act.New(act.Config{Cluster: h.cluster, Ring: ring, Catalogue: cat, Log: log,
		RMM: func(club.Slug) (act.RMM, bool) { return nil, false }, Doors: func(club.Slug) (act.Doors, bool) { return nil, false }})
	h.decider = decide.New(decide.Config{Matchers: matchers(), Ring: ring, Catalogue: cat, Library: h.library, Engine: engine, Desk: h.desk, Notifier: notifier, Memory: h.memory, Log: log})
}

func TestAProcedureWhoseActionLeftTheCatalogueDoesNotActAndSaysWhy(t *testing.T) {
	t.Parallel()
	const why = "restart trackman is not in the action catalogue any more"
	h, announced, p := announced(t)
	h.released(without(t, "restart_trackman"))
	h.clock.Advance(2 * time.Minute)
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	if got := h.proposal(announced.ID); got.ID != p.ID || got.Status != club.ProposalExpired || got.Reason != why || h.runs() != 0 {
		t.Errorf("what was announced before is %s (%s), %d runs", got.Status, got.Reason, h.runs())
	}
	th := h.hear(bob, "the screen is frozen in bay 3")
	d, e := h.decision(th.ID)
	if d.Tier != club.TierEscalate || th.Status != club.ThreadEscalated || !slices.Contains(e.Limits, why) || !h.proposal(th.ID).ID.IsZero() || h.runs() != 0 {
		t.Errorf("a text: %s at %s, %q", d.Title, d.Tier, e.Limits)
	}
	if !strings.Contains(h.reasons(), why) {
		t.Errorf("people are told %s", h.reasons())
	}
	if e.Course == nil || e.Course.Tier(d.EarnedTier) != d.Tier {
		t.Errorf("its course %+v does not lead to %s", e.Course, d.Tier)
	}
	h.clock.Advance(time.Hour)
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(h.room())
	dec, in := h.newest()
	if _, e := h.decision(in.ID); strings.Contains(dec.Steps, "restart_trackman") || h.runs() > 1 || fact(e, "left out") != why {
		t.Errorf("a report: %s, facts %+v", dec.Steps, e.Facts)
	}
}

func TestALessonWhoseActionLeftTheCatalogueDoesNotActAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	door := h.frontDoor()
	question := "our courier stands outside with the cake"
	for i, who := range []string{"usr_opal", "usr_oscar", "usr_opal"} {
		th := h.hear(ada, question)
		h.byHand(th, door, operator(who).Actor)
		if _, err := h.desk.Reply(t.Context(), h.tenant, operator(who), th.ID, "The courier can come in.", fmt.Sprint(i), desk.Seen{}); err != nil {
			t.Fatal(err)
		}
		jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
		h.clock.Advance(24 * time.Hour)
	}
	if d, _ := h.decision(h.hear("+14155550300", question).ID); d.Tier != club.TierApprove || !strings.Contains(d.Steps, "unlock_door") {
		t.Fatalf("before: %s at %s with %s", d.Title, d.Tier, d.Steps)
	}
	h.released(without(t, "unlock_door"))
	th := h.hear("+14155550301", question)
	d, e := h.decision(th.ID)
	if d.Tier != club.TierEscalate || th.Status != club.ThreadEscalated || !slices.Contains(e.Limits, "unlock door is not in the action catalogue any more") || h.runs() != 0 {
		t.Errorf("%s at %s, %q, by %q of %+v", d.Title, d.Tier, e.Limits, e.Rule, e.Candidates)
	}
}

func TestWhatWasAnnouncedDoesNotRunAtItsDeadlineWhereItsRecordAllowsItNoMore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ bad, runs float64 }{"nothing became known": {0, 1}, "it failed again and again": {12, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, th, p := announced(t)
			d, _ := h.decision(th.ID)
			h.recorded(d, 0, tc.bad)
			h.clock.Advance(p.DeadlineAt.Sub(h.clock.Now()))
			if err := h.deadline(); err != nil {
				t.Fatal(err)
			}
			if got := h.proposal(th.ID); h.runs() != int(tc.runs) || tc.runs == 0 && (got.Status != club.ProposalExpired || !strings.Contains(got.Reason, "record")) {
				t.Errorf("proposal %s (%s), %d runs", got.Status, got.Reason, h.runs())
			}
		})
	}
}
