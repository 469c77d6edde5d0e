package trial

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// state is what the club has at the end.
type state struct{ threads []threadState }

type threadState struct {
	thread     store.Thread
	messages   []store.Message // oldest first
	decisions  []store.Decision
	executions []store.Execution
	proposals  []store.Proposal
	escalation store.Escalation // the latest; zero: none
}

const most = 500 // rows of a kind

func (w *world) read(ctx context.Context) (*state, error) {
	s := &state{}
	err := w.replicas[0].tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindThreadsPage(ctx, store.FindThreadsPageParams{AfterAt: w.now().Add(48 * time.Hour), AfterID: "~", Size: most})
		if err != nil {
			return fmt.Errorf("find threads: %w", err)
		}
		var ids []club.ThreadID
		for _, r := range rows {
			ids = append(ids, r.Thread.ID)
		}
		for _, id := range ids {
			t, err := w.readThread(ctx, tx, id)
			if err != nil {
				return err
			}
			s.threads = append(s.threads, t)
		}
		return nil
	})
	slices.SortStableFunc(s.threads, func(a, b threadState) int { // ids are of no use for that
		return cmp.Or(a.thread.CreatedAt.Compare(b.thread.CreatedAt), strings.Compare(a.first(), b.first()))
	})
	return s, err
}

func (w *world) readThread(ctx context.Context, tx *store.Tx, id club.ThreadID) (t threadState, err error) {
	if t.thread, err = tx.FindThread(ctx, id); err != nil {
		return t, err
	}
	if t.messages, err = tx.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: id, Size: most}); err != nil {
		return t, err
	}
	slices.SortStableFunc(t.messages, func(a, b store.Message) int { // those of one transaction have one instant, and their ids no order
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.Direction), string(b.Direction)), strings.Compare(a.Masked, b.Masked))
	})
	if t.decisions, err = tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: id, Limit: most}); err != nil {
		return t, err
	}
	slices.Reverse(t.decisions)
	if t.executions, err = tx.FindExecutionsOfThread(ctx, store.FindExecutionsOfThreadParams{ThreadID: id, Limit: most}); err != nil {
		return t, err
	}
	slices.Reverse(t.executions)
	if t.proposals, err = tx.FindProposalsOfThread(ctx, store.FindProposalsOfThreadParams{ThreadID: id, Limit: most}); err != nil {
		return t, err
	}
	slices.Reverse(t.proposals)
	t.escalation, err = tx.FindLatestEscalation(ctx, id)
	if missing(err) {
		err = nil
	}
	return t, err
}

// first is the vendor's id of a conversation's first text.
func (t threadState) first() string {
	if len(t.messages) == 0 {
		return ""
	}
	return deref(t.messages[0].ProviderMessageID)
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// record writes the rows into the trace: all that decisions are, without what is sealed.
func (w *world) record(s *state) {
	line := func(kind string, row any) {
		body, err := json.Marshal(row)
		if err != nil {
			w.breaks("a row does not encode: %v", err)
			return
		}
		w.say(nil, kind+" "+string(body))
	}
	for _, t := range s.threads {
		line("thread", t.thread)
		w.counts.Decisions += int64(len(t.decisions))
		w.counts.Escalations += int64(w.count(!t.escalation.ID.IsZero()))
		for _, m := range t.messages {
			m.Body = nil
			line("message", m)
		}
		for _, d := range t.decisions {
			d.Reply = nil
			line("decision", d)
		}
		for _, x := range t.executions {
			line("execution", x)
		}
		for _, p := range t.proposals {
			line("proposal", p)
		}
		if !t.escalation.ID.IsZero() {
			line("escalation", t.escalation)
		}
	}
}
