package console

import (
	"fmt"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/pattern/reliability"
	"clubos/internal/store"
)

func patternRow(f frame, bays map[club.BayID]string, b learn.Brief) page.PatternRow {
	r := page.PatternRow{ID: b.Pattern.ID, Title: b.Pattern.Title, Kind: "SOP", Domain: domainWords[b.Pattern.Domain], Place: "Everywhere", Precedents: b.Precedents, Outcomes: b.Outcomes,
		Confidence: b.Confidence, Tier: b.Pattern.Earned, Mode: page.PatternWord(string(b.Mode))}
	if !f.settings.AutoExecution {
		r.Mode = page.AskingWord(r.Mode, string(b.Mode))
	}
	if b.Pattern.SOPID.IsZero() {
		r.Kind = "Learned"
	}
	if !b.Location.IsZero() {
		r.Place = where(f.locationName(b.Location), bays[b.Bay])
	}
	return r
}

// domainWords names the domains for people.
var domainWords = map[string]string{"decision": "Texts", "error": "Faults", "booking": "Bookings", "access": "Access"}

// breakerRows are tripped breakers in words; titles are those of the patterns that they watch.
func (v *visit) breakerRows(tx *store.Tx, list []store.Breaker) ([]page.BreakerRow, error) {
	var out []page.BreakerRow
	for _, b := range list {
		r := page.BreakerRow{Kind: b.Kind, Scope: b.Scope, Reason: sentence(b.Reason), At: *b.TrippedAt, Good: int(b.GoodSince), Needed: learn.Recovery(b.Kind)}
		switch b.Kind {
		case "pattern":
			r.Pattern = club.PatternID(b.Scope)
			row, err := tx.FindPattern(v.r.Context(), r.Pattern)
			if err != nil {
				return nil, fmt.Errorf("find pattern: %w", err)
			}
			r.What = row.Title
		case "action":
			r.What = v.actionTitle(club.ActionName(b.Scope))
		default:
			r.What = "The whole club"
		}
		out = append(out, r)
	}
	return out, nil
}

// apartRow is somebody who is set aside, in words.
func (v *visit) apartRow(users map[club.UserID]identity.User, a learn.Apart) page.ApartRow {
	r := page.ApartRow{Actor: a.Actor, Name: actorName(users, a.Actor), Since: a.Since, Own: a.Actor == v.p.Actor.String(),
		Why: fmt.Sprintf("Gave the same answer as others to %d of %s that others have answered too.", a.Mine.Agreed, count(a.Mine.Compared, "text", "texts"))}
	if a.Theirs.Compared > 0 {
		r.Why += fmt.Sprintf(" The others agree with each other in %d of %d.", a.Theirs.Agreed, a.Theirs.Compared)
	}
	for _, c := range a.Against {
		r.Against = append(r.Against, page.ContradictionRow{Text: c.One.Text, OtherText: c.Other.Text, Thread: c.One.Thread, Words: c.One.Words, OtherWords: c.Other.Words,
			Pattern: c.One.Pattern, OtherPattern: c.Other.Pattern, OtherBy: actorName(users, c.Other.By), At: c.One.At})
	}
	return r
}

// pattern puts a pattern in the words of its page. What belongs to locations that the reader may not
// see is left out.
func (v *visit) pattern(tx *store.Tx, f frame, users map[club.UserID]identity.User, d learn.Detail, p *page.PatternPage) error {
	bays, err := v.bayNames(tx)
	if err != nil {
		return err
	}
	at := func(l club.LocationID, b club.BayID) string { return where(f.locationName(l), bays[b]) }
	p.Row, p.Version, p.MergedInto, p.Ceiling = patternRow(f, bays, d.Brief), d.Pattern.Version, d.MergedInto, d.Pattern.Ceiling
	p.Limits, p.Next = d.Standing.Limits, nextWords(d.Next)
	p.Paused, p.Retired, p.Learned = d.Mode == learn.ModePaused, d.Mode == learn.ModeRetired, d.Pattern.SOPID.IsZero()
	if !p.Learned {
		p.SOP = page.Link{Label: d.Pattern.Title, URL: f.At("sops", d.Pattern.SOPID.String())}
	}
	for _, s := range d.Steps {
		p.Steps = append(p.Steps, stepOf(v.c.Catalogue, s))
	}
	t := f.settings.Thresholds
	p.Bounds = []page.BoundRow{{Tier: club.TierAuto, Bound: d.Assessment.Bound(club.TierAuto), Asks: t.High}, {Tier: club.TierSuggest, Bound: d.Assessment.Bound(club.TierSuggest), Asks: t.Medium}, {Tier: club.TierApprove, Bound: d.Assessment.Bound(club.TierApprove), Asks: t.Low}}
	for _, x := range d.Points {
		p.Points = append(p.Points, page.ChartPoint{At: x.At, Outcome: page.OutcomeSourceWord(string(x.Source)), Count: x.Outcomes, Auto: x.Auto, Suggest: x.Suggest, Approve: x.Approve})
	}
	for _, k := range d.Known {
		if v.p.AllowsLocation(k.LocationID) {
			p.Known = append(p.Known, page.PrecedentRow{ID: k.ID, Thread: k.ThreadID, Text: k.Text, By: actorName(users, k.Actor), Place: at(k.LocationID, k.BayID), At: k.At})
		}
	}
	for _, o := range d.Record {
		if !v.p.AllowsLocation(o.LocationID) {
			continue
		}
		r := page.PatternOutcomeRow{Decision: o.DecisionID, Outcome: page.OutcomeSourceWord(o.Source), Place: at(o.LocationID, o.BayID), At: o.At, Earlier: o.Epoch != d.Pattern.Epoch}
		if o.Person != "" {
			r.By = actorName(users, o.Person)
		}
		p.Record = append(p.Record, r)
	}
	for _, u := range d.Uses {
		if v.p.AllowsLocation(u.LocationID) {
			p.Uses = append(p.Uses, page.PatternUse{Decision: u.DecisionID, Thread: u.ThreadID, Taught: u.Role == "taught", Tier: u.Tier, Confidence: u.Confidence, Place: at(u.LocationID, u.BayID), At: u.At})
		}
	}
	for _, n := range d.Notes {
		if v.p.AllowsLocation(n.LocationID) {
			p.Notes = append(p.Notes, page.PatternNote{Decision: n.DecisionID, Rejected: n.Kind == "rejected", Reason: sentence(n.Reason), Text: n.Note, By: actorName(users, n.Actor), Place: at(n.LocationID, n.BayID), At: n.At})
		}
	}
	p.Story = story(p.Shell, d, p.Record)
	if d.Breaker != nil {
		rows, err := v.breakerRows(tx, []store.Breaker{*d.Breaker})
		if err != nil {
			return err
		}
		p.Breaker = &rows[0]
	}
	return v.patternForms(tx, f, d, p)
}

