package api

import (
	"context"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/hindsight"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Impact is what a change would have done to the decisions of the last 30 days, replayed from what was
// recorded of them.
type Impact struct {
	Since     time.Time         `json:"since"`
	Until     time.Time         `json:"until"`
	Decisions int               `json:"decisions" doc:"That the change is about; at most the newest 3000 are replayed."`
	Was       ImpactSpread      `json:"was"`
	Would     ImpactSpread      `json:"would"`
	Fewer     ImpactShare       `json:"fewer" doc:"That went out unasked and would not have, or later."`
	More      ImpactShare       `json:"more" doc:"That would have gone out unasked, or sooner."`
	Other     int               `json:"other" doc:"In which something else would have been said or done."`
	Unknown   int               `json:"unknown" doc:"Of which too little was recorded; they stand under would as they were."`
	Wait      float64           `json:"wait_seconds" doc:"How long people took over proposals in these days, at the median; 0: not known."`
	Waits     int               `json:"waits" doc:"Over how many proposals."`
	Patterns  []ImpactOnPattern `json:"patterns" nullable:"false" doc:"What becomes of what stands behind the patterns."`
	Differ    []ImpactDecision  `json:"differ" nullable:"false" doc:"Decisions that would have gone otherwise, newest first; at most 200."`
}

// ImpactSpread is how decisions went out.
type ImpactSpread struct {
	Alone     int `json:"alone"`
	Announced int `json:"announced"`
	Asked     int `json:"asked"`
	Called    int `json:"called" doc:"Handed to a person."`
}

// ImpactShare is a number of decisions with what is known of them.
type ImpactShare struct {
	Decisions int `json:"decisions"`
	Right     int `json:"right"`
	Wrong     int `json:"wrong"`
}

// ImpactOnPattern is what stands behind a pattern before and after.
type ImpactOnPattern struct {
	PatternID  string        `json:"pattern_id,omitempty" doc:"Absent of a pattern that the change would make."`
	Title      string        `json:"title"`
	Gone       bool          `json:"gone,omitempty"`
	Situations [2]int        `json:"situations" doc:"Before and after."`
	Outcomes   [2]int        `json:"outcomes" doc:"That count, before and after."`
	Stops      [2]ImpactStop `json:"stops" doc:"What keeps it from doing what its record has earned, before and after."`
}

// ImpactStop is what stops a pattern.
type ImpactStop struct {
	Paused  bool   `json:"paused,omitempty"`
	Retired bool   `json:"retired,omitempty"`
	Merged  bool   `json:"merged,omitempty" doc:"It is a part of another pattern, and followed as that."`
	Ceiling string `json:"ceiling,omitempty" enum:"suggest,approve,escalate" doc:"Absent: none."`
	Breaker bool   `json:"breaker,omitempty" doc:"Its breaker has tripped."`
}

// ImpactDecision is a decision that would have gone otherwise.
type ImpactDecision struct {
	DecisionID string    `json:"decision_id"`
	ThreadID   string    `json:"thread_id"`
	Title      string    `json:"title"`
	LocationID string    `json:"location_id,omitempty"`
	Was        string    `json:"was" enum:"auto,suggest,approve,escalate"`
	Would      string    `json:"would" enum:"auto,suggest,approve,escalate"`
	Other      bool      `json:"other,omitempty" doc:"Something else would have been said or done."`
	Right      *bool     `json:"right,omitempty" doc:"Absent: not known."`
	At         time.Time `json:"at"`
}

const shownDiffer = 200

func showImpact(e hindsight.Impact) Impact {
	out := Impact{Since: e.Since.UTC(), Until: e.Until.UTC(), Decisions: e.Was.Sum(), Was: ImpactSpread(e.Was), Would: ImpactSpread(e.Would), Fewer: showShare(e.Fewer), More: showShare(e.More),
		Other: e.Other, Unknown: e.Unknown, Wait: e.Wait.Seconds(), Waits: e.Waits, Patterns: []ImpactOnPattern{}, Differ: []ImpactDecision{}}
	for _, p := range e.Evidence {
		row := ImpactOnPattern{PatternID: p.Pattern.String(), Title: p.Title, Gone: p.Gone, Situations: [2]int{p.Situations, p.SituationsAfter}, Outcomes: [2]int{p.Outcomes, p.OutcomesAfter}, Stops: [2]ImpactStop{showStop(p.Stop), showStop(p.StopAfter)}}
		if p.Made {
			row.PatternID = ""
		}
		out.Patterns = append(out.Patterns, row)
	}
	for _, d := range e.Differ[:min(len(e.Differ), shownDiffer)] {
		row := ImpactDecision{DecisionID: d.Decision.String(), ThreadID: d.Thread.String(), Title: d.Title, LocationID: d.Location.String(), Was: string(d.Past.Tier), Would: string(d.Would.Tier), Other: d.Other, At: d.At.UTC()}
		if d.Known {
			row.Right = &d.Right
		}
		out.Differ = append(out.Differ, row)
	}
	return out
}

func showStop(s hindsight.Stop) ImpactStop {
	return ImpactStop{Paused: s.Paused, Retired: s.Retired, Merged: s.Merged, Ceiling: string(s.Ceiling), Breaker: s.Broken}
}

func showShare(s hindsight.Share) ImpactShare {
	return ImpactShare{Decisions: s.N, Right: s.Right, Wrong: s.Wrong}
}

type previewPattern struct {
	ByID
	Body struct {
		Do         string   `json:"do" enum:"pause,resume,retire,delete,pin,trip,correct,merge,split,forget"`
		Ceiling    string   `json:"ceiling,omitempty" enum:"auto,suggest,approve,escalate" doc:"Of a pin."`
		Into       string   `json:"into,omitempty" maxLength:"80" doc:"Of a merge: the pattern that stays."`
		Title      string   `json:"title,omitempty" maxLength:"120" doc:"Of a correction or a split."`
		Words      string   `json:"words,omitempty" maxLength:"1600" doc:"Of a correction."`
		Actions    []string `json:"actions,omitempty" maxItems:"10" doc:"Of a correction."`
		Precedents []string `json:"precedents,omitempty" maxItems:"200" doc:"Of a split: those that leave; of forget: the one."`
	}
}

// act is what the body asks for, as its own operation would do it.
func (in *previewPattern) act(ctx context.Context, m *learn.Memory, c *call, ch learn.Change) func(*store.Tx) error {
	b := in.Body
	one := func(fn func(context.Context, *store.Tx, learn.Change) (store.DecisionPattern, error)) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, err := fn(ctx, tx, ch)
			return err
		}
	}
	switch b.Do {
	case "pause":
		return one(m.Pause)
	case "resume":
		return one(m.Resume)
	case "retire":
		return one(m.Retire)
	case "trip":
		return one(m.TripBreaker)
	case "delete":
		return func(tx *store.Tx) error { return m.Delete(ctx, tx, ch) }
	}
	return func(tx *store.Tx) (err error) {
		switch b.Do {
		case "pin":
			_, err = m.Pin(ctx, tx, ch, club.Tier(b.Ceiling))
		case "correct":
			_, err = m.Correct(ctx, tx, c.keys, ch, learn.Correction{Title: b.Title, Words: b.Words, Actions: ids[club.ActionName](b.Actions)})
		case "merge":
			_, err = m.Merge(ctx, tx, c.keys, ch, club.PatternID(b.Into))
		case "split":
			_, err = m.Split(ctx, tx, c.keys, ch, b.Title, ids[club.PrecedentID](b.Precedents))
		case "forget":
			_, err = m.Forget(ctx, tx, ch, club.PrecedentID(strings.Join(b.Precedents, "")))
		}
		return err
	}
}

