package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// answered has people answer one question by hand, a day apart.
func (h *house) answered(question, words string, by ...identity.User) {
	h.t.Helper()
	for i, u := range by {
		id := h.hear(bob, question)
		p := identity.Principal{Tenant: "fairway", Actor: club.Actor{Kind: club.ActorUser, ID: u.ID.String(), Name: u.Name}, Role: u.Role, UserID: u.ID}
		if _, err := h.desk.Reply(h.t.Context(), h.tenant, p, id, words, question+string(rune('a'+i)), desk.Seen{}); err != nil {
			h.t.Fatal(err)
		}
		jobstest.Work(h.t, h.cluster, h.tenant, h.memory.Judge)
		h.clock.Advance(24 * time.Hour)
	}
}

// learned is the newest pattern that people taught.
func (h *house) learned() (row store.DecisionPattern) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) error {
		list, err := tx.FindLearnedPatterns(h.t.Context())
		if len(list) > 0 {
			row = list[len(list)-1]
		}
		return err
	})
	if err != nil || row.ID.IsZero() {
		h.t.Fatalf("nothing was learned: %v", err)
	}
	return row
}

func (h *house) pattern(id club.PatternID) (row store.DecisionPattern) {
	h.t.Helper()
	h.write(func(tx *store.Tx) (err error) { row, err = tx.FindPattern(h.t.Context(), id); return err })
	return row
}

// without checks that a page does not say something.
func (b *browser) without(texts ...string) *browser {
	b.t.Helper()
	for _, text := range texts {
		if strings.Contains(b.body, text) {
			b.t.Errorf("the page says %q", text)
		}
	}
	return b
}

func TestTheMemoryShowsWhatWasLearnedAndWhatCameOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/memory").want(http.StatusOK, "Nothing learned yet")
	opal, oscar := h.user("Opal", club.RoleOperator), h.user("Oscar", club.RoleOperator)
	h.answered("do you sell vouchers", "Yes: at the counter.", opal, oscar)
	row := h.learned()
	b = h.as(club.RoleAdmin) // two days have passed
	b.get("/c/fairway/memory").want(http.StatusOK, "do you sell vouchers", "Quarantine", "Learned")
	b.get("/c/fairway/memory?mode=auto").want(http.StatusOK, "No pattern fits")
	b.get("/c/fairway/memory?domain=access").want(http.StatusOK, "No pattern fits")
	b.get("/c/fairway/memory?place="+h.north.String()).want(http.StatusOK, "do you sell vouchers")
	b.get("/c/fairway/memory?q=VOUCH&kind=learned").want(http.StatusOK, "do you sell vouchers")
	url := "/c/fairway/memory/" + row.ID.String()
	b.get(url).want(http.StatusOK, "Decided so 2 times with 2 people behind it; 2 good", "Yes: at the counter.", "Decided by hand", "Opal", "The same as a table").without("Merge into another")
	h.as(club.RoleOperator).get(url).want(http.StatusOK, "do you sell vouchers").without("Correct what it says")
	h.as(club.RoleViewer).get(url).want(http.StatusForbidden)
	b.get("/c/fairway/memory/" + club.NewPatternID(h.clock.Now()).String()).want(http.StatusNotFound)

	th := h.hear(bob, "do you sell vouchers")
	o := h.signIn(opal)
	o.get("/c/fairway/threads/"+th.String()).want(http.StatusOK, "decided so 2 times by 2 people", "Use these words")
	o.get("/c/fairway/threads/" + th.String() + "?use=" + row.ID.String()).want(http.StatusOK)
	if b := o.see("#reply"); b != "Yes: at the counter." {
		t.Errorf("the reply begins as %q", b)
	}
}

