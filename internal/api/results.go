package api

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/result"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Results is how far the club keeps what ClubOS promises, in a period.
type Results struct {
	Work       Work         `json:"work"`
	Before     Work         `json:"before" doc:"The same length of time, before."`
	Weeks      []Work       `json:"weeks" nullable:"false" doc:"Of the period, the oldest first; the first may be shorter."`
	Repeat     Repeat       `json:"repeat"`
	Match      Estimate     `json:"match_accuracy" doc:"How often the situation was the one that it was taken for, or rightly taken for none that is known."`
	Alone      Estimate     `json:"alone_accuracy" doc:"How often what was done alone was right, by reviews."`
	FalseAlone Estimate     `json:"false_positives" doc:"How often what was done alone was wrong."`
	Tiers      []TierResult `json:"tiers" nullable:"false"`
	Bins       []BinResult  `json:"calibration" nullable:"false" doc:"By what the match claimed; empty ranges are left out."`
	Would      WouldResult  `json:"would_have_executed"`
	Waiting    int          `json:"reviews_waiting"`
}

// Work is how much was done in a span of time, and by whom.
type Work struct {
	Since         time.Time `json:"since"`
	Until         time.Time `json:"until"`
	Matters       int       `json:"matters" doc:"What members asked for."`
	Automated     int       `json:"automated" doc:"Carried out without a person."`
	Share         float64   `json:"share_automated"`
	Proposals     int       `json:"proposals_decided"`
	Escalations   int       `json:"escalations"`
	Replies       int       `json:"replies_in_its_place"`
	Actions       int       `json:"actions_by_hand"`
	Interventions float64   `json:"interventions_per_100"`
}

func showWork(w result.Work) Work {
	return Work{Since: w.Since.UTC(), Until: w.Until.UTC(), Matters: w.Matters, Automated: w.Automated, Share: w.Share(), Proposals: w.Interventions.Proposals, Escalations: w.Interventions.Escalations,
		Replies: w.Interventions.Replies, Actions: w.Interventions.Actions, Interventions: w.Per100()}
}

// Repeat is how long issues took that had come before, against the first times.
type Repeat struct {
	Patterns int     `json:"patterns" doc:"With first cases and repeated ones; 0: nothing is known yet."`
	Cases    int     `json:"repeated_cases"`
	FirstK   int     `json:"first_cases_per_pattern"`
	First    float64 `json:"median_first_seconds"`
	Later    float64 `json:"median_repeated_seconds"`
	Change   float64 `json:"change" doc:"The repeated median over the first, less one: -0.7 is seventy per cent sooner."`
}

// Estimate is a share with its interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     int     `json:"n" doc:"Outcomes that it rests on; 0: nothing is known."`
}

func showEstimate(e result.Estimate) Estimate { return Estimate{e.Value, e.Low, e.High, e.N} }

// TierResult is what a tier claims and what came true.
type TierResult struct {
	Tier   string   `json:"tier" enum:"auto,suggest,approve"`
	Claims float64  `json:"claims"`
	Good   Estimate `json:"good"`
}

// BinResult is the matches whose claimed probability lies in a range.
type BinResult struct {
	From     float64  `json:"from"`
	To       float64  `json:"to"`
	Claimed  float64  `json:"claimed" doc:"On average."`
	Realised Estimate `json:"realised"`
}

// WouldResult is what would have been done alone while it was not allowed, against what people did.
type WouldResult struct {
	WouldCount
	ByAction  []WouldGroup   `json:"by_action_class" nullable:"false"`
	ByPlace   []WouldGroup   `json:"by_location" nullable:"false"`
	ByPattern []WouldGroup   `json:"by_pattern" nullable:"false"`
	List      []Disagreement `json:"disagreements" nullable:"false" doc:"The newest first, at most 20."`
}

// WouldCount counts decisions that would have acted alone.
type WouldCount struct {
	Decisions int `json:"decisions"`
	Agreed    int `json:"agreed"`
	Disagreed int `json:"disagreed"`
}