// story is a pattern's record in one sentence.
func story(s page.Shell, d learn.Detail, shown []page.PatternOutcomeRow) string {
	if d.Assessment.Outcomes == 0 {
		return "Nothing is known yet of what came of it."
	}
	good := 0
	for _, o := range d.Record {
		if o.Epoch == d.Pattern.Epoch && reliability.Source(o.Source).Good() {
			good++
		}
	}
	out := fmt.Sprintf("Decided so %s", count(d.Assessment.Outcomes, "time", "times"))
	if d.Assessment.People > 0 {
		out += " with " + count(d.Assessment.People, "person", "people") + " behind it"
	}
	if d.Assessment.Outcomes == countOf(d) {
		out += fmt.Sprintf("; %d good", good)
	}
	if len(shown) > 0 {
		last := "last " + s.Clock(shown[0].At)
		if shown[0].Place != "" {
			last = "last in " + shown[0].Place + ", " + s.Clock(shown[0].At)
		}
		out += "; " + last
	}
	out += "."
	if rate, ok := d.Standing.Together(); ok {
		out += fmt.Sprintf(" Lessons that had come as far were right in at least %.0f %%, which it may claim for an announcement.", 100*rate)
	}
	return out
}

// countOf is how many outcomes of the present epoch are at hand.
func countOf(d learn.Detail) int {
	n := 0
	for _, o := range d.Record {
		if o.Epoch == d.Pattern.Epoch {
			n++
		}
	}
	return n
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// nextWords says how far it is to the next tier.
func nextWords(n *reliability.Next) string {
	switch {
	case n == nil:
		return "It has reached the highest tier."
	case n.Match:
		return "No record alone leads to the next tier: the situation itself would have to be surer."
	}
	return fmt.Sprintf("%s more, verified and seen by at least two people, would lead to “%s”.", capital(count(n.Outcomes, "good outcome", "good outcomes")), lower(page.TierWord(n.Tier).Label))
}

// patternForms fills in what the forms of a pattern's page show.
func (v *visit) patternForms(tx *store.Tx, f frame, d learn.Detail, p *page.PatternPage) error {
	p.Manage = v.p.Can(identity.MemoryManage) && v.p.Everywhere()
	if !p.Manage {
		return nil
	}
	p.Tiers = page.Choices{Selected: string(p.Ceiling)}
	for _, t := range club.Tiers() {
		p.Tiers.Options = append(p.Tiers.Options, page.Option{Value: string(t), Label: page.TierWord(t).Label})
	}
	if !p.Learned {
		return nil
	}
	done := map[club.ActionName]bool{}
	for _, s := range d.Steps {
		done[s.Action] = true
		p.Words += s.Reply
	}
	for _, a := range v.c.Catalogue.All() {
		if learn.Teachable(a) {
			p.Actions = append(p.Actions, page.PatternAction{Name: a.Name, Title: a.Title, Done: done[a.Name]})
		}
	}
	others, err := v.c.Memory.List(v.r.Context(), tx, f.settings, learn.Filter{Kind: "learned", Domain: d.Pattern.Domain, Size: 200})
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.Pattern.ID != d.Pattern.ID && o.Mode != learn.ModeRetired {
			p.Others.Options = append(p.Others.Options, page.Option{Value: o.Pattern.ID.String(), Label: clip(o.Pattern.Title, 80)})
		}
	}
	return nil
}
