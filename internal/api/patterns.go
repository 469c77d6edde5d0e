package api

import (
	"context"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Pattern is a known situation with what is to be done in it.
type Pattern struct {
	ID         string    `json:"id"`
	Title      string    `json:"title" doc:"Masked."`
	Kind       string    `json:"kind" enum:"sop,learned" doc:"Whether a procedure says what is done, or people taught it."`
	Domain     string    `json:"domain" enum:"decision,error,booking,access"`
	SOPID      string    `json:"sop_id,omitempty"`
	LocationID string    `json:"location_id,omitempty" doc:"Of its SOP; absent: everywhere."`
	BayID      string    `json:"bay_id,omitempty"`
	Mode       string    `json:"mode" enum:"quarantine,learning,suggest,auto,paused,retired,merged"`
	Tier       string    `json:"tier" enum:"auto,suggest,approve,escalate" doc:"That the record has earned."`
	Ceiling    string    `json:"ceiling" enum:"auto,suggest,approve,escalate" doc:"The most that people allow."`
	MergedInto string    `json:"merged_into,omitempty"`
	Precedents int       `json:"precedents"`
	Outcomes   int       `json:"outcomes"`
	People     int       `json:"people" doc:"Who stand behind it."`
	Confidence float64   `json:"confidence" doc:"That it may claim where the situation is certain, 0 to 1."`
	Version    int64     `json:"version"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

func showPattern(b learn.Brief) (Pattern, error) {
	p := b.Pattern
	out := Pattern{ID: p.ID.String(), Title: p.Title, Kind: "sop", Domain: p.Domain, SOPID: p.SOPID.String(), LocationID: b.Location.String(), BayID: b.Bay.String(), Mode: string(b.Mode),
		Tier: string(p.Earned), Ceiling: string(p.Ceiling), MergedInto: p.MergedInto.String(), Precedents: b.Precedents, Outcomes: b.Outcomes, People: b.Assessment.People,
		Confidence: b.Confidence, Version: p.Version, CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC()}
	if p.SOPID.IsZero() {
		out.Kind = "learned"
	}
	return out, nil
}

// PatternDetail is a pattern with its record. What belongs to locations that the caller may not see is
// left out.
type PatternDetail struct {
	Pattern    Pattern             `json:"pattern"`
	Steps      []PatternStep       `json:"steps" nullable:"false" doc:"What it does."`
	Bounds     []PatternBound      `json:"bounds" nullable:"false" doc:"What the record proves for each tier."`
	Next       *PatternNext        `json:"next,omitempty" doc:"The way to the next tier; absent in the highest."`
	Limits     []string            `json:"limits" nullable:"false" doc:"What holds it back."`
	Breaker    *Breaker            `json:"breaker,omitempty" doc:"Absent: closed."`
	Precedents []PatternPrecedent  `json:"precedents" nullable:"false" doc:"Situations in which people decided so, newest first; at most 200."`
	Outcomes   []PatternOutcome    `json:"outcomes" nullable:"false" doc:"What came of it, newest first; at most 100."`
	Notes      []PatternNote       `json:"notes" nullable:"false" doc:"What people said in their own words when they changed or declined what it proposed, newest first; at most 20."`
	History    []PatternConfidence `json:"history" nullable:"false" doc:"What the record proved after each outcome, oldest first; at most 60."`
}

// PatternStep is one thing that is done.
type PatternStep struct {
	Kind   string `json:"kind" enum:"reply,ask,action,ticket,escalate"`
	Action string `json:"action,omitempty"`
	Text   string `json:"text,omitempty" doc:"A template."`
}

// PatternBound is what a record proves for a tier.
type PatternBound struct {
	Tier  string  `json:"tier" enum:"auto,suggest,approve"`
	Bound float64 `json:"bound" doc:"Lower bound on the share of right decisions."`
	Asks  float64 `json:"asks" doc:"What the tier asks for."`
}

// PatternNext is how far it is to the next tier.
type PatternNext struct {
	Tier     string `json:"tier" enum:"auto,suggest,approve"`
	Outcomes int    `json:"outcomes" doc:"Further good outcomes that it would take, verified and by at least two people."`
	Unsure   bool   `json:"unsure" doc:"No record could suffice: the situation itself would have to be surer."`
}

// PatternPrecedent is a situation in which a person decided so.
type PatternPrecedent struct {
	ID         string    `json:"id"`
	Text       string    `json:"text" doc:"Masked."`
	ThreadID   string    `json:"thread_id,omitempty"`
	LocationID string    `json:"location_id,omitempty"`
	BayID      string    `json:"bay_id,omitempty"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
}

// PatternOutcome is what came of one decision.
type PatternOutcome struct {
	DecisionID string    `json:"decision_id"`
	Source     string    `json:"source" enum:"reviewed,verified,helped,approved,decided,edited,silent,corrected,failed,refuted,rejected,reopened"`
	Person     string    `json:"person,omitempty" doc:"Who judged it."`
	LocationID string    `json:"location_id,omitempty"`
	BayID      string    `json:"bay_id,omitempty"`
	Counts     bool      `json:"counts" doc:"False: of a record that has begun anew since."`
	At         time.Time `json:"at" doc:"When it was decided."`
}

// PatternNote is what a person said of a proposal that they changed or declined.
type PatternNote struct {
	DecisionID string    `json:"decision_id"`
	Kind       string    `json:"kind" enum:"edited,rejected"`
	Reason     string    `json:"reason,omitempty"`
	Note       string    `json:"note" doc:"Masked."`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
}

// PatternConfidence is what a record proved at an instant.
type PatternConfidence struct {
	At       time.Time `json:"at"`
	Source   string    `json:"source"`
	Outcomes int       `json:"outcomes"`
	Auto     float64   `json:"auto"`
	Suggest  float64   `json:"suggest"`
	Approve  float64   `json:"approve"`
}

func showNext(n *reliability.Next) *PatternNext {
	if n == nil {
		return nil
	}
	return &PatternNext{Tier: string(n.Tier), Outcomes: n.Outcomes, Unsure: n.Match}
}

type listPatterns struct {
	Paging
	Q        string `query:"q" maxLength:"200" doc:"A part of the title."`
	Kind     string `query:"kind" enum:"sop,learned"`
	Domain   string `query:"domain" enum:"decision,error,booking,access"`
	Mode     string `query:"mode" enum:"quarantine,learning,suggest,auto,paused,retired"`
	Tier     string `query:"tier" enum:"auto,suggest,approve,escalate" doc:"That the record has earned."`
	Location string `query:"location" maxLength:"80" doc:"Of SOPs of this location, and those that were followed there."`
}

// findPattern returns a pattern that the caller may see: of SOPs of its locations, and all that hold
// everywhere.
func (a *api) findPattern(ctx context.Context, tx *store.Tx, c *call, id club.PatternID) (learn.Detail, setting.Settings, error) {
	s, err := setting.Load(ctx, tx)
	if err != nil {
		return learn.Detail{}, s, err
	}
	d, err := a.cfg.Memory.Find(ctx, tx, c.keys, s, id)
	if err == nil && !c.by.AllowsLocation(d.Location) {
		err = club.NotFound("there is no such pattern")
	}
	return d, s, err
}

func (a *api) onePattern(ctx context.Context, tx *store.Tx, c *call, id club.PatternID) (*oneOut[PatternDetail], error) {
	d, s, err := a.findPattern(ctx, tx, c, id)
	if err != nil {
		return nil, err
	}
	out := &oneOut[PatternDetail]{ETag: etag(d.Pattern.Version)}
	out.Body, err = c.patternDetail(d, s.Thresholds)
	return out, err
}

func (c *call) patternDetail(d learn.Detail, t club.Thresholds) (PatternDetail, error) {
	brief, err := showPattern(d.Brief)
	out := PatternDetail{Pattern: brief, Steps: []PatternStep{}, Limits: append([]string{}, d.Standing.Limits...), Precedents: []PatternPrecedent{}, Outcomes: []PatternOutcome{}, Notes: []PatternNote{}, History: []PatternConfidence{},
		Bounds: []PatternBound{{string(club.TierAuto), d.Assessment.Bound(club.TierAuto), t.High}, {string(club.TierSuggest), d.Assessment.Bound(club.TierSuggest), t.Medium}, {string(club.TierApprove), d.Assessment.Bound(club.TierApprove), t.Low}}}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, PatternStep{Kind: string(s.Kind()), Action: string(s.Action), Text: s.Reply + s.Ask + s.Ticket + s.Escalate + s.Note})
	}
	out.Next = showNext(d.Next)
	if d.Breaker != nil {
		b := showBreaker(*d.Breaker)
		out.Breaker = &b
	}
	for _, k := range d.Known {
		if c.by.AllowsLocation(k.LocationID) {
			out.Precedents = append(out.Precedents, PatternPrecedent{ID: k.ID.String(), Text: k.Text, ThreadID: k.ThreadID.String(), LocationID: k.LocationID.String(), BayID: k.BayID.String(), By: k.Actor, At: k.At.UTC()})
		}
	}
	for _, o := range d.Record {
		if c.by.AllowsLocation(o.LocationID) {
			out.Outcomes = append(out.Outcomes, PatternOutcome{DecisionID: o.DecisionID.String(), Source: o.Source, Person: o.Person, LocationID: o.LocationID.String(), BayID: o.BayID.String(),
				Counts: o.Epoch == d.Pattern.Epoch, At: o.At.UTC()})
		}
	}
	for _, n := range d.Notes {
		if c.by.AllowsLocation(n.LocationID) {
			out.Notes = append(out.Notes, PatternNote{DecisionID: n.DecisionID.String(), Kind: n.Kind, Reason: n.Reason, Note: n.Note, By: n.Actor, At: n.At.UTC()})
		}
	}
	for _, x := range d.Points {
		out.History = append(out.History, PatternConfidence{At: x.At.UTC(), Source: string(x.Source), Outcomes: x.Outcomes, Auto: x.Auto, Suggest: x.Suggest, Approve: x.Approve})
	}
	return out, err
}