type previewAutonomy struct {
	InClub
	Body struct {
		Unasked   *bool    `json:"unasked,omitempty" doc:"What is left out stays as it is."`
		Permitted []string `json:"permitted,omitempty" maxItems:"100"`
		Places    []string `json:"places,omitempty" maxItems:"100"`
		Switch    string   `json:"switch,omitempty" maxLength:"80" doc:"A kill switch, as for put-switch."`
		Stopped   bool     `json:"stopped,omitempty" doc:"Whether it would be thrown."`
		High      *float64 `json:"high,omitempty" minimum:"0" maximum:"1"`
		Medium    *float64 `json:"medium,omitempty" minimum:"0" maximum:"1"`
		Low       *float64 `json:"low,omitempty" minimum:"0" maximum:"1"`
	}
}

// act makes the changes that the body names.
func (in *previewAutonomy) act(ctx context.Context, by club.Actor) func(*store.Tx) error {
	b := in.Body
	return func(tx *store.Tx) error {
		s, err := setting.Load(ctx, tx)
		if err != nil {
			return err
		}
		t := s.Thresholds
		for _, x := range []struct {
			to   *float64
			here *float64
		}{{b.High, &t.High}, {b.Medium, &t.Medium}, {b.Low, &t.Low}} {
			if x.to != nil {
				*x.here = *x.to
			}
		}
		if t != s.Thresholds {
			if err := setting.PutThresholds(ctx, tx, by, t); err != nil {
				return err
			}
		}
		if b.Switch != "" {
			if err := setting.Switch(ctx, tx, by, b.Switch, b.Stopped); err != nil {
				return err
			}
		}
		on, actions, places := s.AutoExecution, s.AutoActions, s.AutoPlaces
		if b.Unasked != nil {
			on = *b.Unasked
		}
		if b.Permitted != nil {
			actions = b.Permitted
		}
		if b.Places != nil {
			places = b.Places
		}
		_, err = setting.Permit(ctx, tx, by, on, actions, places)
		return err
	}
}

func (a *api) registerPreviews() {
	register(a, "preview-pattern", func(ctx context.Context, c *call, in *previewPattern) (*oneOut[Impact], error) {
		var d learn.Detail
		err := c.read(ctx, func(tx *store.Tx) (err error) {
			d, _, err = a.findPattern(ctx, tx, c, club.PatternID(in.ID))
			return err
		})
		if err != nil {
			return nil, err
		}
		about := []club.PatternID{d.Pattern.ID}
		if in.Body.Do == "merge" {
			about = append(about, club.PatternID(in.Body.Into))
		}
		ch := learn.Change{By: c.by, Pattern: d.Pattern.ID, Version: d.Pattern.Version}
		return a.try(ctx, c, hindsight.Trial{Patterns: about, Act: in.act(ctx, a.cfg.Memory, c, ch)})
	})
	register(a, "preview-autonomy", func(ctx context.Context, c *call, in *previewAutonomy) (*oneOut[Impact], error) {
		if err := c.everywhere(); err != nil {
			return nil, err
		}
		return a.try(ctx, c, hindsight.Trial{Act: in.act(ctx, c.by.Actor)})
	})
}

// try says what a change would have done. Whoever may not read decisions is told how many, not which.
func (a *api) try(ctx context.Context, c *call, t hindsight.Trial) (*oneOut[Impact], error) {
	t.Scope = c.by.LocationScope()
	e, err := hindsight.Try(ctx, c.tenant, c.keys, t)
	if err != nil {
		return nil, err
	}
	if !c.by.Can(identity.DecisionsRead) {
		e.Differ = nil
	}
	return &oneOut[Impact]{Body: showImpact(e)}, nil
}
