package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// Thread is a conversation with one person on one of the club's numbers.
type Thread struct {
	ID           string     `json:"id"`
	Status       string     `json:"status"`
	Priority     string     `json:"priority" enum:"emergency,high,normal,low"`
	Version      int64      `json:"version"`
	MemberID     string     `json:"member_id,omitempty"`
	Name         string     `json:"name,omitempty" doc:"Of the member; absent when unknown or erased."`
	Phone        string     `json:"phone,omitempty" doc:"E.164; absent when unknown or erased, and where nobody has written: the conversation stands for something that was reported."`
	LocationID   string     `json:"location_id,omitempty"`
	Location     string     `json:"location,omitempty"`
	BayID        string     `json:"bay_id,omitempty"`
	Bay          string     `json:"bay,omitempty"`
	Line         string     `json:"line" doc:"The club's number that was texted."`
	Unread       int64      `json:"unread"`
	Snippet      string     `json:"snippet" doc:"The last message, masked."`
	AssignedTo   string     `json:"assigned_to,omitempty" doc:"The user who has it."`
	SilentUntil  *time.Time `json:"silent_until,omitempty" doc:"The machine says nothing before."`
	MergedInto   string     `json:"merged_into,omitempty"`
	WaitingSince *time.Time `json:"waiting_since,omitempty" doc:"Absent: nobody waits."`
	LastInAt     *time.Time `json:"last_in_at,omitempty"`
	LastOutAt    *time.Time `json:"last_out_at,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
}

func showThread(t store.Thread) Thread {
	return Thread{ID: t.ID.String(), Status: string(t.Status), Priority: string(t.Priority), Version: t.Version, MemberID: t.MemberID.String(), LocationID: t.LocationID.String(),
		BayID: t.BayID.String(), Line: t.Line, Unread: t.Unread, Snippet: t.Snippet, AssignedTo: t.AssignedTo.String(), SilentUntil: utc(t.SilentUntil), MergedInto: t.MergedInto.String(),
		WaitingSince: utc(t.WaitingSince), LastInAt: utc(t.LastInAt), LastOutAt: utc(t.LastOutAt), CreatedAt: t.CreatedAt.UTC(), UpdatedAt: t.UpdatedAt.UTC()}
}

// ThreadDetail is a conversation with what people and machine have to do with it.
type ThreadDetail struct {
	Thread     Thread      `json:"thread"`
	Escalation *Escalation `json:"escalation,omitempty" doc:"The latest; absent when people were never called."`
	Proposals  []Proposal  `json:"proposals" nullable:"false" doc:"Newest first, at most 50."`
	Executions []Execution `json:"executions" nullable:"false" doc:"Newest first, at most 50."`
	OtherIDs   []string    `json:"other_thread_ids" nullable:"false" doc:"The person's other conversations that you may see."`
}

// Escalation is a call to people.
type Escalation struct {
	ID             string     `json:"id"`
	Reason         string     `json:"reason"`
	Summary        string     `json:"summary" doc:"What was said and tried, masked."`
	Priority       string     `json:"priority"`
	Status         string     `json:"status" enum:"open,acknowledged,closed"`
	DueAt          time.Time  `json:"due_at" doc:"By when somebody must have acknowledged it."`
	Reminders      int64      `json:"reminders"`
	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	ClosedAt       *time.Time `json:"closed_at,omitempty"`
	CreatedAt      time.Time  `json:"created_at"`
}

// numberOf is the number of whoever writes in a thread; "" where nobody does.
func numberOf(t store.Thread, phone string) string {
	if t.Provider == club.EventProvider {
		return ""
	}
	return phone
}

func showEscalation(e *store.Escalation) *Escalation {
	if e == nil {
		return nil
	}
	return &Escalation{ID: e.ID.String(), Reason: e.Reason, Summary: e.Summary, Priority: string(e.Priority), Status: e.Status, DueAt: e.DueAt.UTC(), Reminders: e.Reminders,
		AcknowledgedBy: e.AcknowledgedBy, AcknowledgedAt: utc(e.AcknowledgedAt), ClosedAt: utc(e.ClosedAt), CreatedAt: e.CreatedAt.UTC()}
}

// Message is one text or note of a conversation.
type Message struct {
	ID         string     `json:"id"`
	Direction  string     `json:"direction" enum:"in,out,note" doc:"A note never leaves the club."`
	Author     string     `json:"author" enum:"member,machine,operator"`
	AuthorID   string     `json:"author_id,omitempty" doc:"The user or key that wrote it."`
	Text       string     `json:"text"`
	Media      Value      `json:"media"`
	Status     string     `json:"status"`
	ErrorCode  string     `json:"error_code,omitempty" doc:"The vendor's."`
	DecisionID string     `json:"decision_id,omitempty"`
	SentAt     *time.Time `json:"sent_at,omitempty" doc:"By the vendor's clock."`
	CreatedAt  time.Time  `json:"created_at"`
}

func showMessage(m desk.Message) (Message, error) {
	return Message{ID: m.ID.String(), Direction: string(m.Direction), Author: string(m.Author), AuthorID: m.AuthorID, Text: m.Text, Media: Value{[]byte(m.Media)}, Status: string(m.Status),
		ErrorCode: m.ErrorCode, DecisionID: m.DecisionID.String(), SentAt: utc(m.SentAt), CreatedAt: m.CreatedAt.UTC()}, nil
}

type listThreads struct {
	Paging
	Status   []string `query:"status" maxItems:"10" doc:"One or several, separated by commas."`
	Location string   `query:"location" doc:"Of this location."`
	Mine     bool     `query:"mine" doc:"That you have; nothing for an API key."`
	Unread   bool     `query:"unread" doc:"With texts that nobody has read."`
	Q        string   `query:"q" maxLength:"200" doc:"Part of a masked text; or whole words of a name, a phone number or an e-mail address."`
}

type listMessages struct {
	Paging
	ID string `path:"id" maxLength:"80"`
}

func (a *api) registerThreads() {
	register(a, "list-threads", func(ctx context.Context, c *call, in *listThreads) (*pageOut[Thread], error) {
		f := desk.Filter{Location: club.LocationID(in.Location), Mine: in.Mine, Unread: in.Unread, Query: in.Q, Cursor: in.Cursor, Size: in.Limit}
		for _, s := range in.Status {
			status, err := club.ParseThreadStatus(s)
			if err != nil {
				return nil, err
			}
			f.Status = append(f.Status, status)
		}
		if err := in.readable(); err != nil {
			return nil, err
		}
		out := &pageOut[Thread]{Body: Page[Thread]{Items: []Thread{}}}
		err := c.read(ctx, func(tx *store.Tx) error {
			rows, next, err := a.cfg.Desk.FindThreads(ctx, tx, c.by, f)
			out.Body.NextCursor = next
			for _, r := range rows {
				t := showThread(r.Thread)
				t.MemberID, t.Name, t.Phone, t.Location, t.Bay = r.Member.String(), r.Name, numberOf(r.Thread, r.Phone), r.Location, r.Bay
				out.Body.Items = append(out.Body.Items, t)
			}
			return err
		})
		return out, err
	})
	register(a, "get-thread", func(ctx context.Context, c *call, in *ByID) (*oneOut[ThreadDetail], error) {
		return a.threadDetail(ctx, c, club.ThreadID(in.ID))
	})
	register(a, "list-messages", func(ctx context.Context, c *call, in *listMessages) (*pageOut[Message], error) {
		m, err := in.mark()
		if err != nil {
			return nil, err
		}
		out := &pageOut[Message]{Body: Page[Message]{Items: []Message{}}}
		err = c.read(ctx, func(tx *store.Tx) error {
			rows, more, err := a.cfg.Desk.FindMessages(ctx, tx, c.by, club.ThreadID(in.ID), club.MessageID(m.id), in.Limit)
			if err != nil {
				return err
			}
			slices.Reverse(rows) // newest first, like every list
			if more {
				out.Body.NextCursor = mark{id: rows[len(rows)-1].ID.String()}.String()
			}
			for _, r := range rows {
				v, err := showMessage(r)
				if err != nil {
					return err
				}
				out.Body.Items = append(out.Body.Items, v)
			}
			return nil
		})
		return out, err
	})
	a.registerThreadActs()
}

// readable refuses a cursor of another room that holds what no row can.
func (p Paging) readable() error {
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || checkText(raw, false) != nil || strings.ContainsRune(string(raw), 0) {
		return club.Invalid("the cursor is not one of this list")
	}
	return nil
}

func (a *api) threadDetail(ctx context.Context, c *call, id club.ThreadID) (*oneOut[ThreadDetail], error) {
	var out *oneOut[ThreadDetail]
	err := c.read(ctx, func(tx *store.Tx) error {
		d, err := a.cfg.Desk.FindThreadDetail(ctx, tx, c.by, id)
		if err != nil {
			return err
		}
		t := showThread(d.Thread)
		t.Name, t.Phone, t.Location, t.Bay = d.Person.Name, numberOf(d.Thread, d.Person.Phone), d.Location.Name, d.Bay.Name
		if d.Person.Known() {
			t.MemberID = d.Person.Member.ID.String()
		}
		body := ThreadDetail{Thread: t, Escalation: showEscalation(d.Escalation), Proposals: []Proposal{}, Executions: []Execution{}, OtherIDs: []string{}}
		for _, p := range d.Proposals {
			body.Proposals = append(body.Proposals, showProposal(p))
		}
		for _, e := range d.Executions {
			if c.by.AllowsLocation(e.LocationID) {
				body.Executions = append(body.Executions, showExecution(e))
			}
		}
		for _, o := range d.Others {
			body.OtherIDs = append(body.OtherIDs, o.ID.String())
		}
		out = &oneOut[ThreadDetail]{ETag: etag(d.Thread.Version), Body: body}
		return nil
	})
	return out, err
}

// findThread returns a thread that the caller may see.
func (c *call) findThread(ctx context.Context, tx *store.Tx, id club.ThreadID) (store.Thread, error) {
	t, err := thread.Find(ctx, tx, id)
	if err == nil && !c.by.AllowsLocation(t.LocationID) {
		return store.Thread{}, club.NotFound("there is no such conversation")
	}
	if err != nil {
		return t, fmt.Errorf("find thread: %w", err)
	}
	return t, nil
}
