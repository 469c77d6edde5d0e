package hindsight

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/pattern/reliability"
	"clubos/internal/store"
)

// Past is a decision as it was taken, with what became of it.
type Past struct {
	Decision   club.DecisionID
	Thread     club.ThreadID
	Title      string
	Text       string // masked
	Pattern    club.PatternID
	Plan       string  // digest of what it would do
	Match      float64 // probability that it was the known situation
	Confidence float64
	Earned     club.Tier // by its confidence alone
	Tier       club.Tier
	Course     *club.Course // nil: how it came to its tier was not written down
	Location   club.LocationID
	Bay        club.BayID
	Place      string        // short name of the location; "" unknown
	Known      bool          // whether anything is known of whether it was right
	Right      bool          // then
	Wait       time.Duration // until a person had decided on it; 0: nobody did
	Rival      bool          // another known situation was likely enough to be followed
	At         time.Time
}

// mostPasts bounds how many decisions are looked at again: the newest.
const mostPasts = 3000

// pasts reads the decisions since an instant that followed one of some patterns, or would have if it had
// been far enough, oldest first; without patterns, of all. The reader sees those of its scope (see
// identity.Principal.LocationScope).
func pasts(ctx context.Context, tx *store.Tx, since time.Time, ids []club.PatternID, scope string, low float64) ([]Past, error) {
	rows, err := tx.FindCourses(ctx, store.FindCoursesParams{Since: since, Patterns: listed(ids), Scope: scope, Size: mostPasts})
	if err != nil {
		return nil, fmt.Errorf("find decisions: %w", err)
	}
	out := make([]Past, 0, len(rows))
	for _, r := range slices.Backward(rows) {
		p, ok, err := pastOf(r, low)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// listed are ids as queries want them: between commas, "" for none.
func listed(ids []club.PatternID) string {
	if len(ids) == 0 {
		return ""
	}
	out := ","
	for _, id := range ids {
		out += id.String() + ","
	}
	return out
}

// pastOf reads a row; ok is false where the pattern was only weighed beside another one.
func pastOf(r store.FindCoursesRow, low float64) (p Past, ok bool, err error) {
	var e struct {
		Text       string           `json:"text"`
		Rule       string           `json:"rule"`
		Candidates []club.Candidate `json:"candidates"`
		Course     *club.Course     `json:"course"`
	}
	if err := json.Unmarshal([]byte(r.Evidence), &e); err != nil {
		return p, false, fmt.Errorf("read evidence: %w", err)
	}
	if r.Role != learn.RoleChosen && (e.Rule != learn.RuleLearning || len(e.Candidates) == 0 || e.Candidates[0].Pattern != r.PatternID) {
		return p, false, nil
	}
	p = Past{Decision: r.ID, Thread: r.ThreadID, Title: r.Title, Text: e.Text, Pattern: r.PatternID, Plan: r.Plan, Match: r.Probability, Confidence: r.Confidence, Earned: r.EarnedTier, Tier: r.Tier,
		Course: e.Course, Location: r.LocationID, Bay: r.BayID, Place: r.Place, At: r.CreatedAt}
	p.Rival = len(e.Candidates) > 1 && e.Candidates[1].Confidence >= low
	switch {
	case r.Source != "":
		p.Known, p.Right = true, reliability.Source(r.Source).Good()
	case r.Verdict != "":
		p.Known, p.Right = true, r.Verdict == learn.VerdictAgreed
	}
	if byPerson(r.DecidedBy) && r.AskedAt != nil && r.DecidedAt != nil {
		p.Wait = max(r.DecidedAt.Sub(*r.AskedAt), time.Second)
	}
	return p, true, nil
}

func byPerson(actor string) bool {
	a, ok := club.ParseActor(actor)
	return ok && a.IsPerson()
}

// place is where a decision counts.
func (p Past) place() reliability.Place {
	return reliability.Place{Location: p.Location.String(), Bay: p.Bay.String()}
}
