package year

import (
	"context"
	"slices"

	"clubos/internal/club"
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
			right = right || slices.Contains(k.SOPs, slug) && remedy == k.Action
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

// deed is what a decision does: a procedure's, by its slug, or a lesson's words and actions.
func (w *world) deed(ctx context.Context, dec store.Decision) (slug, words string, actions []club.ActionName, err error) {
	if !dec.SOPID.IsZero() {
		return w.sops[dec.SOPID], "", nil, nil
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
