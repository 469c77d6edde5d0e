package act

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// standing are the prerequisites that are looked at again in the transaction that commits the call: a
// booking can be cancelled or moved, and a membership end, while the call waits for its turn. Everything
// else that the gate proves is about the machine, and the second look at the outcome is its test.
var standing = []catalogue.PrerequisiteKind{catalogue.BookingActive, catalogue.WithinTimeWindow, catalogue.MemberIsBooker, catalogue.MemberKnown}

const (
	overridden  = "overridden: "            // begins the value of a proof that a person's reason stands in for
	secondLook  = "again before the call: " // begins the value of a proof of the second look
	movedTarget = "what it would act on is another device by now"
)

// lookAgain proves the member's standing once more, by the gate's own code, and says what no longer
// holds. It returns the proofs that the execution has then. What a person's reason stood in for at the
// gate, it stands in for here.
func (e *Engine) lookAgain(ctx context.Context, tx *store.Tx, x store.Execution, a catalogue.Action) (proofs []club.Fact, why string, err error) {
	before := decodeFacts(x.Proofs)
	proofs = slices.DeleteFunc(slices.Clone(before), func(f club.Fact) bool { return strings.HasPrefix(f.Value, secondLook) }) // of an earlier try
	list, err := e.standingOf(ctx, tx, x, a)
	if err != nil || len(list) == 0 {
		return proofs, "", err
	}
	s, err := e.sceneOf(ctx, tx, x)
	if err != nil {
		return nil, "", err
	}
	if s.target.ID != x.DeviceID {
		return nil, movedTarget, nil
	}
	for _, p := range list {
		if slices.ContainsFunc(before, func(f club.Fact) bool {
			return f.Name == string(p.Kind) && strings.HasPrefix(f.Value, overridden)
		}) {
			continue
		}
		fact, no, err := prerequisite(ctx, tx, p, s, sight{})
		if err != nil {
			return nil, "", err
		}
		if no != "" {
			return nil, no, nil
		}
		fact.Name, fact.Value, fact.At = string(p.Kind), secondLook+fact.Value, tx.Now
		if !slices.Contains(proofs, fact) {
			proofs = append(proofs, fact)
		}
	}
	return proofs, "", nil
}

// standingOf lists what must still hold of an execution: the action's own prerequisites, and those of the
// procedure whose run asked for it.
func (e *Engine) standingOf(ctx context.Context, tx *store.Tx, x store.Execution, a catalogue.Action) ([]catalogue.Prerequisite, error) {
	list := slices.Clone(a.Prerequisites)
	if !x.DecisionID.IsZero() {
		run, err := tx.FindRun(ctx, x.DecisionID)
		if err != nil && !missing(err) {
			return nil, fmt.Errorf("find run: %w", err)
		}
		if err == nil {
			var p plan
			if err := json.Unmarshal([]byte(run.Steps), &p); err != nil {
				return nil, fmt.Errorf("read run: %w", err)
			}
			list = append(list, p.Also...)
		}
	}
	return slices.DeleteFunc(list, func(p catalogue.Prerequisite) bool { return !slices.Contains(standing, p.Kind) }), nil
}

// sceneOf reads the scene of an execution from the rows as they are by now.
func (e *Engine) sceneOf(ctx context.Context, tx *store.Tx, x store.Execution) (*scene, error) {
	r := Request{Action: x.Action, Location: x.LocationID, Bay: x.BayID}
	if err := json.Unmarshal([]byte(x.Params), &r.Params); err != nil {
		return nil, fmt.Errorf("read parameters: %w", err)
	}
	if !x.ThreadID.IsZero() {
		var err error
		if r.Thread, err = thread.Find(ctx, tx, x.ThreadID); err != nil {
			return nil, err
		}
	}
	return e.read(ctx, tx, r)
}
