package page_test

import (
	"time"

	"clubos/internal/club"
	. "clubos/internal/console/page"
)

func reviewsPage(s Shell) ReviewsPage {
	s.Counts.Reviews = 3
	return ReviewsPage{Shell: s, Waiting: 3, Share: 0.05, Card: &ReviewCard{DecisionPage: decisionPage(s), Asked: ago(26 * time.Hour), Skip: "/c/fairway/reviews?after=x", After: "dec_x", May: true,
		Faults:  Choices{Selected: "words", Options: []Option{{Value: "matter", Label: FaultWord("matter")}, {Value: "words", Label: FaultWord("words")}}},
		Instead: all(hostile), Words: hostile, Note: hostile, Problem: "A note has at most 500 characters.", Said: hostile, SaidBy: "Opal"}}
}

func resultsPage(s Shell) ResultsPage {
	p := ResultsPage{Shell: s, Days: all("Last 30 days"), Locations: places(), Waiting: 3,
		Figures: []Figure{{Label: "Automated", Value: "61 %", Change: "+12 points against the time before", Tone: ToneOK, About: "of the matters"}, {Label: "Matters", Value: "–", About: hostile}},
		Repeat:  RepeatRow{Patterns: 9, Cases: 214, PerPattern: 5, First: 14 * time.Minute, Later: 95 * time.Second, Change: -0.887},
		Rates:   []RateRow{{Label: "The situation was read rightly", Value: 0.981, Low: 0.95, High: 0.995, N: 214, About: "of what was matched"}, {Label: "Done alone, and wrong"}},
		Claims:  []RateRow{{Label: "Acts alone", Claims: 0.95, Value: 0.97, Low: 0.91, High: 0.99, N: 80}},
		Bins:    []BinRow{{From: 0.8, To: 0.9, Claimed: 0.86, Value: 0.84, Low: 0.7, High: 0.93, N: 40}, {From: 0.98, To: 1, Claimed: 0.985, Value: 1, Low: 0.97, High: 1, N: 130}},
		Would: WouldPanel{Days: 30, Decisions: 61, Agreed: 60, Disagreed: 1,
			Groups: []WouldGroup{{Title: "By pattern", Rows: []WouldCount{{Label: hostile, URL: "/c/fairway/memory/x", Decisions: 61, Agreed: 60, Disagreed: 1}}}, {Title: "By location", Rows: []WouldCount{{Label: "Harbour", Decisions: 61}}}},
			List:   []WouldRow{{Decision: club.NewDecisionID(now), Title: hostile, Because: "rejected", Place: "Harbour", At: ago(time.Hour)}}}}
	for i := range 5 {
		w := WeekRow{From: ago(time.Duration(5-i) * 7 * 24 * time.Hour), To: ago(time.Duration(4-i) * 7 * 24 * time.Hour), Matters: 40 * i, Share: 0.15 * float64(i), Per100: 90 - 15*float64(i)}
		p.Weeks = append(p.Weeks, w)
	}
	return p
}