func TestAdminsChangeWhatWasLearned(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	opal, oscar := h.user("Opal", club.RoleOperator), h.user("Oscar", club.RoleOperator)
	h.answered("do you sell vouchers", "Yes: at the counter.", opal, oscar)
	h.answered("can I bring my dog along", "Dogs are welcome on a lead.", opal)
	b := h.as(club.RoleAdmin)
	version := func(id club.PatternID) string { return fmt.Sprint(h.pattern(id).Version) }
	oldest := func(id club.PatternID) string {
		var list []store.Precedent
		h.write(func(tx *store.Tx) (err error) {
			list, err = tx.FindPrecedentsOfPattern(t.Context(), store.FindPrecedentsOfPatternParams{PatternID: id, Limit: 10})
			return err
		})
		return list[len(list)-1].ID.String()
	}
	dogs := h.learned()
	var vouchers store.DecisionPattern
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindLearnedPatterns(t.Context())
		vouchers = list[0]
		return err
	})
	act := func(id club.PatternID, pairs ...string) {
		t.Helper()
		b.post("/c/fairway/memory/"+id.String()+"/act", append([]string{"version", version(id), "sure", "yes"}, pairs...)...).want(http.StatusSeeOther)
	}
	page := func(id club.PatternID, want ...string) {
		t.Helper()
		b.get("/c/fairway/memory/"+id.String()).want(http.StatusOK, want...)
	}
	act(vouchers.ID, "do", "pause")
	page(vouchers.ID, "Paused", "Resume")
	act(vouchers.ID, "do", "resume")
	act(vouchers.ID, "do", "pin", "ceiling", "approve")
	page(vouchers.ID, "people allow this pattern no more than asking")
	act(vouchers.ID, "do", "pin", "ceiling", "boss")
	page(vouchers.ID, "is not a tier")
	act(vouchers.ID, "do", "correct", "title", "Vouchers", "words", "Ask at {{location}}.", "action", "reboot_pc")
	page(vouchers.ID, "Vouchers", "Ask at {{location}}.")
	act(vouchers.ID, "do", "trip", "reason", "wrong price")
	b.get("/c/fairway/memory").want(http.StatusOK, "Breakers that have tripped", "wrong price", "0 of 9")
	b.post("/c/fairway/memory/breakers/close", "kind", "pattern", "scope", vouchers.ID.String(), "reason", "fixed", "next", "/c/fairway/memory").want(http.StatusOK, "Close this breaker?")
	b.submit("/breakers/close").want(http.StatusOK, "Closed: it may act again")
	b.post("/c/fairway/memory/breakers/close", "kind", "pattern", "scope", vouchers.ID.String(), "reason", "fixed", "sure", "yes").want(http.StatusSeeOther)
	b.get("/c/fairway/memory").without("Breakers that have tripped")

	act(vouchers.ID, "do", "split", "title", "Gifts", "precedent", oldest(vouchers.ID))
	page(h.learned().ID, "Gifts", "Ask at {{location}}.")
	act(dogs.ID, "do", "merge", "onto", vouchers.ID.String())
	page(dogs.ID, "Merged")
	act(vouchers.ID, "do", "forget", "precedent", oldest(vouchers.ID))
	act(vouchers.ID, "do", "retire")
	page(vouchers.ID, "Retired")
	b.get("/c/fairway/audit?kind=pattern").want(http.StatusOK, "pattern retired", "state: active → retired", "ceiling: auto → approve", "merged_into: – → "+vouchers.ID.String()).without("map[")

	b.post("/c/fairway/memory/"+vouchers.ID.String()+"/act", "version", "1", "do", "resume").want(http.StatusSeeOther)
	page(vouchers.ID, "in the meantime")
	b.post("/c/fairway/memory/"+vouchers.ID.String()+"/act", "version", version(vouchers.ID), "do", "delete").want(http.StatusOK, "Delete this pattern for good?", "What becomes of its evidence")
	b.submit("/act").want(http.StatusOK, "Deleted for good.").without("Vouchers")
	b.get("/c/fairway/audit?q="+vouchers.ID.String()).want(http.StatusOK, "pattern deleted", "before: (", "title: Vouchers").without("map[")
	b.get("/c/fairway/audit?kind=breaker").want(http.StatusOK, "breaker tripped", "wrong price").without("pattern deleted")
	b.get("/c/fairway/audit?kind=precedent").want(http.StatusOK, "precedent forgotten").without("pattern deleted")
	b.get("/c/fairway/memory/" + vouchers.ID.String()).want(http.StatusNotFound)
	vouchers = h.learned()
	b.post("/c/fairway/memory/"+vouchers.ID.String()+"/act", "version", "1", "do", "explode").want(http.StatusBadRequest)
	h.as(club.RoleOperator).post("/c/fairway/memory/"+vouchers.ID.String()+"/act", "version", "1", "do", "resume").want(http.StatusForbidden)
}