func (a *api) registerPatterns() {
	register(a, "list-patterns", func(ctx context.Context, c *call, in *listPatterns) (out *pageOut[Pattern], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			m, err := in.mark()
			if err != nil {
				return err
			}
			s, err := setting.Load(ctx, tx)
			if err != nil {
				return err
			}
			by := learn.Filter{Scope: c.by.LocationScope(), Search: likeAnywhere(in.Q), Kind: in.Kind, Domain: in.Domain, Mode: learn.Mode(in.Mode), Tier: club.Tier(in.Tier), Location: club.LocationID(in.Location),
				After: club.PatternID(m.id), Size: int(in.more())}
			if !c.by.AllowsLocation(by.Location) {
				out = &pageOut[Pattern]{Body: Page[Pattern]{Items: []Pattern{}}}
				return nil
			}
			rows, err := a.cfg.Memory.List(ctx, tx, s, by)
			if err != nil {
				return err
			}
			out, err = pageOf(in.Paging, rows, func(b learn.Brief) mark { return mark{id: b.Pattern.ID.String()} }, showPattern)
			return err
		})
		return out, err
	})
	register(a, "get-pattern", func(ctx context.Context, c *call, in *ByID) (out *oneOut[PatternDetail], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			out, err = a.onePattern(ctx, tx, c, club.PatternID(in.ID))
			return err
		})
		return out, err
	})
	a.registerPatternActs()
}

// likeAnywhere is a LIKE pattern of what contains a text; "" for "".
func likeAnywhere(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}
