package console

import (
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/store"
)

// effects says how SOPs fared at the reader's locations.
func (v *visit) effects(tx *store.Tx, rows []store.SOP) (map[club.SOPID]learn.Effect, error) {
	live, err := v.c.Library.Live(v.r.Context(), tx)
	if err != nil {
		return nil, err
	}
	return v.c.Memory.Effects(v.r.Context(), tx, live, rows, v.p.LocationScope())
}

func flagWords(e learn.Effect) []page.Word {
	var out []page.Word
	for _, f := range e.Flags {
		out = append(out, page.SOPFlagWord(string(f)))
	}
	return out
}

// sopEffect is how one SOP fared, with links to those that overlap it.
func (v *visit) sopEffect(tx *store.Tx, f frame, s store.SOP) (page.SOPEffect, error) {
	all, err := v.c.Library.List(v.r.Context(), tx, knowledge.Filter{})
	if err != nil {
		return page.SOPEffect{}, err
	}
	var seen []store.SOP
	titles := map[club.SOPID]string{}
	for _, o := range all {
		if v.p.AllowsLocation(o.LocationID) {
			seen = append(seen, o)
			titles[o.ID] = o.Title
		}
	}
	effects, err := v.effects(tx, seen)
	if err != nil {
		return page.SOPEffect{}, err
	}
	e := effects[s.ID]
	out := page.SOPEffect{Uses: e.Uses, Known: e.Good + e.Bad, Overridden: e.Overridden, Overrides: e.Share(e.Overridden), Resolved: e.Share(e.Resolved), Flags: flagWords(e)}
	out.Success, _ = e.Success()
	for _, id := range e.Overlaps {
		out.Overlaps = append(out.Overlaps, page.Link{Label: titles[id], URL: f.At("sops", id.String())})
	}
	return out, nil
}