func TestAProposalSaysHowTheLikeWasDecidedBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const asked = "what's the wifi password"
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/"+h.hear(ada, asked).String()).want(http.StatusOK, "Nobody knows yet what comes of it")
	b.submit("/approve")
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	id := h.hear(bob, asked)
	b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "Decided so 1 time by 1 person, 1 good outcome; last time in Northside", "It may claim", "would lead to", "Its record")
	dec := h.proposal(id).DecisionID
	b.get("/c/fairway/decisions/"+dec.String()).want(http.StatusOK, "Decided so 1 time by 1 person")
}

func TestAChangeSaysFirstWhatItWouldHaveDoneToTheLastMonth(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	id := h.hear(ada, "what is the wifi password")
	b.get("/c/fairway/threads/" + id.String())
	b.submit("/approve")
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	h.hear(bob, "what is the wifi password")
	var row store.DecisionPattern
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindPatterns(t.Context(), 1)
		row = list[0]
		return err
	})
	url := "/c/fairway/memory/" + row.ID.String()
	changes := func() int { return h.count("SELECT COUNT(*) FROM audit_entries WHERE actor LIKE 'user:%'") }
	before := changes()
	b.get(url).want(http.StatusOK, "What would it change?", "Set the limit…")
	b.post(url+"/act", "version", "1", "do", "pin", "ceiling", "escalate").want(http.StatusOK, "Set this limit?", "Of 2 decisions in the last 30 days, 2 would have gone otherwise.",
		"A person would have been called to 2 more.", "what is the wifi password", "Given to a person", "Right", "Not known", "How this is found out")
	if row = h.pattern(row.ID); row.Ceiling != club.TierAuto || changes() != before {
		t.Errorf("asking has set the limit to %s, and made %d changes", row.Ceiling, changes()-before)
	}
	b.submit("/act").want(http.StatusOK, "The limit is set.")
	if row = h.pattern(row.ID); row.Ceiling != club.TierEscalate {
		t.Errorf("the limit is %s", row.Ceiling)
	}
	version := fmt.Sprint(row.Version)
	b.post(url+"/act", "version", version, "try", "pause").want(http.StatusOK, "Pause this pattern?", "2 would have gone otherwise")
	b.post(url+"/act", "version", version, "do", "pin", "ceiling", "boss").want(http.StatusSeeOther)
	b.post(url+"/act", "version", version, "do", "pause").want(http.StatusSeeOther) // what stops is one press
	if row = h.pattern(row.ID); row.State != "paused" {
		t.Errorf("after one press the pattern is %s", row.State)
	}
}

func TestWhoIsSetAsideStandsOnTheMemoryPageAndIsTakenBackIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	opal, oscar := h.user("Opal", club.RoleOperator), h.user("Oscar", club.RoleOperator)
	h.answered("do you sell vouchers", "Yes: at the counter.", opal)
	h.answered("do you sell vouchers", "Never heard of such things here.", oscar)
	storetest.Exec(t, h.tenant, `INSERT INTO set_aside (actor, aside, compared, agreed, others_compared, others_agreed, at) VALUES ($1, TRUE, 12, 1, 24, 23, '2026-11-20 10:00:00+00:00')`, "user:"+oscar.ID.String())
	h.signIn(opal).get("/c/fairway/memory").want(http.StatusOK).without("Set aside from teaching")
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/memory").want(http.StatusOK, "Set aside from teaching", "Oscar", "to 1 of 12 texts", "agree with each other in 23 of 24", "Never heard of such things here.", "Yes: at the counter.", "Opal, to")
	h.signIn(opal).post("/c/fairway/memory/aside/take-back", "person", "user:"+oscar.ID.String()).want(http.StatusForbidden)
	back := []string{"person", "user:" + oscar.ID.String(), "reason", "he was right"}
	b.post("/c/fairway/memory/aside/take-back", back...).want(http.StatusSeeOther)
	b.get("/c/fairway/memory").want(http.StatusOK, "Taken back in").without("Set aside from teaching")
	b.post("/c/fairway/memory/aside/take-back", back...).want(http.StatusSeeOther)
	b.get("/c/fairway/memory").want(http.StatusOK, "not set aside")
}
