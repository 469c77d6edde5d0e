package learn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

// When a SOP is flagged. Rates are of what is known within EffectWindow.
const (
	EffectWindow     = 90 * 24 * time.Hour
	failingBelow     = 0.50 // share of good outcomes
	failingOutcomes  = 4    // fewer are an anecdote
	disputedOver     = 5    // overrides
	disputedRate     = 0.20 // overrides of uses
	disputedUses     = 5    // fewer uses make no rate
	overlappingAlike = 0.75 // share of what two triggers say, weighed by rarity
)

// Flag is why somebody should look at a SOP.
type Flag string

// The flags.
const (
	FlagStale       Flag = "stale"       // live, and unused for EffectWindow
	FlagFailing     Flag = "failing"     // less than half of its outcomes were good
	FlagDisputed    Flag = "disputed"    // people often do otherwise
	FlagOverlapping Flag = "overlapping" // another live SOP answers the same situations
)

// Effect is how a SOP fared.
type Effect struct {
	SOP        club.SOPID
	Uses       int
	Good, Bad  int // outcomes; of the other uses nothing is known yet
	Overridden int // uses in which people did otherwise
	Resolved   int // uses that ended without a person
	Flags      []Flag
	Overlaps   []club.SOPID // live SOPs for the same situations
}

// Success is the share of good outcomes; false where nothing is known.
func (e Effect) Success() (float64, bool) {
	if e.Good+e.Bad == 0 {
		return 0, false
	}
	return float64(e.Good) / float64(e.Good+e.Bad), true
}

// Share is n of the uses, in [0, 1].
func (e Effect) Share(n int) float64 { return float64(n) / math.Max(float64(e.Uses), 1) }

func (e *Effect) judge(live, old bool) {
	if live && old && e.Uses == 0 {
		e.Flags = append(e.Flags, FlagStale)
	}
	if rate, ok := e.Success(); ok && rate < failingBelow && e.Good+e.Bad >= failingOutcomes {
		e.Flags = append(e.Flags, FlagFailing)
	}
	if e.Overridden > disputedOver || e.Uses >= disputedUses && e.Share(e.Overridden) > disputedRate {
		e.Flags = append(e.Flags, FlagDisputed)
	}
	if len(e.Overlaps) > 0 {
		e.Flags = append(e.Flags, FlagOverlapping)
	}
}

// Effects says how each of the SOPs fared at the locations of scope (see
// identity.Principal.LocationScope), and what is to be looked at. Live is what is live at present.
func (m *Memory) Effects(ctx context.Context, tx *store.Tx, live *knowledge.Set, sops []store.SOP, scope string) (map[club.SOPID]Effect, error) {
	since := tx.Now.Add(-EffectWindow)
	rows, err := tx.FindSOPEffects(ctx, store.FindSOPEffectsParams{Since: since, Scope: scope})
	if err != nil {
		return nil, fmt.Errorf("find what came of SOPs: %w", err)
	}
	known := map[club.SOPID]Effect{}
	for _, r := range rows {
		id := club.SOPID(r.SOP)
		known[id] = Effect{SOP: id, Uses: int(r.Uses), Good: int(r.Good), Bad: int(r.Bad), Overridden: int(r.Overridden), Resolved: int(r.Resolved)}
	}
	shown := map[club.SOPID]bool{}
	for _, s := range sops {
		shown[s.ID] = true
	}
	overlaps := overlapping(live.Entries)
	out := make(map[club.SOPID]Effect, len(sops))
	for _, s := range sops {
		e := known[s.ID]
		e.SOP = s.ID
		e.Overlaps = slices.DeleteFunc(overlaps[s.ID], func(id club.SOPID) bool { return !shown[id] })
		e.judge(s.Status == string(knowledge.StatusLive), s.UpdatedAt.Before(since))
		out[s.ID] = e
	}
	return out, nil
}

// situation is a trigger of a live SOP as words.
type situation struct {
	entry int
	words map[string]bool
}

// overlapping finds the live SOPs that two of their triggers say to be for the same situation. The same
// procedure in another scope is meant to be so, and SOPs of different locations never meet.
func overlapping(entries []knowledge.Entry) map[club.SOPID][]club.SOPID {
	var all []situation
	r := rarity{in: map[string]float64{}}
	for i, e := range entries {
		for _, t := range e.Document.Triggers {
			s := situation{i, wordsOf(t.Text)}
			for w := range s.words {
				r.in[w]++
			}
			r.answers++
			all = append(all, s)
		}
	}
	out := map[club.SOPID][]club.SOPID{}
	for i, a := range all {
		for _, b := range all[i+1:] {
			x, y := entries[a.entry], entries[b.entry]
			if a.entry == b.entry || x.Document.Slug == y.Document.Slug || apart(x.Document.Scope, y.Document.Scope) || slices.Contains(out[x.SOP], y.SOP) {
				continue
			}
			if r.shared(a.words, b.words) >= overlappingAlike {
				out[x.SOP], out[y.SOP] = append(out[x.SOP], y.SOP), append(out[y.SOP], x.SOP)
			}
		}
	}
	return out
}

// apart reports whether two scopes are of different locations.
func apart(a, b knowledge.Scope) bool {
	if a.Kind == knowledge.ScopeGlobal || b.Kind == knowledge.ScopeGlobal {
		return false
	}
	return a.LocationID != b.LocationID || a.Location != b.Location
}
