package api

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/store"
)

type changePattern struct {
	ByID
	Edit
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"300" doc:"Why; it is written down, masked."`
	}
}

func (in *changePattern) reason() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Reason
}

type pinPattern struct {
	ByID
	Edit
	Body struct {
		Ceiling string `json:"ceiling" enum:"auto,suggest,approve,escalate" doc:"The most it may do, whatever it earns; auto sets no limit."`
		Reason  string `json:"reason,omitempty" maxLength:"300"`
	}
}

type correctPattern struct {
	ByID
	Edit
	Body struct {
		Title   string   `json:"title" minLength:"1" maxLength:"120"`
		Words   string   `json:"words,omitempty" maxLength:"1600" doc:"A template for the member; empty says nothing."`
		Actions []string `json:"actions,omitempty" maxItems:"10" doc:"Names of actions, in their order."`
		Reason  string   `json:"reason,omitempty" maxLength:"300"`
	}
}

type mergePattern struct {
	ByID
	Edit
	Body struct {
		Into   string `json:"into" maxLength:"80" doc:"The pattern that stays."`
		Reason string `json:"reason,omitempty" maxLength:"300"`
	}
}

type splitPattern struct {
	ByID
	Edit
	Body struct {
		Title      string   `json:"title" minLength:"1" maxLength:"120" doc:"Of the new pattern."`
		Precedents []string `json:"precedents" minItems:"1" maxItems:"200" doc:"Ids of the situations that go to it; at least one stays."`
		Reason     string   `json:"reason,omitempty" maxLength:"300"`
	}
}

type forgetPrecedent struct {
	ByID
	Edit
	Precedent string `path:"precedent" maxLength:"80"`
}

type deletePattern struct {
	ByID
	Edit
}

// Breaker has tripped: what it watches asks people before it acts.
type Breaker struct {
	Kind   string    `json:"kind" enum:"pattern,action,club"`
	Scope  string    `json:"scope" doc:"Id of the pattern, name of the action; empty for the club."`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Good   int       `json:"good" doc:"Good outcomes in a row since."`
	Needed int       `json:"needed" doc:"As many close it."`
}

func showBreaker(b store.Breaker) Breaker {
	return Breaker{Kind: b.Kind, Scope: b.Scope, Reason: b.Reason, At: b.TrippedAt.UTC(), Good: int(b.GoodSince), Needed: learn.Recovery(b.Kind)}
}

type breakers struct {
	Items []Breaker `json:"items" nullable:"false"`
}

type closeBreaker struct {
	InClub
	Body struct {
		Kind   string `json:"kind" enum:"pattern,action,club"`
		Scope  string `json:"scope,omitempty" maxLength:"80"`
		Reason string `json:"reason,omitempty" maxLength:"300"`
	}
}

// changed runs an act on a pattern that the caller may see and has seen as it is, and answers with the
// pattern that came of it.
func (a *api) changed(ctx context.Context, c *call, in ByID, e Edit, reason string, fn func(*store.Tx, learn.Change) (store.DecisionPattern, error)) (out *oneOut[PatternDetail], err error) {
	base, newest, err := e.version()
	if err != nil {
		return nil, err
	}
	err = c.write(ctx, func(tx *store.Tx) error {
		d, _, err := a.findPattern(ctx, tx, c, club.PatternID(in.ID))
		if err != nil {
			return err
		}
		if newest {
			base = d.Pattern.Version
		}
		if base != d.Pattern.Version {
			return stale()
		}
		row, err := fn(tx, learn.Change{By: c.by, Pattern: d.Pattern.ID, Version: base, Reason: reason})
		if err != nil {
			return err
		}
		out, err = a.onePattern(ctx, tx, c, row.ID)
		return err
	})
	return out, err
}

func (a *api) registerPatternActs() {
	m := a.cfg.Memory
	for id, do := range map[string]func(context.Context, *store.Tx, learn.Change) (store.DecisionPattern, error){
		"pause-pattern": m.Pause, "resume-pattern": m.Resume, "retire-pattern": m.Retire, "trip-breaker": m.TripBreaker,
	} {
		register(a, id, func(ctx context.Context, c *call, in *changePattern) (*oneOut[PatternDetail], error) {
			return a.changed(ctx, c, in.ByID, in.Edit, in.reason(), func(tx *store.Tx, ch learn.Change) (store.DecisionPattern, error) { return do(ctx, tx, ch) })
		})
	}
	register(a, "pin-pattern", func(ctx context.Context, c *call, in *pinPattern) (*oneOut[PatternDetail], error) {
		return a.changed(ctx, c, in.ByID, in.Edit, in.Body.Reason, func(tx *store.Tx, ch learn.Change) (store.DecisionPattern, error) {
			return m.Pin(ctx, tx, ch, club.Tier(in.Body.Ceiling))
		})
	})
	register(a, "correct-pattern", func(ctx context.Context, c *call, in *correctPattern) (*oneOut[PatternDetail], error) {
		to := learn.Correction{Title: in.Body.Title, Words: in.Body.Words, Actions: ids[club.ActionName](in.Body.Actions)}
		return a.changed(ctx, c, in.ByID, in.Edit, in.Body.Reason, func(tx *store.Tx, ch learn.Change) (store.DecisionPattern, error) {
			return m.Correct(ctx, tx, c.keys, ch, to)
		})
	})
	register(a, "merge-pattern", func(ctx context.Context, c *call, in *mergePattern) (*oneOut[PatternDetail], error) {
		return a.changed(ctx, c, in.ByID, in.Edit, in.Body.Reason, func(tx *store.Tx, ch learn.Change) (store.DecisionPattern, error) {
			return m.Merge(ctx, tx, c.keys, ch, club.PatternID(in.Body.Into))
		})
	})
	register(a, "split-pattern", func(ctx context.Context, c *call, in *splitPattern) (*madeOut[PatternDetail], error) {
		out, err := a.changed(ctx, c, in.ByID, in.Edit, in.Body.Reason, func(tx *store.Tx, ch learn.Change) (store.DecisionPattern, error) {
			return m.Split(ctx, tx, c.keys, ch, in.Body.Title, ids[club.PrecedentID](in.Body.Precedents))
		})
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/patterns", out.Body.Pattern.ID, out.ETag, out.Body), nil
	})
	register(a, "forget-precedent", func(ctx context.Context, c *call, in *forgetPrecedent) (*oneOut[PatternDetail], error) {
		return a.changed(ctx, c, in.ByID, in.Edit, "", func(tx *store.Tx, ch learn.Change) (store.DecisionPattern, error) {
			return m.Forget(ctx, tx, ch, club.PrecedentID(in.Precedent))
		})
	})
	register(a, "delete-pattern", func(ctx context.Context, c *call, in *deletePattern) (*noneOut, error) {
		base, newest, err := in.version()
		if err != nil {
			return nil, err
		}
		return &noneOut{}, c.write(ctx, func(tx *store.Tx) error {
			d, _, err := a.findPattern(ctx, tx, c, club.PatternID(in.ID))
			if err != nil {
				return err
			}
			if !newest && base != d.Pattern.Version {
				return stale()
			}
			return m.Delete(ctx, tx, learn.Change{By: c.by, Pattern: d.Pattern.ID, Version: d.Pattern.Version})
		})
	})
	a.registerBreakers()
	a.registerSetAside()
	a.registerPreviews()
}

func (a *api) registerBreakers() {
	register(a, "list-breakers", func(ctx context.Context, c *call, _ *InClub) (*oneOut[breakers], error) {
		out := &oneOut[breakers]{Body: breakers{Items: []Breaker{}}}
		err := c.read(ctx, func(tx *store.Tx) error {
			list, err := a.tripped(ctx, c, tx)
			out.Body.Items = list
			return err
		})
		return out, err
	})
	register(a, "close-breaker", func(ctx context.Context, c *call, in *closeBreaker) (*noneOut, error) {
		return &noneOut{}, c.write(ctx, func(tx *store.Tx) error {
			return a.cfg.Memory.CloseBreaker(ctx, tx, c.by, in.Body.Kind, in.Body.Scope, in.Body.Reason)
		})
	})
}

// tripped lists the breakers that have tripped; those of patterns of other locations' SOPs are left out.
func (a *api) tripped(ctx context.Context, c *call, tx *store.Tx) ([]Breaker, error) {
	list, err := a.cfg.Memory.Breakers(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := []Breaker{}
	for _, b := range list {
		at, err := a.cfg.Memory.BreakerPlace(ctx, tx, b)
		if err != nil {
			return nil, err
		}
		if c.by.AllowsLocation(at) {
			out = append(out, showBreaker(b))
		}
	}
	return out, nil
}