// WouldGroup is a part of what would have been done alone.
type WouldGroup struct {
	Key   string `json:"key" doc:"Kind of action, or id; empty is not known."`
	Title string `json:"title,omitempty"`
	WouldCount
}

// Disagreement is a decision in whose place a person did something else.
type Disagreement struct {
	DecisionID string    `json:"decision_id"`
	ThreadID   string    `json:"thread_id"`
	Title      string    `json:"title"`
	Tier       string    `json:"tier" enum:"auto,suggest"`
	Action     string    `json:"action,omitempty"`
	Because    string    `json:"because"`
	LocationID string    `json:"location_id,omitempty"`
	At         time.Time `json:"at"`
}

type getResults struct {
	InClub
	Days     string `query:"days" enum:"7,30,90" default:"30" doc:"How far back."`
	Location string `query:"location" maxLength:"80"`
}

func (a *api) registerResults() {
	register(a, "get-results", func(ctx context.Context, c *call, in *getResults) (*oneOut[Results], error) {
		q := result.Query{Days: map[string]int{"7": 7, "90": 90}[in.Days], Location: club.LocationID(in.Location), Scope: c.by.LocationScope()}
		if q.Days == 0 {
			q.Days = 30
		}
		var r result.Report
		err := c.read(ctx, func(tx *store.Tx) error {
			s, err := setting.Load(ctx, tx)
			if err != nil {
				return err
			}
			q.Thresholds = s.Thresholds
			r, err = result.Look(ctx, tx, q)
			return err
		})
		if err != nil {
			return nil, err
		}
		return &oneOut[Results]{Body: showResults(r)}, nil
	})
}

func showResults(r result.Report) Results {
	out := Results{Work: showWork(r.Work), Before: showWork(r.Before), Weeks: make([]Work, 0, len(r.Weeks)), Match: showEstimate(r.Truth.Match), Alone: showEstimate(r.Truth.Alone),
		FalseAlone: showEstimate(r.Truth.FalsePositive), Bins: make([]BinResult, 0, len(r.Truth.Bins)), Would: showWould(r.Would), Waiting: r.Waiting}
	out.Repeat = Repeat{r.Repeat.Patterns, r.Repeat.Cases, r.Repeat.PerPattern, r.Repeat.First.Seconds(), r.Repeat.Later.Seconds(), r.Repeat.Change}
	for _, w := range r.Weeks {
		out.Weeks = append(out.Weeks, showWork(w))
	}
	for _, t := range r.Truth.Tiers {
		out.Tiers = append(out.Tiers, TierResult{string(t.Tier), t.Claims, showEstimate(t.Good)})
	}
	for _, b := range r.Truth.Bins {
		out.Bins = append(out.Bins, BinResult{b.From, b.To, b.Claimed, showEstimate(b.Realised)})
	}
	return out
}

func showWould(w result.Would) WouldResult {
	count := func(t result.Tally) WouldCount { return WouldCount{t.Decisions, t.Agreed, t.Disagreed} }
	groups := func(list []result.Group) []WouldGroup {
		out := make([]WouldGroup, 0, len(list))
		for _, g := range list {
			out = append(out, WouldGroup{g.Key, g.Title, count(g.Tally)})
		}
		return out
	}
	out := WouldResult{WouldCount: count(w.Tally), ByAction: groups(w.ByClass), ByPlace: groups(w.ByPlace), ByPattern: groups(w.ByPattern), List: make([]Disagreement, 0, len(w.List))}
	for _, d := range w.List {
		out.List = append(out.List, Disagreement{DecisionID: d.Decision.String(), ThreadID: d.Thread.String(), Title: d.Title, Tier: string(d.Tier), Action: string(d.Action), Because: d.Because,
			LocationID: d.Location.String(), At: d.At.UTC()})
	}
	return out
}
