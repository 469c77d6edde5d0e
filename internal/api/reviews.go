package api

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/people"
	"clubos/internal/store"
)

// Review asks a person whether something that was done alone was right.
type Review struct {
	DecisionID string     `json:"decision_id"`
	ThreadID   string     `json:"thread_id"`
	LocationID string     `json:"location_id,omitempty"`
	Share      float64    `json:"share" doc:"How probable it was that this one was drawn; one over it is its weight."`
	Answer     string     `json:"answer,omitempty" enum:"right,wrong" doc:"Absent while it waits."`
	Fault      string     `json:"fault,omitempty" enum:"matter,action,words,person,other" doc:"What was wrong."`
	Note       string     `json:"note,omitempty" doc:"Masked."`
	PatternID  string     `json:"pattern_id,omitempty" doc:"The pattern that would have been right."`
	AnsweredBy string     `json:"answered_by,omitempty"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
}

func showReview(r store.Review) (Review, error) {
	return Review{DecisionID: r.DecisionID.String(), ThreadID: r.ThreadID.String(), LocationID: r.LocationID.String(), Share: r.Share, Answer: r.Answer, Fault: r.Reason, Note: r.Note,
		PatternID: r.PatternID.String(), AnsweredBy: r.Actor, AnsweredAt: utc(r.AnsweredAt), CreatedAt: r.CreatedAt.UTC()}, nil
}

// ReviewDetail is a review with the decision that it is about.
type ReviewDetail struct {
	Review   Review         `json:"review"`
	Decision DecisionDetail `json:"decision"`
	Answered string         `json:"answered,omitempty" doc:"What a colleague said in its place, where that cannot be told from another answer; for those who may read conversations."`
	Instead  string         `json:"instead,omitempty" doc:"The reviewer's own words; for those who may read conversations."`
}

type listReviews struct {
	Paging
	Answer string `query:"answer" enum:"waiting,right,wrong" default:"waiting"`
}

type answerReview struct {
	ByID
	Body struct {
		Answer  string `json:"answer" enum:"right,wrong"`
		Fault   string `json:"fault,omitempty" enum:"matter,action,words,person,other" doc:"What was wrong; required for a wrong one."`
		Note    string `json:"note,omitempty" maxLength:"500"`
		Pattern string `json:"pattern_id,omitempty" maxLength:"80" doc:"The pattern that would have been right; the situation becomes one of its precedents."`
		Words   string `json:"words,omitempty" maxLength:"1600" doc:"Or what the member should have read; it is learned."`
	}
}

func (a *api) registerReviews() {
	register(a, "list-reviews", func(ctx context.Context, c *call, in *listReviews) (out *pageOut[Review], err error) {
		answer := in.Answer
		if answer == "waiting" {
			answer = ""
		}
		err = c.read(ctx, func(tx *store.Tx) error {
			m, err := in.mark()
			if err != nil {
				return err
			}
			rows, err := a.cfg.Memory.Reviews(ctx, tx, c.by, answer, club.DecisionID(m.id), in.more())
			if err != nil {
				return err
			}
			out, err = pageOf(in.Paging, rows, func(r store.Review) mark { return mark{id: r.DecisionID.String()} }, showReview)
			return err
		})
		return out, err
	})
	register(a, "get-review", func(ctx context.Context, c *call, in *ByID) (out *oneOut[ReviewDetail], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			out, err = c.reviewDetail(ctx, tx, club.DecisionID(in.ID))
			return err
		})
		return out, err
	})
	register(a, "answer-review", func(ctx context.Context, c *call, in *answerReview) (out *oneOut[ReviewDetail], err error) {
		err = c.write(ctx, func(tx *store.Tx) error {
			r := learn.Review{Decision: club.DecisionID(in.ID), By: c.by, Right: in.Body.Answer == learn.AnswerRight, Fault: learn.Fault(in.Body.Fault), Note: in.Body.Note,
				Instead: club.PatternID(in.Body.Pattern), Words: in.Body.Words}
			if _, err := a.cfg.Memory.Answer(ctx, tx, c.keys, r); err != nil {
				return err
			}
			out, err = c.reviewDetail(ctx, tx, r.Decision)
			return err
		})
		return out, err
	})
}

func (c *call) reviewDetail(ctx context.Context, tx *store.Tx, id club.DecisionID) (*oneOut[ReviewDetail], error) {
	row, err := tx.FindReview(ctx, id)
	if missing(err) || err == nil && !c.by.AllowsLocation(row.LocationID) {
		return nil, club.NotFound("there is no such review")
	}
	if err != nil {
		return nil, fmt.Errorf("find review: %w", err)
	}
	dec, err := tx.FindDecision(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find decision: %w", err)
	}
	detail, err := c.decisionDetail(ctx, tx, dec)
	if err != nil {
		return nil, err
	}
	out := &oneOut[ReviewDetail]{Body: ReviewDetail{Decision: detail.Body}}
	if out.Body.Review, err = showReview(row); err != nil || !c.by.Can(identity.ThreadsRead) {
		return out, err
	}
	if out.Body.Answered, _, err = learn.Answered(ctx, tx, c.keys, dec); err != nil || len(row.Instead) == 0 {
		return out, err
	}
	s, err := tx.FindSubject(ctx, dec.SubjectID)
	if err != nil {
		return nil, fmt.Errorf("find subject: %w", err)
	}
	out.Body.Instead, err = people.Open(c.keys, s, learn.ColumnInstead, id.String(), row.Instead)
	return out, err
}
