package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/pattern/module"
	"clubos/internal/pattern/reliability"
	"clubos/internal/store"
)

// occasion is what a decision about something that was reported is judged by: the situation, how it went
// on, and what people did about it by hand.
type occasion struct {
	situation store.Situation
	status    club.ThreadStatus
	deeds     []store.Execution // by hand, oldest first, until the next decision; not those that were refused
	again     *time.Time        // when the same was reported next
}

// occasionOf reads the occasion of a decision; ok is false where it is about what a member wrote.
func occasionOf(ctx context.Context, tx *store.Tx, dec store.Decision, later []store.Decision) (o occasion, ok bool, err error) {
	th, err := tx.FindThread(ctx, dec.ThreadID)
	if err != nil {
		return o, false, fmt.Errorf("find thread: %w", err)
	}
	if th.Provider != club.EventProvider {
		return o, false, nil
	}
	list, err := tx.FindSituationsOfThread(ctx, dec.ThreadID)
	if err != nil {
		return o, false, fmt.Errorf("find situations: %w", err)
	}
	at := slices.IndexFunc(list, func(s store.Situation) bool { return !s.OpenedAt.After(dec.CreatedAt) })
	if at < 0 {
		return o, false, nil
	}
	o.situation, o.status = list[at], th.Status
	for _, s := range slices.Backward(list[:at]) { // newest first
		if s.Code == o.situation.Code && s.DeviceID == o.situation.DeviceID && s.BayID == o.situation.BayID {
			o.again = &s.OpenedAt
			break
		}
	}
	o.deeds, err = deeds(ctx, tx, dec, later)
	return o, err == nil, err
}

// worked leaves of what was done by hand what was seen to be done: the rest teaches nobody.
func (o occasion) worked() []store.Execution {
	return slices.DeleteFunc(slices.Clone(o.deeds), func(x store.Execution) bool { return x.Outcome != club.OutcomeSuccess })
}

// settled reports whether what people did about a situation is complete: it is over, they have closed it,
// or they have let it be for as long as an act has for its effect.
func (o occasion) settled(now time.Time) bool {
	if slices.ContainsFunc(o.deeds, func(x store.Execution) bool { return !x.Outcome.Final() }) {
		return false
	}
	if o.situation.ClearedAt != nil || o.status == club.ThreadResolved {
		return true
	}
	n := len(o.deeds)
	return n > 0 && !now.Before(ended(o.deeds[n-1]).Add(module.Soon))
}

func ended(x store.Execution) time.Time {
	if x.FinishedAt != nil {
		return *x.FinishedAt
	}
	return x.CreatedAt
}

// read is how the situation went on after acts, as an outcome; "" when that says nothing yet.
func (o occasion) read(acts []store.Execution) reliability.Source {
	var a module.Aftermath
	for _, x := range acts {
		if x.Outcome != club.OutcomeSuccess {
			continue
		}
		a.Acted = true
		if c := o.situation.ClearedAt; c != nil && !c.Before(x.CreatedAt) && !c.After(ended(x).Add(module.Soon)) {
			a.Cleared = true
		}
		if o.again != nil && o.again.After(x.CreatedAt) && o.again.Sub(x.CreatedAt) <= silence {
			a.Again = true
		}
	}
	return module.Of(o.situation.Code).Read(a)
}

// judge says what came of a decision that followed something known. What speaks against it counts before
// what speaks for it. Agreed is what people did with its proposal; whoever did by hand what was proposed has
// agreed, and whoever did something else has decided otherwise.
func (o occasion) judge(ctx context.Context, tx *store.Tx, dec store.Decision, match store.PatternMatch, agreed outcome, acts []store.Execution) (outcome, error) {
	done, err := judgeExecutions(acts)
	if err != nil || done.source == reliability.SourceFailed {
		return done, err
	}
	switch no, err := disputed(ctx, tx, dec); {
	case err != nil:
		return outcome{}, err
	case no:
		return outcome{source: reliability.SourceReopened}, nil
	}
	if len(acts) == 0 && agreed.source == "" {
		if agreed, err = o.instead(ctx, tx, dec, match); err != nil || agreed.source == reliability.SourceCorrected {
			return agreed, err
		}
		if agreed.source != "" {
			acts = o.worked()
		}
	}
	if source := o.read(acts); source != "" {
		return outcome{source: source}, nil
	}
	switch {
	case done.source != "" && !module.Lasts(o.situation.Code): // no end of it is ever seen: the second look has to do
		return done, nil
	case agreed.source != "" || len(acts) > 0:
		return agreed, nil
	}
	return judgeSilence(ctx, tx, dec)
}

// disputed reports whether whoever was told of what was reported has said, in their own conversation, that it is
// not so.
func disputed(ctx context.Context, tx *store.Tx, dec store.Decision) (bool, error) {
	if dec.SubjectID.IsZero() {
		return false, nil
	}
	run, err := tx.FindRun(ctx, dec.ID)
	if missing(err) {
		return false, nil // never carried out: nobody was told
	}
	if err != nil {
		return false, fmt.Errorf("find run: %w", err)
	}
	list, err := tx.FindDecisionsOfSubject(ctx, store.FindDecisionsOfSubjectParams{SubjectID: dec.SubjectID, Since: run.CreatedAt, Until: run.CreatedAt.Add(silence + time.Minute), Size: 50})
	if err != nil {
		return false, fmt.Errorf("find decisions of the holder: %w", err)
	}
	for _, l := range list {
		var e club.Evidence
		if err := json.Unmarshal([]byte(l.Evidence), &e); err != nil {
			return false, fmt.Errorf("read evidence: %w", err)
		}
		if e.Refutes == dec.ID {
			return true, nil
		}
	}
	return false, nil
}

// instead compares what was done by hand with what would have been done.
func (o occasion) instead(ctx context.Context, tx *store.Tx, dec store.Decision, match store.PatternMatch) (outcome, error) {
	planned, err := actionsOf(dec)
	if err != nil {
		return outcome{}, err
	}
	worked := o.worked()
	did := actionsIn(worked)
	if len(did) > 0 {
		by := personOf(worked[len(worked)-1].RequestedBy)
		switch lesson, err := isLesson(ctx, tx, match.PatternID); {
		case err != nil:
			return outcome{}, err
		case sameActions(planned, did):
			return outcome{reliability.SourceApproved, by}, nil
		case len(planned) > 0 || lesson:
			return outcome{reliability.SourceCorrected, by}, nil
		}
		return outcome{}, nil // the procedure calls for a person, who has acted
	}
	silent, err := saysNothing(dec)
	if err != nil || len(planned) == 0 && silent || o.situation.ClearedAt != nil {
		return outcome{}, err
	}
	list, err := tx.FindOverridesOfDecision(ctx, dec.ID)
	if err != nil {
		return outcome{}, fmt.Errorf("find overrides: %w", err)
	}
	for _, v := range list {
		if v.Kind == "took_over" && o.status == club.ThreadResolved { // closed, and nothing of it was done
			return outcome{reliability.SourceCorrected, personOf(v.Actor)}, nil
		}
	}
	return outcome{}, nil
}

// isLesson reports whether a pattern is something that people taught.
func isLesson(ctx context.Context, tx *store.Tx, id club.PatternID) (bool, error) {
	row, err := tx.FindPattern(ctx, id)
	if err != nil {
		return false, fmt.Errorf("find pattern: %w", err)
	}
	return row.SOPID.IsZero(), nil
}
