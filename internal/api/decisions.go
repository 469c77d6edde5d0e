package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Decision is what the machine decided about a matter. It never changes.
type Decision struct {
	ID         string    `json:"id"`
	ThreadID   string    `json:"thread_id"`
	Kind       string    `json:"kind"`
	Title      string    `json:"title"`
	SOPID      string    `json:"sop_id,omitempty"`
	SOPVersion int64     `json:"sop_version,omitempty"`
	Confidence float64   `json:"confidence" doc:"Lower bound on being right, 0 to 1."`
	EarnedTier string    `json:"earned_tier" enum:"auto,suggest,approve,escalate" doc:"By confidence alone."`
	Tier       string    `json:"tier" enum:"auto,suggest,approve,escalate" doc:"After everything that lowers it."`
	LocationID string    `json:"location_id,omitempty"`
	BayID      string    `json:"bay_id,omitempty"`
	BookingID  string    `json:"booking_id,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
}

func showDecision(d store.Decision) (Decision, error) {
	return Decision{ID: d.ID.String(), ThreadID: d.ThreadID.String(), Kind: d.Kind, Title: d.Title, SOPID: d.SOPID.String(), SOPVersion: d.SOPVersion, Confidence: d.Confidence,
		EarnedTier: string(d.EarnedTier), Tier: string(d.Tier), LocationID: d.LocationID.String(), BayID: d.BayID.String(), BookingID: d.BookingID.String(), CreatedAt: d.CreatedAt.UTC()}, nil
}

// DecisionDetail is a decision with what it rests on.
type DecisionDetail struct {
	Decision Decision      `json:"decision"`
	Evidence club.Evidence `json:"evidence" doc:"Masked."`
	Steps    Value         `json:"steps" doc:"What the SOP says to do."`
	Reply    string        `json:"reply,omitempty" doc:"The draft of what the member would read; for those who may read conversations."`
}

// Proposal is a decision that waits for a person, or for its time.
type Proposal struct {
	ID         string     `json:"id"`
	DecisionID string     `json:"decision_id"`
	ThreadID   string     `json:"thread_id"`
	Tier       string     `json:"tier" enum:"suggest,approve"`
	Status     string     `json:"status" enum:"open,approved,rejected,executed,expired,superseded"`
	DeadlineAt *time.Time `json:"deadline_at,omitempty" doc:"When it runs unless somebody objects."`
	Edited     bool       `json:"edited"`
	DecidedBy  string     `json:"decided_by,omitempty"`
	DecidedAt  *time.Time `json:"decided_at,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`

	Record *ProposalRecord `json:"record,omitempty" doc:"What it can show for itself; of one proposal, not in lists, and absent where it follows nothing known."`
}

// ProposalRecord is what came of the like of a proposal, and what it may claim from that.
type ProposalRecord struct {
	PatternID  string       `json:"pattern_id"`
	Outcomes   int          `json:"outcomes" doc:"How often it was decided so before, as far as is known what came of it."`
	Good       int          `json:"good"`
	People     int          `json:"people" doc:"Who stand behind it."`
	Last       *LastOutcome `json:"last,omitempty" doc:"The newest outcome at a location that you may see."`
	Tier       string       `json:"tier" enum:"auto,suggest,approve,escalate" doc:"That it has earned at this place."`
	Confidence float64      `json:"confidence" doc:"What it may claim at this place."`
	Bound      float64      `json:"bound" doc:"What the record proves for acting alone; 0 while too few people or outcomes stand behind it."`
	Next       *PatternNext `json:"next,omitempty" doc:"The way to the next tier; absent in the highest."`
}

// LastOutcome is what came of the like the last time.
type LastOutcome struct {
	Source     string    `json:"source"`
	LocationID string    `json:"location_id,omitempty"`
	BayID      string    `json:"bay_id,omitempty"`
	At         time.Time `json:"at"`
}

