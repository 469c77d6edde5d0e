package api

import (
	"context"
	"errors"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// seenBody is how far the caller had read.
type seenBody struct {
	Seen string `json:"seen,omitempty" maxLength:"80" doc:"The newest message of the conversation that you have read. When the member has written since, nothing is done and the answer is 409. Absent: the version in If-Match counts, and without that all that is stored when the request is carried out."`
}

// seenThread ends something in a conversation, as far as it was read.
type seenThread struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The ETag of the conversation as you read it, in place of seen; 412 when it has changed since."`
	Body    *seenBody
}

// seenOf says how far the caller had read.
func seenOf(ifMatch, message string) (desk.Seen, error) {
	s := desk.Seen{Message: club.MessageID(message)}
	if ifMatch == "" {
		return s, nil
	}
	var err error
	s.Version, _, err = Edit{IfMatch: ifMatch}.version()
	return s, err
}

type replyMessage struct {
	ByID
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"4000"`
		Seen string `json:"seen,omitempty" maxLength:"80" doc:"The newest message of the conversation that you have read. A text that came after it is not taken as answered: the member waits on. Absent: all that is stored when the request is carried out."`
	}
}

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
	IfMatch string `header:"If-Match" doc:"The ETag of the conversation as you read it, in place of seen; 412 when it has changed since."`
	Body    struct {
		Into string `json:"into" maxLength:"80" doc:"The conversation of the same person in which it goes on."`
		Seen string `json:"seen,omitempty" maxLength:"80" doc:"As for closing a conversation."`
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
	register(a, "reply", func(ctx context.Context, c *call, in *replyMessage) (*oneOut[Written], error) {
		id, err := a.cfg.Desk.Reply(ctx, c.tenant, c.by, club.ThreadID(in.ID), in.Body.Text, c.once, desk.Seen{Message: club.MessageID(in.Body.Seen)})
		return &oneOut[Written]{Body: Written{MessageID: id.String()}}, err
	})
	register(a, "note", func(ctx context.Context, c *call, in *writeMessage) (*oneOut[Written], error) {
		id, err := a.cfg.Desk.Note(ctx, c.tenant, c.by, club.ThreadID(in.ID), in.Body.Text, c.once)
		return &oneOut[Written]{Body: Written{MessageID: id.String()}}, err
	})
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
	register(a, "resolve", func(ctx context.Context, c *call, in *seenThread) (*oneOut[ThreadDetail], error) {
		return a.asSeen(ctx, c, in, a.cfg.Desk.Resolve)
	})
	register(a, "hand-back", func(ctx context.Context, c *call, in *seenThread) (*oneOut[ThreadDetail], error) {
		return a.asSeen(ctx, c, in, a.cfg.Desk.HandBack)
	})
	register(a, "merge", func(ctx context.Context, c *call, in *mergeThread) (*oneOut[ThreadDetail], error) {
		seen := &seenThread{ByID: in.ByID, IfMatch: in.IfMatch, Body: &seenBody{in.Body.Seen}}
		return a.asSeen(ctx, c, seen, func(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, s desk.Seen) (store.Thread, error) {
			return a.cfg.Desk.Merge(ctx, tenant, p, id, club.ThreadID(in.Body.Into), s)
		})
	})
	register(a, "read", func(ctx context.Context, c *call, in *readThread) (*noneOut, error) {
		var seen club.MessageID
		if in.Body != nil {
			seen = club.MessageID(in.Body.MessageID)
		}
		return &noneOut{}, a.cfg.Desk.MarkRead(ctx, c.tenant, c.by, club.ThreadID(in.ID), seen)
	})
}

// asSeen carries out an act that ends something in a conversation.
func (a *api) asSeen(ctx context.Context, c *call, in *seenThread, act func(context.Context, *store.Tenant, identity.Principal, club.ThreadID, desk.Seen) (store.Thread, error)) (*oneOut[ThreadDetail], error) {
	message := ""
	if in.Body != nil {
		message = in.Body.Seen
	}
	seen, err := seenOf(in.IfMatch, message)
	if err != nil {
		return nil, err
	}
	t, err := act(ctx, c.tenant, c.by, club.ThreadID(in.ID), seen)
	if errors.Is(err, desk.ErrMoved) {
		return nil, stale()
	}
	return a.afterAct(ctx, c, t, err)
}

// afterAct answers with the thread as it is after somebody's act.
func (a *api) afterAct(ctx context.Context, c *call, t store.Thread, err error) (*oneOut[ThreadDetail], error) {
	if err != nil {
		return nil, err
	}
	return a.threadDetail(ctx, c, t.ID)
}
