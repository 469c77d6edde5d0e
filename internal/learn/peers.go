package learn

import (
	"context"
	"fmt"
	"time"

	"gonum.org/v1/gonum/mathext"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/notify"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// When somebody's answers are set aside. Two people are compared where both have answered nearly the same text;
// they agree where they gave it the same answer. Colleagues who mean the same word it otherwise, so that nobody is
// held against certainty, but against how far the others agree with each other.
const (
	peersEvery     = 8    // of somebody's answers, until they are compared again
	peersNewest    = 3000 // answers that are compared, of everybody
	peersOwn       = 200  // of the one who is compared: what they do lately counts
	sameText       = 0.6  // share of words in common from which on two texts are nearly the same
	peersEnough    = 10   // comparisons, of the one and of the others; fewer are an anecdote
	peersPeople    = 2    // others, at least: of two people nobody knows who is right
	peersShare     = 0.5  // of the others' agreement that somebody's must surely be under
	peersCertainty = 0.01 // of being wrong about that
)

// PeersJob compares what a person has taught with what others did.
type PeersJob struct {
	jobs.Meta
	Actor string `json:"actor"`
}

func (PeersJob) Kind() string { return "learn_peers" }

// considerPeers has a person compared with the others after every few answers.
func considerPeers(ctx context.Context, tx *store.Tx, by club.Actor) error {
	n, err := tx.CountPrecedentsBy(ctx, by.String())
	if err != nil {
		return fmt.Errorf("count precedents: %w", err)
	}
	if n%peersEvery == 0 {
		tx.Enqueue(PeersJob{Meta: jobs.For(tx), Actor: by.String()}, nil)
	}
	return nil
}

// Agreement is in how many comparisons two sides gave the same answer.
type Agreement struct{ Compared, Agreed int }

// share is what they agreed in.
func (a Agreement) share() float64 { return float64(a.Agreed) / float64(max(1, a.Compared)) }

// most is what the agreement surely does not exceed: Clopper and Pearson's upper bound.
func (a Agreement) most() float64 {
	if a.Agreed == a.Compared {
		return 1
	}
	return mathext.InvRegIncBeta(float64(a.Agreed)+1, float64(a.Compared-a.Agreed), 1-peersCertainty)
}

// Peers sets aside a person whose answers contradict those of everybody else, or trusts one again.
func (m *Memory) Peers(ctx context.Context, tenant *store.Tenant, job PeersJob) error {
	keys, err := m.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		s, err := setting.Load(ctx, tx)
		if err != nil {
			return err
		}
		aside, err := asideOf(ctx, tx)
		if err != nil {
			return err
		}
		list, err := m.answers(ctx, tx, keys)
		if err != nil {
			return err
		}
		from, err := countedFrom(ctx, tx, job.Actor)
		if err != nil {
			return err
		}
		own, others := sides(list, job.Actor, from, aside)
		mine, theirs := agreement(compare(own, others)), agreement(compare(others, others))
		contradicts := peopleIn(others) >= peersPeople && mine.Compared >= peersEnough && theirs.Compared >= peersEnough && mine.most() < peersShare*theirs.share()
		agrees := mine.share() >= peersShare*theirs.share()
		switch was := aside[job.Actor]; {
		case !was && contradicts:
			return m.setAside(ctx, tx, job.Actor, s.SetAside, mine, theirs)
		case was && (agrees || !s.SetAside):
			return m.trust(ctx, tx, job.Actor, mine, theirs)
		}
		return nil
	})
}

// countedFrom is from when on what somebody answers is compared: since they were last taken back in by hand.
func countedFrom(ctx context.Context, tx *store.Tx, actor string) (time.Time, error) {
	from, err := tx.FindCountedFrom(ctx, actor)
	switch {
	case missing(err) || err == nil && from == nil:
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("find from when answers count: %w", err)
	}
	return *from, nil
}

// answer is what somebody answered to a text.
type answer struct {
	store.Precedent
	words map[string]bool // of the text
	reply string          // "" of a procedure
}

