package year

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

// remedy is what has to be done about a kind on a day; "" nothing.
func (w *world) remedy(k *kind, day int) club.ActionName {
	if k.Name == failing && !w.cfg.NoDrift && day >= w.cfg.failingDay() {
		return healer
	}
	return k.Action
}

// right reports whether what a decision does is right for a matter, or for one half of it.
func (w *world) right(ctx context.Context, m *matter, dec store.Decision) (right bool, err error) {
	slug, words, actions, err := w.deed(ctx, dec)
	if err != nil {
		return false, err
	}
	for _, k := range []*kind{m.kind, m.also} {
		if k == nil {
			continue
		}
		remedy := w.remedy(k, m.day)
		if slug != "" {
			right = right || slices.Contains(k.SOPs, slug) && (remedy == k.Action || slices.Contains(actions, remedy))
			continue
		}
		var want []club.ActionName
		if remedy != "" {
			want = []club.ActionName{remedy}
		}
		right = right || k.says(words) && slices.Equal(actions, want)
	}
	return right, nil
}

// deed is what a decision does: a procedure's, by its slug, or a lesson's words; and the actions.
func (w *world) deed(ctx context.Context, dec store.Decision) (slug, words string, actions []club.ActionName, err error) {
	if !dec.SOPID.IsZero() {
		actions, err := plannedIn(dec)
		return w.sops[dec.SOPID], "", actions, err
	}
	err = w.tenant.Read(ctx, func(tx *store.Tx) error {
		match, err := tx.FindChosenMatch(ctx, dec.ID)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		lessons, err := w.app.Memory.Learned(ctx, tx, w.keys)
		if err != nil {
			return err
		}
		for _, l := range lessons.List {
			if l.Pattern.ID == match.PatternID {
				words, actions = l.Reply, l.Actions()
			}
		}
		return nil
	})
	return "", words, actions, err
}

// plannedIn lists the actions that a decision's steps begin with.
func plannedIn(dec store.Decision) (out []club.ActionName, err error) {
	var plan struct {
		Steps []knowledge.Step `json:"steps"`
	}
	if err := json.Unmarshal([]byte(dec.Steps), &plan); err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	for _, s := range plan.Steps {
		if s.Action != "" {
			out = append(out, s.Action)
		}
	}
	return out, nil
}
