package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/result"
	"clubos/internal/store"
)

func (c *console) resultRoutes() []route {
	return []route{get("/results", identity.DecisionsRead, showResults)}
}

// defaultPeriod is the days that the page of results goes back unless somebody chooses.
const defaultPeriod = 30

func showResults(v *visit) error {
	days, err := strconv.Atoi(v.query("days"))
	if err != nil || !slices.Contains(result.Periods(), days) {
		days = defaultPeriod
	}
	q := result.Query{Days: days, Location: idOf[club.LocationID](v.query("location")), Scope: v.p.LocationScope()}
	p := page.ResultsPage{Days: page.Choices{Selected: strconv.Itoa(days)}}
	for _, d := range result.Periods() {
		p.Days.Options = append(p.Days.Options, page.Option{Value: strconv.Itoa(d), Label: fmt.Sprintf("Last %d days", d)})
	}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "results", "Results")
		if err != nil {
			return err
		}
		q.Thresholds = f.settings.Thresholds
		r, err := result.Look(v.r.Context(), tx, q)
		if err != nil {
			return err
		}
		p.Shell, p.Locations = f.Shell, f.places(q.Location, "All locations")
		v.results(f, r, q, &p)
		return nil
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Results(p))
}

// results puts a report in the words of its page.
func (v *visit) results(f frame, r result.Report, q result.Query, p *page.ResultsPage) {
	p.Figures = figures(r)
	for _, w := range r.Weeks {
		p.Weeks = append(p.Weeks, page.WeekRow{From: w.Since, To: w.Until, Matters: w.Matters, Share: w.Share(), Per100: w.Per100(), Interventions: w.Interventions.Sum()})
	}
	p.Repeat = page.RepeatRow{Patterns: r.Repeat.Patterns, Cases: r.Repeat.Cases, PerPattern: r.Repeat.PerPattern, First: r.Repeat.First, Later: r.Repeat.Later, Change: r.Repeat.Change}
	p.Rates = []page.RateRow{
		rateRow("The situation was read rightly", 0, r.Truth.Match, "recognised, or rightly taken for something new"),
		rateRow("What was done alone was right", 0, r.Truth.Alone, "by reviews, drawn by chance"),
		rateRow("Done alone, and wrong", 0, r.Truth.FalsePositive, "false positives"),
	}
	for _, c := range r.Truth.Tiers {
		p.Claims = append(p.Claims, rateRow(page.TierWord(c.Tier).Label, c.Claims, c.Good, ""))
	}
	for _, b := range r.Truth.Bins {
		p.Bins = append(p.Bins, page.BinRow{From: b.From, To: b.To, Claimed: b.Claimed, Value: b.Realised.Value, Low: b.Realised.Low, High: b.Realised.High, N: b.Realised.N})
	}
	p.Would, p.Waiting = v.would(f, r.Would, q.Days), r.Waiting
}

// figures are the figures at the top: what there was, and how it changed.
func figures(r result.Report) []page.Figure {
	share := page.Figure{Label: "Automated", Value: "–", About: "of the matters that members brought, carried out without a person"}
	per := page.Figure{Label: "Interventions per 100 matters", Value: "–", About: "proposals decided, escalations, answers and actions by hand"}
	matters := page.Figure{Label: "Matters", Value: strconv.Itoa(r.Matters), About: "that members asked for something in"}
	if r.Matters > 0 {
		share.Value, per.Value = fmt.Sprintf("%.0f %%", 100*r.Share()), fmt.Sprintf("%.0f", r.Per100())
	}
	if r.Matters > 0 && r.Before.Matters > 0 {
		share.Change, share.Tone = change(r.Share()-r.Before.Share(), 100, " points", true)
		if before := r.Before.Per100(); before > 0 {
			per.Change, per.Tone = change(r.Per100()/before-1, 100, " %", false)
		}
	}
	return []page.Figure{share, per, matters}
}

// change is a difference to the time before, in words.
func change(by, scale float64, unit string, moreIsBetter bool) (string, page.Tone) {
	tone := page.ToneQuiet
	switch {
	case by == 0:
	case by > 0 == moreIsBetter:
		tone = page.ToneOK
	default:
		tone = page.ToneWarn
	}
	return fmt.Sprintf("%+.0f%s against the time before", scale*by, unit), tone
}

func rateRow(label string, claims float64, e result.Estimate, about string) page.RateRow {
	return page.RateRow{Label: label, Claims: claims, Value: e.Value, Low: e.Low, High: e.High, N: e.N, About: about}
}

// would puts what would have been done alone in words.
func (v *visit) would(f frame, w result.Would, days int) page.WouldPanel {
	p := page.WouldPanel{Days: days, Decisions: w.Decisions, Agreed: w.Agreed, Disagreed: w.Disagreed}
	group := func(title string, list []result.Group, label func(result.Group) (string, string)) {
		g := page.WouldGroup{Title: title}
		for _, r := range list {
			name, url := label(r)
			g.Rows = append(g.Rows, page.WouldCount{Label: name, URL: url, Decisions: r.Decisions, Agreed: r.Agreed, Disagreed: r.Disagreed})
		}
		p.Groups = append(p.Groups, g)
	}
	group("By kind of action", w.ByClass, func(g result.Group) (string, string) { return classWord(g.Key), "" })
	group("By location", w.ByPlace, func(g result.Group) (string, string) {
		return orText(f.locationName(club.LocationID(g.Key)), "Place not known"), ""
	})
	group("By pattern", w.ByPattern, func(g result.Group) (string, string) {
		if g.Key == "" || !v.p.Can(identity.MemoryRead) {
			return orText(g.Title, "Not known"), ""
		}
		return g.Title, f.At("memory", g.Key)
	})
	for _, d := range w.List {
		p.List = append(p.List, page.WouldRow{Decision: d.Decision, Title: d.Title, Because: d.Because, Place: f.locationName(d.Location), At: d.At})
	}
	return p
}

// classWord names a kind of actions for people.
func classWord(class string) string {
	for _, k := range kindsOfActions() {
		if k.Key == class {
			return k.Label
		}
	}
	if class == string(catalogue.CategoryWords) {
		return "Words"
	}
	return capital(class)
}