func showProposal(p store.Proposal) Proposal {
	return Proposal{ID: p.ID.String(), DecisionID: p.DecisionID.String(), ThreadID: p.ThreadID.String(), Tier: string(p.Tier), Status: string(p.Status), DeadlineAt: utc(p.DeadlineAt),
		Edited: p.Edited, DecidedBy: p.DecidedBy, DecidedAt: utc(p.DecidedAt), Reason: p.Reason, CreatedAt: p.CreatedAt.UTC()}
}

type listDecisions struct {
	Paging
	Tier   string `query:"tier" enum:"auto,suggest,approve,escalate"`
	SOP    string `query:"sop" maxLength:"80"`
	Thread string `query:"thread" maxLength:"80"`
}

type listProposals struct {
	Paging
	Status string `query:"status" enum:"open,approved,rejected,executed,expired,superseded"`
	Thread string `query:"thread" maxLength:"80"`
}

type approve struct {
	ByID
	Body *struct {
		Reply  *string `json:"reply,omitempty" minLength:"1" maxLength:"1600" doc:"Your words instead of the draft."`
		Reason string  `json:"reason,omitempty" maxLength:"500"`
		Note   string  `json:"note,omitempty" maxLength:"280" doc:"Why other words, for colleagues. Kept masked, and shown with the pattern's record."`
	}
}

type reject struct {
	ByID
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
		Note   string `json:"note,omitempty" maxLength:"280" doc:"In your own words, for colleagues. Kept masked, and shown with the pattern's record."`
	}
}

// findDecision returns a decision whose own place and whose thread's the caller may see.
func (c *call) findDecision(ctx context.Context, tx *store.Tx, id club.DecisionID) (store.Decision, error) {
	none := club.NotFound("there is no such decision")
	d, err := tx.FindDecision(ctx, id)
	if missing(err) {
		return d, none
	}
	if err != nil {
		return d, fmt.Errorf("find decision: %w", err)
	}
	if _, err := c.findThread(ctx, tx, d.ThreadID); err != nil || !c.by.AllowsLocation(d.LocationID) {
		return store.Decision{}, none
	}
	return d, nil
}

func (c *call) findProposal(ctx context.Context, tx *store.Tx, id club.ProposalID) (store.Proposal, error) {
	none := club.NotFound("there is no such proposal")
	p, err := tx.FindProposal(ctx, id)
	if missing(err) {
		return p, none
	}
	if err != nil {
		return p, fmt.Errorf("find proposal: %w", err)
	}
	if _, err := c.findDecision(ctx, tx, p.DecisionID); err != nil {
		return store.Proposal{}, none
	}
	return p, nil
}

func (a *api) registerDecisions() {
	register(a, "list-decisions", func(ctx context.Context, c *call, in *listDecisions) (out *pageOut[Decision], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			m, err := in.mark()
			if err != nil {
				return err
			}
			rows, err := tx.FindDecisionsInScope(ctx, store.FindDecisionsInScopeParams{Scope: c.by.LocationScope(), Tier: in.Tier, SOP: in.SOP, Thread: in.Thread, After: m.id, Size: in.more()})
			if err != nil {
				return fmt.Errorf("find decisions: %w", err)
			}
			out, err = pageOf(in.Paging, rows, func(d store.Decision) mark { return mark{id: d.ID.String()} }, showDecision)
			return err
		})
		return out, err
	})
	register(a, "get-decision", func(ctx context.Context, c *call, in *ByID) (out *oneOut[DecisionDetail], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			d, err := c.findDecision(ctx, tx, club.DecisionID(in.ID))
			if err != nil {
				return err
			}
			out, err = c.decisionDetail(ctx, tx, d)
			return err
		})
		return out, err
	})
	register(a, "list-proposals", func(ctx context.Context, c *call, in *listProposals) (out *pageOut[Proposal], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			m, err := in.mark()
			if err != nil {
				return err
			}
			rows, err := tx.FindProposalsInScope(ctx, store.FindProposalsInScopeParams{Scope: c.by.LocationScope(), Status: in.Status, Thread: in.Thread, After: m.id, Size: in.more()})
			if err != nil {
				return fmt.Errorf("find proposals: %w", err)
			}
			out, err = pageOf(in.Paging, rows, func(p store.Proposal) mark { return mark{id: p.ID.String()} }, func(p store.Proposal) (Proposal, error) { return showProposal(p), nil })
			return err
		})
		return out, err
	})
	register(a, "get-proposal", func(ctx context.Context, c *call, in *ByID) (*oneOut[Proposal], error) {
		return a.oneProposal(ctx, c, in.ID)
	})
	register(a, "approve-proposal", func(ctx context.Context, c *call, in *approve) (*oneOut[Proposal], error) {
		var reply *string
		var why decide.Why
		if in.Body != nil {
			reply, why = in.Body.Reply, decide.Why{Reason: in.Body.Reason, Note: in.Body.Note}
		}
		return a.settle(ctx, c, in.ID, func(id club.ProposalID) error { return a.cfg.Decider.Approve(ctx, c.tenant, c.by, id, reply, why) })
	})
	register(a, "reject-proposal", func(ctx context.Context, c *call, in *reject) (*oneOut[Proposal], error) {
		var why decide.Why
		if in.Body != nil {
			why = decide.Why{Reason: in.Body.Reason, Note: in.Body.Note}
		}
		return a.settle(ctx, c, in.ID, func(id club.ProposalID) error { return a.cfg.Decider.Reject(ctx, c.tenant, c.by, id, why) })
	})
}

