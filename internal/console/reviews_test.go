package console_test

import (
	"net/http"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// put changes settings of the club.
func (h *house) put(pairs map[string]any) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		for key, value := range pairs {
			if err := setting.PutValue(h.t.Context(), tx, club.System("test"), key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) waitingReviews() (out []club.DecisionID) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindReviews(h.t.Context(), store.FindReviewsParams{Size: 10})
		for _, r := range list {
			out = append(out, r.DecisionID)
		}
		return err
	})
	return out
}

func (h *house) openProposals() (out []club.ProposalID) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		open := string(club.ProposalOpen)
		list, err := tx.FindProposalsPage(h.t.Context(), store.FindProposalsPageParams{Status: &open, Size: 10})
		for _, p := range list {
			out = append(out, p.ID)
		}
		return err
	})
	return out
}

func TestReviewsArePutBeforePeopleOneAtATime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/reviews").want(http.StatusOK, "Nothing to look at", "5 %")
	h.put(map[string]any{"replies.auto_safe": true, "reviews.share": 1})
	h.hear(bob, "what's the wifi password")
	h.clock.Advance(time.Hour)
	h.hear(ada, "what's the wifi password")
	if n := h.count("SELECT COUNT(*) FROM reviews"); n != 2 {
		t.Fatalf("%d reviews, want 2", n)
	}
	b = h.as(club.RoleOperator)
	waiting := h.waitingReviews()
	first, second := waiting[0].String(), waiting[1].String()
	b.get("/c/fairway/reviews").want(http.StatusOK, "Was it right?", "wifi password", "What was weighed", "unknown number")
	b.get("/c/fairway/reviews?after="+first).want(http.StatusOK, "Was it right?", "known member")
	b.get("/c/fairway/reviews?after="+second).want(http.StatusOK, "That was the last one")

	b.post("/c/fairway/reviews/"+first, "answer", "wrong", "words", "Ask at the desk.").want(http.StatusBadRequest, "Say what was wrong", "Ask at the desk.")
	b.post("/c/fairway/reviews/"+first, "answer", "wrong", "fault", "words", "words", "Ask at the desk.").want(http.StatusSeeOther)
	b.post("/c/fairway/reviews/"+first, "answer", "right").want(http.StatusSeeOther) // late: it says so
	b.post("/c/fairway/reviews/"+second, "answer", "right").want(http.StatusSeeOther)
	b.get("/c/fairway/reviews").want(http.StatusOK, "Nothing to look at")
	if n := h.count("SELECT COUNT(*) FROM reviews WHERE answer <> ''"); n != 2 {
		t.Errorf("%d reviews are answered", n)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	if n := h.count("SELECT COUNT(*) FROM pattern_outcomes WHERE source IN ('reviewed', 'refuted')"); n != 2 {
		t.Errorf("%d outcomes are reviews", n)
	}
	if n := h.count("SELECT COUNT(*) FROM decision_patterns WHERE sop_id IS NULL AND title LIKE '%wifi password%'"); n != 1 {
		t.Error("the reviewer's words were not learned")
	}
	h.as(club.RoleViewer).get("/c/fairway/reviews").want(http.StatusForbidden)
	h.as(club.RoleViewer).post("/c/fairway/reviews/"+second, "answer", "right").want(http.StatusForbidden)
}

func TestAReviewShowsWhatWasAnsweredInsteadOfWhatWasProposed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	opal := h.user("Opal", club.RoleOperator)
	p := identity.Principal{Tenant: "fairway", Actor: club.Actor{Kind: club.ActorUser, ID: opal.ID.String(), Name: opal.Name}, Role: opal.Role, UserID: opal.ID}
	id := h.hear(bob, "what's the wifi password")
	if _, err := h.desk.Reply(t.Context(), h.tenant, p, id, "Ask the colleague at reception, please.", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	h.as(club.RoleAdmin).get("/c/fairway/reviews").want(http.StatusOK, "What was proposed", "What was answered instead", "Ask the colleague at reception, please.", "Opal", "Was what was proposed right?")
}

func TestAPatternShowsWhatPeopleSaidOfItsProposals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	id := h.hear(bob, "what's the wifi password")
	b.get("/c/fairway/threads/"+id.String()).submit("/reject", "reason", "wrong_answer", "note", "it was renamed in May").want(http.StatusOK, "Rejected.")
	var match store.PatternMatch
	h.write(func(tx *store.Tx) (err error) {
		match, err = tx.FindChosenMatch(t.Context(), h.proposal(id).DecisionID)
		return err
	})
	b.get("/c/fairway/memory/"+match.PatternID.String()).want(http.StatusOK, "What people said of it", "it was renamed in May", "The answer is wrong")
}

func TestTheResultsSayWhatIsKnownAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleViewer)
	b.get("/c/fairway/results").want(http.StatusOK, "No matters in this period", "Not known yet", "not known", "nothing would have been done alone")
	h.hear(bob, "what's the wifi password")
	h.hear(ada, "what's the wifi password")
	opal := h.user("Opal", club.RoleOperator)
	p := identity.Principal{Tenant: "fairway", Actor: club.Actor{Kind: club.ActorUser, ID: opal.ID.String(), Name: opal.Name}, Role: opal.Role, UserID: opal.ID}
	open := h.openProposals()
	if err := h.decider.Approve(t.Context(), h.tenant, p, open[0], nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	if err := h.decider.Reject(t.Context(), h.tenant, p, open[1], decide.Why{Reason: "the answer is wrong"}); err != nil {
		t.Fatal(err)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	for _, path := range []string{"results", "results?days=7", "results?days=90&location=" + h.north.String(), "results?days=no"} {
		b.get("/c/fairway/"+path).want(http.StatusOK, "Would have executed: 2 in", "1 agreed (50 %)", "rejected", "Claimed against realised", "The same as a table")
	}
	h.as(club.RoleAdmin).get("/c/fairway/autonomy").want(http.StatusOK, "Would have executed: 2 in 90 days", "By location", "Wifi")
	h.as(club.RoleViewer, h.sea).get("/c/fairway/results").want(http.StatusOK, "No matters in this period")
}
