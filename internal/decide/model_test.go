package decide_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// models lists a club's versions, newest first.
func (h *house) models() (list []store.FindModelsRow) {
	h.t.Helper()
	h.read(func(tx *store.Tx) (err error) { list, err = tx.FindModels(h.t.Context(), 50); return err })
	return list
}

// warm has the matcher looked after, and trains what is asked for.
func (h *house) warm() {
	h.t.Helper()
	for range 3 {
		if err := h.decider.Warm(h.t.Context(), h.tenant); err != nil {
			h.t.Fatal(err)
		}
		jobstest.Work(h.t, h.cluster, h.tenant, func(ctx context.Context, tn *store.Tenant, j decide.TrainJob) error {
			return h.decider.TrainMatcher(ctx, tn, j)
		})
	}
}

func (h *house) name(words string) string {
	h.t.Helper()
	_, e := h.decision(h.hear(ada, words).ID)
	return e.Model
}

// edit gives the wifi procedure another trigger.
func (h *house) edit(trigger string) {
	h.t.Helper()
	doc := knowledge.Document{Slug: "wifi", Title: "Wifi", Category: knowledge.CategoryInformation, Scope: knowledge.Scope{Kind: knowledge.ScopeGlobal}, Status: knowledge.StatusLive, Priority: club.PriorityLow,
		Triggers: []knowledge.Trigger{{Text: "wifi?", Mode: "similar"}, {Text: "what's the wifi password", Mode: "similar"}, {Text: trigger, Mode: "similar"}}, Steps: []knowledge.Step{{Reply: "The network is {{wifi_name}}.", Safe: true}}}
	h.write(func(tx *store.Tx) error {
		_, err := h.library.Import(h.t.Context(), tx, club.System("test"), []knowledge.Document{doc}, "another way to ask")
		return err
	})
}

func TestAVersionIsTrainedOnceStoredAndNamedByDecisions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	h.warm()
	list := h.models()
	if len(list) != 1 || list[0].Number != 1 || list[0].Kept != 1 || list[0].Fault != "" || list[0].SizeBytes == 0 {
		t.Fatalf("%+v", list)
	}
	var on struct {
		Procedures map[string]int64
		Triggers   int
	}
	if err := json.Unmarshal([]byte(list[0].TrainedOn), &on); err != nil || len(on.Procedures) == 0 || on.Triggers == 0 {
		t.Errorf("trained on %s: %v", list[0].TrainedOn, err)
	}
	if got, want := h.name("what's the wifi password"), "v1 "+list[0].Digest; got != want {
		t.Errorf("a decision names %q, want %q", got, want)
	}
	h.decider = h.replica() // knows nothing but the rows
	h.warm()
	if got := h.name("wifi?"); got != "v1 "+list[0].Digest || len(h.models()) != 1 {
		t.Errorf("another replica decides by %q, %d versions", got, len(h.models()))
	}
}

func TestAChangeCountsAtOnceAndOldVersionsKeepTheirDescription(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	h.warm()
	for i, trigger := range []string{"how may one surf the net", "is there an internet code", "which network do we join", "give us the hotspot name"} {
		h.edit(trigger)
		if got, want := h.name(trigger), "v"+string(rune('1'+i))+" "; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "+1") {
			t.Errorf("before the training %q, want %s…+1", got, want)
		}
		h.warm()
	}
	list := h.models()
	if len(list) != 5 || list[2].Kept != 1 || list[3].Kept != 0 || list[3].RetiredAt == nil || list[4].TrainedOn == "" {
		t.Fatalf("%d versions: %+v", len(list), list)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'model.trained'"); n != 5 {
		t.Errorf("%d audit entries", n)
	}
}

func TestADamagedVersionIsMarkedAndTrainedAgain(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string][]byte{"other bytes": []byte("no model at all"), "no bytes": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.background()
			h.warm()
			storetest.Exec(t, h.tenant, "UPDATE models SET body = $1 WHERE number = 1", damage)
			h.decider = h.replica()
			h.warm()
			list := h.models()
			if len(list) != 2 || list[1].Fault == "" || list[0].Fault != "" {
				t.Fatalf("%+v", list)
			}
			if got := h.name("wifi?"); !strings.HasPrefix(got, "v2 ") {
				t.Errorf("decided by %q", got)
			}
		})
	}
}

func TestAVersionOfAnotherEngineIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	h.warm()
	storetest.Exec(t, h.tenant, "UPDATE models SET engine = 'another' WHERE number = 1")
	h.decider = h.replica()
	h.warm()
	if list := h.models(); len(list) != 2 || list[1].Fault != "" || list[1].Kept != 1 {
		t.Fatalf("%+v", list)
	}
	if got := h.name("wifi?"); !strings.HasPrefix(got, "v2 ") {
		t.Errorf("decided by %q", got)
	}
}

func TestATextThatHasWaitedLongIsDecidedByLikeness(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	r := h.say(ada, "what's the wifi password")
	h.clock.Advance(20e9)
	jobstest.Work(t, h.cluster, h.tenant, h.decider.Advance)
	if _, e := h.decision(r.Thread); !strings.HasPrefix(e.Model, "likeness ") || len(e.Candidates) == 0 || e.Candidates[0].Title != "Wifi" {
		t.Errorf("%+v", e)
	}
	h.warm()
	if got := h.name("wifi?"); !strings.HasPrefix(got, "v1 ") {
		t.Errorf("then %q", got)
	}
}

// replica is another process that serves the club.
func (h *house) replica() *decide.Decider { return h.newDecider(decide.NewMatchers(true, 0)) }

// background has versions trained by jobs and stored.
func (h *house) background() { h.decider = h.replica() }