func (c *call) decisionDetail(ctx context.Context, tx *store.Tx, d store.Decision) (*oneOut[DecisionDetail], error) {
	out := &oneOut[DecisionDetail]{Body: DecisionDetail{Steps: Value{json.RawMessage(d.Steps)}}}
	var err error
	if out.Body.Decision, err = showDecision(d); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(d.Evidence), &out.Body.Evidence); err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	if !c.by.Can(identity.ThreadsRead) || len(d.Reply) == 0 {
		return out, nil
	}
	s, err := tx.FindSubject(ctx, d.SubjectID)
	if err != nil {
		return nil, fmt.Errorf("find subject: %w", err)
	}
	out.Body.Reply, err = people.Open(c.keys, s, decide.ColumnReply, d.ID.String(), d.Reply)
	return out, err
}

func (a *api) oneProposal(ctx context.Context, c *call, id string) (out *oneOut[Proposal], err error) {
	err = c.read(ctx, func(tx *store.Tx) error {
		p, err := c.findProposal(ctx, tx, club.ProposalID(id))
		if err != nil {
			return err
		}
		out = &oneOut[Proposal]{Body: showProposal(p)}
		out.Body.Record, err = a.proposalRecord(ctx, c, tx, p.DecisionID)
		return err
	})
	return out, err
}

func (a *api) proposalRecord(ctx context.Context, c *call, tx *store.Tx, id club.DecisionID) (*ProposalRecord, error) {
	s, err := setting.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	dec, err := tx.FindDecision(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find decision: %w", err)
	}
	y, ok, err := a.cfg.Memory.Story(ctx, tx, s, dec, c.by.AllowsLocation)
	if err != nil || !ok {
		return nil, err
	}
	out := &ProposalRecord{PatternID: y.Pattern.String(), Outcomes: y.Outcomes, Good: y.Good, People: y.People, Tier: string(y.Tier), Confidence: y.Confidence, Bound: y.Bound, Next: showNext(y.Next)}
	if y.Last != nil {
		out.Last = &LastOutcome{Source: y.Last.Source, LocationID: y.Last.LocationID.String(), BayID: y.Last.BayID.String(), At: y.Last.At.UTC()}
	}
	return out, nil
}

// settle decides on a proposal that the caller may see, and answers with it as it is afterwards.
func (a *api) settle(ctx context.Context, c *call, id string, fn func(club.ProposalID) error) (*oneOut[Proposal], error) {
	if _, err := a.oneProposal(ctx, c, id); err != nil {
		return nil, err
	}
	if err := fn(club.ProposalID(id)); err != nil {
		return nil, err
	}
	return a.oneProposal(ctx, c, id)
}
