package console

import (
	"net/http"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/store"
)

func (c *console) reviewRoutes() []route {
	return []route{
		get("/reviews", identity.MemoryRead, showReviews),
		post("/reviews/{id}", identity.ProposalsDecide, answerReview),
	}
}

func showReviews(v *visit) error {
	return v.reviewsPage(http.StatusOK, idOf[club.DecisionID](v.query("after")), nil)
}

// reviewsPage shows the oldest review after a place in the queue; typed is an answer that was not taken,
// nil for none.
func (v *visit) reviewsPage(status int, after club.DecisionID, typed *page.ReviewCard) error {
	ctx := v.r.Context()
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.ReviewsPage
	err = v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "reviews", "Reviews")
		if err != nil {
			return err
		}
		p.Shell, p.Waiting, p.Share = f.Shell, f.Counts.Reviews, f.settings.ReviewShare
		list, err := v.c.Memory.Reviews(ctx, tx, v.p, "", after, 1)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			p.Again = p.Waiting > 0
			return nil
		}
		p.Card, err = v.reviewCard(tx, f, users, list[0], after)
		return err
	})
	if err != nil {
		return err
	}
	if typed != nil && p.Card != nil {
		p.Card.Words, p.Card.Note, p.Card.Problem = typed.Words, typed.Note, typed.Problem
		p.Card.Faults.Selected, p.Card.Instead.Selected = typed.Faults.Selected, typed.Instead.Selected
	}
	p.Flash = v.found().flash()
	return v.show(status, page.Reviews(p))
}

func (v *visit) reviewCard(tx *store.Tx, f frame, users map[club.UserID]identity.User, row store.Review, after club.DecisionID) (*page.ReviewCard, error) {
	ctx := v.r.Context()
	dec, err := tx.FindDecision(ctx, row.DecisionID)
	if err != nil {
		return nil, err
	}
	d, err := v.c.Desk.FindThreadDetail(ctx, tx, v.p, dec.ThreadID)
	if err != nil {
		return nil, err
	}
	card := &page.ReviewCard{Asked: row.CreatedAt, Skip: f.Query("reviews", "after", row.DecisionID.String()), After: after.String(), May: v.p.Can(identity.ProposalsDecide)}
	card.Thresholds = f.settings.Thresholds
	if err := v.decision(tx, f, users, dec, d, &card.DecisionPage); err != nil {
		return nil, err
	}
	if card.Own, err = v.c.Memory.OwnLesson(ctx, tx, v.p, dec.ID); err != nil {
		return nil, err
	}
	if v.p.Can(identity.MembersRead) {
		by := ""
		if card.Said, by, err = learn.Answered(ctx, tx, v.keys, dec); err != nil {
			return nil, err
		}
		card.SaidBy = actorName(users, by)
	}
	for _, fault := range learn.Faults() {
		card.Faults.Options = append(card.Faults.Options, page.Option{Value: string(fault), Label: page.FaultWord(string(fault))})
	}
	card.Instead, err = v.knownPatterns(tx, f, dec.ID)
	return card, err
}

// knownPatterns are the patterns that a reviewer may name as the right one.
func (v *visit) knownPatterns(tx *store.Tx, f frame, not club.DecisionID) (page.Choices, error) {
	out := page.Choices{Options: []page.Option{{Value: "", Label: "I do not know, or see below"}}}
	followed, err := tx.FindChosenMatch(v.r.Context(), not)
	if err != nil && club.CodeOf(store.Translate(err)) != club.CodeNotFound {
		return out, err
	}
	list, err := v.c.Memory.List(v.r.Context(), tx, f.settings, learn.Filter{Scope: v.p.LocationScope(), Size: 200})
	if err != nil {
		return out, err
	}
	for _, b := range list {
		if b.Pattern.State == "active" && b.Pattern.ID != followed.PatternID {
			out.Options = append(out.Options, page.Option{Value: b.Pattern.ID.String(), Label: clip(b.Pattern.Title, 80)})
		}
	}
	return out, nil
}

func answerReview(v *visit) error {
	id, err := pathID[club.DecisionID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	after := idOf[club.DecisionID](v.field("after"))
	r := learn.Review{Decision: id, By: v.p, Right: v.field("answer") == learn.AnswerRight, Note: v.field("note")}
	if !r.Right {
		r.Fault, r.Instead, r.Words = learn.Fault(v.field("fault")), idOf[club.PatternID](v.field("instead")), v.text("words")
	}
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		_, err := v.c.Memory.Answer(v.r.Context(), tx, v.keys, r)
		return err
	})
	next := v.at("reviews")
	if !after.IsZero() {
		next += "?after=" + after.String()
	}
	switch code := club.CodeOf(err); code {
	case "":
		if r.Right {
			return v.done(next, "Right; it counts for what was done.")
		}
		return v.done(next, "Wrong; it counts against what was done, and ClubOS learns from it.")
	case club.CodeConflict:
		return v.warn(next, sentence(club.MessageOf(err)))
	case club.CodeInvalid:
		typed := &page.ReviewCard{Words: r.Words, Note: r.Note, Problem: sentence(club.MessageOf(err)) + " What you wrote is still here."}
		typed.Faults.Selected, typed.Instead.Selected = string(r.Fault), r.Instead.String()
		return v.reviewsPage(statusOf(code), after, typed)
	}
	return err
}
