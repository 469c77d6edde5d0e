package console

import (
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/thread"
)

func (c *console) proposalRoutes() []route {
	return []route{
		post("/proposals/{id}/approve", identity.ProposalsDecide, onProposal("Approved; it is under way.", func(v *visit, id club.ProposalID) error {
			return v.c.Decider.Approve(v.r.Context(), v.tenant, v.p, id, nil, decide.Why{})
		})),
		post("/proposals/{id}/edit", identity.ProposalsDecide, onProposal("Approved with your words; it is under way.", func(v *visit, id club.ProposalID) error {
			text := v.text("text")
			return v.c.Decider.Approve(v.r.Context(), v.tenant, v.p, id, &text, decide.Why{Note: v.text("note")})
		})),
		post("/proposals/{id}/reject", identity.ProposalsDecide, onProposal("Rejected.", func(v *visit, id club.ProposalID) error {
			return v.c.Decider.Reject(v.r.Context(), v.tenant, v.p, id, decide.Why{Reason: rejection(v.field("reason")), Note: v.text("note")})
		})),
	}
}

// onProposal returns the handler of a decision on a proposal. It comes back to the thread; when somebody
// else, or the deadline, was first, the page says so and keeps what was typed.
func onProposal(said string, act func(*visit, club.ProposalID) error) func(*visit) error {
	return func(v *visit) error {
		id, err := pathID[club.ProposalID](v)
		if err == nil {
			err = v.parse()
		}
		if err != nil {
			return err
		}
		in, err := v.threadOf(id)
		if err != nil {
			return err
		}
		err = act(v, id)
		switch code := club.CodeOf(err); code {
		case "":
			return v.done(v.at("threads", in.String()), said)
		case club.CodeConflict, club.CodeInvalid:
			if text := v.text("text"); text != "" {
				return v.threadPage(statusOf(code), in, typed{proposal: id, editText: text, editNote: v.text("note"), editError: sentence(club.MessageOf(err)) + " What you wrote is still here."})
			}
			return v.warn(v.at("threads", in.String()), sentence(club.MessageOf(err)))
		}
		return err
	}
}

// threadOf returns the thread of a proposal that the reader may see.
func (v *visit) threadOf(id club.ProposalID) (club.ThreadID, error) {
	ctx := v.r.Context()
	nothing := club.NotFound("There is no such proposal.")
	var in club.ThreadID
	err := v.tenant.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.FindProposal(ctx, id)
		if err != nil {
			return orNotFound(err, nothing)
		}
		t, err := thread.Find(ctx, tx, p.ThreadID)
		if err != nil {
			return err
		}
		if !v.p.AllowsLocation(t.LocationID) {
			return nothing
		}
		in = t.ID
		return nil
	})
	return in, err
}

// rejections are the reasons of the form, in words.
var rejections = map[string]string{
	"wrong_answer": "the answer is wrong", "wrong_matter": learn.Misread, "wrong_action": "the wrong action", "by_hand": "done by hand", "other": "something else",
}

func rejection(reason string) string {
	if said, ok := rejections[reason]; ok {
		return said
	}
	return rejections["other"]
}
