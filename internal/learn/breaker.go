package learn

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/notify"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// What a breaker watches.
const (
	BreakerPattern = "pattern"
	BreakerAction  = "action"
	BreakerClub    = "club"
)

// BrokenCeiling is what remains of autonomy behind a tripped breaker: people are asked.
const BrokenCeiling = club.TierApprove

// breakers is how each kind trips and recovers. A false alarm of one that stops more must be rarer; and
// it closes after as many good outcomes in a row as refute a rate of 75, 90 or 95 % at a level of 10 %:
// ln 0.1 / ln rate.
var breakers = map[string]struct {
	threshold float64 // outcomes to a false alarm, on average, at least
	recovery  int64   // good outcomes in a row
}{
	BreakerPattern: {reliability.PatternThreshold, 9},
	BreakerAction:  {reliability.ActionThreshold, 22},
	BreakerClub:    {reliability.ClubThreshold, 45},
}

type scope struct{ kind, id string }

// scopesOf lists the breakers that an outcome moves, in the order in which they are locked.
func scopesOf(id club.PatternID, actions []club.ActionName) []scope {
	out := []scope{{BreakerPattern, id.String()}}
	sorted := slices.Clone(actions)
	slices.Sort(sorted)
	for _, a := range slices.Compact(sorted) {
		out = append(out, scope{BreakerAction, string(a)})
	}
	return append(out, scope{BreakerClub, ""})
}

// claimOf is how often such a decision claimed to be right, as far as it may act by that: as often as its tier asks, or
// as its record had proved by then, if that is more. 0: nothing, for it was only ever to be asked.
func claimOf(dec store.Decision, match store.PatternMatch, t club.Thresholds) float64 {
	proved := match.Reliability * match.Probability
	switch dec.EarnedTier {
	case club.TierAuto:
		return max(t.High, proved)
	case club.TierSuggest:
		return max(t.Medium, proved)
	case club.TierApprove, club.TierEscalate:
	}
	return 0
}

// watch moves the breakers by an outcome. Only decisions that claimed a tier which may act move the statistic.
func (m *Memory) watch(ctx context.Context, tx *store.Tx, dec store.Decision, match store.PatternMatch, row *store.DecisionPattern, scopes []scope, before store.PatternOutcome, o outcome, epoch int64) error {
	was, is := reliability.Source(before.Source), o.source
	if is == "" || was != "" && is.Success() >= was.Success() {
		return nil // nothing that was not counted before
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	claim := claimOf(dec, match, s.Thresholds)
	for _, sc := range scopes {
		b, err := tx.FindBreaker(ctx, store.FindBreakerParams{Kind: sc.kind, Scope: sc.id})
		if err != nil {
			return fmt.Errorf("find breaker: %w", err)
		}
		if sc.kind == BreakerPattern && epoch != row.Epoch {
			continue // of a record that counts no more
		}
		switch {
		case b.TrippedAt != nil:
			err = m.recover(ctx, tx, b, is.Good())
		case claim > 0 && claim < 1:
			alarm := false
			detector := reliability.Detector{Claim: claim, Threshold: breakers[sc.kind].threshold}
			if was == "" {
				b.Statistic, alarm = detector.Next(b.Statistic, is.Success())
			} else {
				b.Statistic, alarm = detector.Instead(b.Statistic, was.Success(), is.Success())
			}
			if alarm {
				err = m.trip(ctx, tx, b, row, s)
			} else {
				err = m.saveBreaker(ctx, tx, b)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// trip lowers what a breaker watches, and tells people.
func (m *Memory) trip(ctx context.Context, tx *store.Tx, b store.Breaker, row *store.DecisionPattern, s setting.Settings) error {
	b.TrippedAt, b.Statistic, b.GoodSince = &tx.Now, 0, 0
	subject := ""
	switch b.Kind {
	case BreakerPattern:
		subject = fmt.Sprintf("%q", row.Title)
		b.Reason = subject + " has stopped working as often as it claimed"
		row.Epoch++
		if err := m.save(ctx, tx, *row); err != nil {
			return err
		}
		row.Version++
	case BreakerAction:
		subject = words(b.Scope)
		b.Reason = subject + " has stopped helping as often as was claimed"
	default:
		subject = s.ClubName
		b.Reason = "decisions of the whole club have gone wrong too often"
	}
	if err := m.saveBreaker(ctx, tx, b); err != nil {
		return err
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "breaker.tripped", Object: b.Kind + ":" + b.Scope, Detail: map[string]any{"reason": b.Reason}}); err != nil {
		return err
	}
	m.cfg.Log.WarnContext(ctx, "a breaker of autonomy has tripped", "event.action", "breaker.tripped", "organization.id", tx.Tenant.String(), "labels.kind", b.Kind, "labels.scope", b.Scope)
	return m.cfg.Notifier.Queue(ctx, tx, notify.Note{Kind: notify.KindProblem, Ref: "breaker:" + b.Kind + ":" + b.Scope, Title: "ClubOS asks before acting: " + subject,
		Lines:    []string{b.Reason + ".", fmt.Sprintf("It asks people until %d good outcomes in a row have come, or somebody closes the breaker.", breakers[b.Kind].recovery)},
		Priority: club.PriorityHigh, Link: "/memory", DedupKey: fmt.Sprintf("breaker:%s:%s:%d", b.Kind, b.Scope, tx.Now.UnixMicro())})
}

// recover counts what happens behind a tripped breaker, and closes it when enough has gone well.
func (m *Memory) recover(ctx context.Context, tx *store.Tx, b store.Breaker, good bool) error {
	b.GoodSince++
	if !good {
		b.GoodSince = 0
	}
	if b.GoodSince < breakers[b.Kind].recovery {
		return m.saveBreaker(ctx, tx, b)
	}
	return m.closeBreaker(ctx, tx, b, machine, fmt.Sprintf("%d good outcomes in a row", b.GoodSince))
}

func (m *Memory) closeBreaker(ctx context.Context, tx *store.Tx, b store.Breaker, by club.Actor, why string) error {
	b.TrippedAt, b.Statistic, b.GoodSince, b.Reason = nil, 0, 0, ""
	if err := m.saveBreaker(ctx, tx, b); err != nil {
		return err
	}
	tx.Changed(Topic, b.Scope)
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "breaker.closed", Object: b.Kind + ":" + b.Scope, Detail: map[string]any{"why": why}})
}

func (m *Memory) saveBreaker(ctx context.Context, tx *store.Tx, b store.Breaker) error {
	if err := tx.UpdateBreaker(ctx, store.UpdateBreakerParams{Kind: b.Kind, Scope: b.Scope, Statistic: b.Statistic, TrippedAt: b.TrippedAt, Reason: b.Reason, GoodSince: b.GoodSince, UpdatedAt: tx.Now}); err != nil {
		return fmt.Errorf("store breaker: %w", err)
	}
	return nil
}
