package api

import (
	"context"
	"slices"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/store"
)

// SOPEffect is how a SOP fared in the last 90 days, at the locations that the caller may see.
type SOPEffect struct {
	SOPID      string   `json:"sop_id"`
	Slug       string   `json:"slug"`
	Title      string   `json:"title"`
	Uses       int      `json:"uses"`
	Good       int      `json:"good" doc:"Outcomes; of the other uses nothing is known yet."`
	Bad        int      `json:"bad"`
	Success    *float64 `json:"success,omitempty" doc:"Share of good outcomes; absent where none is known."`
	Overridden int      `json:"overridden" doc:"Uses in which people did otherwise."`
	Resolved   int      `json:"resolved" doc:"Uses that ended without a person."`
	Flags      []string `json:"flags" nullable:"false" doc:"stale: live and unused for 90 days; failing: less than half of at least four outcomes good; disputed: more than five overrides, or more than a fifth of at least five uses; overlapping: another live SOP has triggers for the same situations."`
	Overlaps   []string `json:"overlaps" nullable:"false" doc:"Ids of those SOPs."`
}

type listSOPEffects struct {
	Paging
	Flag string `query:"flag" enum:"stale,failing,disputed,overlapping"`
}

func (a *api) registerSOPEffects() {
	register(a, "list-sop-effects", func(ctx context.Context, c *call, in *listSOPEffects) (out *pageOut[SOPEffect], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := a.cfg.Library.List(ctx, tx, knowledge.Filter{})
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(s store.SOP) bool { return !c.by.AllowsLocation(s.LocationID) })
			live, err := a.cfg.Library.Live(ctx, tx)
			if err != nil {
				return err
			}
			effects, err := a.cfg.Memory.Effects(ctx, tx, live, all, c.by.LocationScope())
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(s store.SOP) bool {
				return in.Flag != "" && !slices.Contains(effects[s.ID].Flags, learn.Flag(in.Flag))
			})
			out, err = cut(in.Paging, all, func(s store.SOP) string { return s.ID.String() }, func(s store.SOP) (SOPEffect, error) { return showEffect(s, effects[s.ID]), nil })
			return err
		})
		return out, err
	})
}

func showEffect(s store.SOP, e learn.Effect) SOPEffect {
	out := SOPEffect{SOPID: s.ID.String(), Slug: s.Slug, Title: s.Title, Uses: e.Uses, Good: e.Good, Bad: e.Bad, Overridden: e.Overridden, Resolved: e.Resolved,
		Flags: texts(e.Flags), Overlaps: texts[club.SOPID](e.Overlaps)}
	if rate, ok := e.Success(); ok {
		out.Success = &rate
	}
	return out
}
