package api

import (
	"context"

	"clubos/internal/club"
	"clubos/internal/store"
)

type writeMessage struct {
	ByID
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"4000"`
	}
}

type assignThread struct {
	ByID
	Body struct {
		UserID string `json:"user_id" maxLength:"80"`
	}
}

type escalateThread struct {
	ByID
	Body struct {
		Reason   string  `json:"reason" minLength:"1" maxLength:"500"`
		Priority *string `json:"priority,omitempty" enum:"emergency,high,normal,low" doc:"Raises the conversation's, never lowers it."`
	}
}

type mergeThread struct {
	ByID
	Body struct {
		Into string `json:"into" maxLength:"80" doc:"The conversation of the same person in which it goes on."`
	}
}

type readThread struct {
	ByID
	Body *struct {
		MessageID string `json:"message_id,omitempty" maxLength:"80" doc:"The newest message that was seen; absent: all of them."`
	}
}

// Written is a message that was stored.
type Written struct {
	MessageID string `json:"message_id"`
}

func (a *api) registerThreadActs() {
	write := func(fn func(ctx context.Context, tenant *store.Tenant, c *call, id club.ThreadID, text string) (club.MessageID, error)) func(context.Context, *call, *writeMessage) (*oneOut[Written], error) {
		return func(ctx context.Context, c *call, in *writeMessage) (*oneOut[Written], error) {
			id, err := fn(ctx, c.tenant, c, club.ThreadID(in.ID), in.Body.Text)
			return &oneOut[Written]{Body: Written{MessageID: id.String()}}, err
		}
	}
	register(a, "reply", write(func(ctx context.Context, tenant *store.Tenant, c *call, id club.ThreadID, text string) (club.MessageID, error) {
		return a.cfg.Desk.Reply(ctx, tenant, c.by, id, text, c.once)
	}))
	register(a, "note", write(func(ctx context.Context, tenant *store.Tenant, c *call, id club.ThreadID, text string) (club.MessageID, error) {
		return a.cfg.Desk.Note(ctx, tenant, c.by, id, text, c.once)
	}))
	register(a, "claim", func(ctx context.Context, c *call, in *ByID) (*oneOut[ThreadDetail], error) {
		t, err := a.cfg.Desk.Claim(ctx, c.tenant, c.by, club.ThreadID(in.ID))
		return a.afterAct(ctx, c, t, err)
	})
	register(a, "assign", func(ctx context.Context, c *call, in *assignThread) (*oneOut[ThreadDetail], error) {
		t, err := a.cfg.Desk.Assign(ctx, c.tenant, c.by, club.ThreadID(in.ID), club.UserID(in.Body.UserID))
		return a.afterAct(ctx, c, t, err)
	})
	register(a, "acknowledge", func(ctx context.Context, c *call, in *ByID) (*noneOut, error) {
		return &noneOut{}, a.cfg.Desk.Acknowledge(ctx, c.tenant, c.by, club.ThreadID(in.ID))
	})
	register(a, "escalate", func(ctx context.Context, c *call, in *escalateThread) (*oneOut[ThreadDetail], error) {
		t, err := a.cfg.Desk.EscalateByHand(ctx, c.tenant, c.by, club.ThreadID(in.ID), in.Body.Reason, as[club.Priority](in.Body.Priority))
		return a.afterAct(ctx, c, t, err)
	})
	register(a, "resolve", func(ctx context.Context, c *call, in *ByID) (*oneOut[ThreadDetail], error) {
		t, err := a.cfg.Desk.Resolve(ctx, c.tenant, c.by, club.ThreadID(in.ID))
		return a.afterAct(ctx, c, t, err)
	})
	register(a, "hand-back", func(ctx context.Context, c *call, in *ByID) (*oneOut[ThreadDetail], error) {
		t, err := a.cfg.Desk.HandBack(ctx, c.tenant, c.by, club.ThreadID(in.ID))
		return a.afterAct(ctx, c, t, err)
	})
	register(a, "merge", func(ctx context.Context, c *call, in *mergeThread) (*oneOut[ThreadDetail], error) {
		t, err := a.cfg.Desk.Merge(ctx, c.tenant, c.by, club.ThreadID(in.ID), club.ThreadID(in.Body.Into))
		return a.afterAct(ctx, c, t, err)
	})
	register(a, "read", func(ctx context.Context, c *call, in *readThread) (*noneOut, error) {
		var seen club.MessageID
		if in.Body != nil {
			seen = club.MessageID(in.Body.MessageID)
		}
		return &noneOut{}, a.cfg.Desk.MarkRead(ctx, c.tenant, c.by, club.ThreadID(in.ID), seen)
	})
}

// afterAct answers with the thread as it is after somebody's act.
func (a *api) afterAct(ctx context.Context, c *call, t store.Thread, err error) (*oneOut[ThreadDetail], error) {
	if err != nil {
		return nil, err
	}
	return a.threadDetail(ctx, c, t.ID)
}