// answers are the newest of the club, newest first.
func (m *Memory) answers(ctx context.Context, tx *store.Tx, keys *vault.Tenant) ([]answer, error) {
	rows, err := tx.FindPrecedents(ctx, peersNewest)
	if err != nil {
		return nil, fmt.Errorf("find precedents: %w", err)
	}
	all, err := m.Learned(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	replies := map[club.PatternID]string{}
	for _, l := range all.List {
		replies[l.Pattern.ID] = l.Reply
	}
	var out []answer
	for _, p := range rows {
		if p.Context == noContext && !p.PatternID.IsZero() {
			out = append(out, answer{p, wordsOf(p.Text), replies[p.PatternID]})
		}
	}
	return out, nil
}

// sides are the newest answers of somebody from an instant on, and those of everybody else who is trusted.
func sides(list []answer, actor string, from time.Time, aside map[string]bool) (own, others []answer) {
	for _, a := range list {
		switch {
		case a.Actor != actor && !aside[a.Actor]:
			others = append(others, a)
		case a.Actor == actor && len(own) < peersOwn && !a.At.Before(from):
			own = append(own, a)
		}
	}
	return own, others
}

func peopleIn(list []answer) int {
	seen := map[string]bool{}
	for _, a := range list {
		seen[a.Actor] = true
	}
	return len(seen)
}

// comparison is two people's answers to nearly the same text.
type comparison struct {
	one, other answer
	agreed     bool
}

func agreement(list []comparison) (a Agreement) {
	for _, c := range list {
		a.Compared++
		if c.agreed {
			a.Agreed++
		}
	}
	return a
}

// compare sets each of some answers against the one of somebody else to the text that is most like it.
func compare(list, others []answer) (out []comparison) {
	has := map[string][]int{} // which of the others a word is in
	for i, o := range others {
		for w := range o.words {
			has[w] = append(has[w], i)
		}
	}
	for _, a := range list {
		common := map[int]int{}
		for w := range a.words {
			for _, i := range has[w] {
				common[i]++
			}
		}
		best, likeness := -1, sameText
		for i, n := range common {
			o := others[i]
			alike := float64(n) / float64(len(a.words)+len(o.words)-n)
			if o.Actor != a.Actor && (alike > likeness || alike == likeness && (best < 0 || i < best)) {
				best, likeness = i, alike
			}
		}
		if best < 0 {
			continue
		}
		o := others[best]
		out = append(out, comparison{a, o, o.PatternID == a.PatternID || o.reply != "" && a.reply != "" && InCommon(o.reply, a.reply) >= sameWords})
	}
	return out
}

// asideOf are the people whose answers are set aside.
func asideOf(ctx context.Context, tx *store.Tx) (map[string]bool, error) {
	rows, err := tx.FindSetAside(ctx)
	if err != nil {
		return nil, fmt.Errorf("find who is set aside: %w", err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[r.Actor] = true
	}
	return out, nil
}

// setAside keeps what a person teaches from training, where the club wants that, and tells people either way.
func (m *Memory) setAside(ctx context.Context, tx *store.Tx, actor string, aside bool, mine, theirs Agreement) error {
	if err := tx.PutSetAside(ctx, standingOf(tx, actor, aside, mine, theirs)); err != nil {
		return fmt.Errorf("set aside: %w", err)
	}
	what := "What this person teaches is set aside: nothing is learned from it until they agree again."
	if !aside {
		what = "What this person teaches still counts; the setting memory.set_aside sets it aside."
	}
	detail := map[string]any{"compared": mine.Compared, "agreed": mine.Agreed, "others_compared": theirs.Compared, "others_agreed": theirs.Agreed, "set_aside": aside}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "person.contradicts", Object: actor, Detail: detail}); err != nil {
		return err
	}
	tx.Changed(Topic, actor)
	m.cfg.Log.WarnContext(ctx, "somebody's answers contradict everybody else's", "event.action", "person.contradicts", "organization.id", tx.Tenant.String(), "user.id", actor)
	return m.cfg.Notifier.Queue(ctx, tx, notify.Note{Kind: notify.KindProblem, Ref: "person:" + actor, Title: "One person answers otherwise than everybody else",
		Lines:    []string{fmt.Sprintf("To %d texts that others have answered too, %s gave the same answer %d times; the others agree with each other in %.0f %%.", mine.Compared, actor, mine.Agreed, 100*theirs.share()), what},
		Priority: club.PriorityHigh, Link: "/memory", DedupKey: fmt.Sprintf("person:%s:%s", actor, tx.Now.Format("2006-01"))})
}

// trust lets what a person teaches train again.
func (m *Memory) trust(ctx context.Context, tx *store.Tx, actor string, mine, theirs Agreement) error {
	if err := tx.PutSetAside(ctx, standingOf(tx, actor, false, mine, theirs)); err != nil {
		return fmt.Errorf("trust again: %w", err)
	}
	tx.Changed(Topic, actor)
	return audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "person.trusted", Object: actor, Detail: map[string]any{"compared": mine.Compared, "agreed": mine.Agreed}})
}

// standingOf is how somebody compares with the others.
func standingOf(tx *store.Tx, actor string, aside bool, mine, theirs Agreement) store.PutSetAsideParams {
	return store.PutSetAsideParams{Actor: actor, Aside: aside, Compared: int64(mine.Compared), Agreed: int64(mine.Agreed), OthersCompared: int64(theirs.Compared), OthersAgreed: int64(theirs.Agreed), At: tx.Now}
}
