package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"clubos/internal/store"
)

// AuditEntry is one change: who did what to which. It holds no personal data of members.
type AuditEntry struct {
	ID            string    `json:"id"`
	At            time.Time `json:"at"`
	Actor         string    `json:"actor" doc:"Kind and id, like user:usr_…"`
	ActorName     string    `json:"actor_name,omitempty"`
	Action        string    `json:"action" example:"thread.escalated"`
	Object        string    `json:"object" doc:"Id of what changed."`
	ThreadID      string    `json:"thread_id,omitempty"`
	Detail        Value     `json:"detail" doc:"Before and after, masked."`
	CorrelationID string    `json:"correlation_id" doc:"The matter it belongs to; of a request here, its request_id."`
}

func showAudit(e store.AuditEntry) (AuditEntry, error) {
	return AuditEntry{ID: e.ID.String(), At: e.At.UTC(), Actor: e.Actor, ActorName: e.ActorName, Action: e.Action, Object: e.Object, ThreadID: e.ThreadID.String(),
		Detail: Value{json.RawMessage(e.Detail)}, CorrelationID: e.CorrelationID.String()}, nil
}

type listAudit struct {
	Paging
	Object string `query:"object" maxLength:"80" doc:"Of this object."`
	Thread string `query:"thread" maxLength:"80" doc:"Of this conversation."`
	Action string `query:"action" maxLength:"60" pattern:"^[a-z_.]*$" doc:"This action, or all of a noun when it ends with a dot, like thread."`
}

func (a *api) registerAudit() {
	register(a, "list-audit", func(ctx context.Context, c *call, in *listAudit) (out *pageOut[AuditEntry], err error) {
		if err := c.everywhere(); err != nil {
			return nil, err
		}
		err = c.read(ctx, func(tx *store.Tx) error {
			m, err := in.mark()
			if err != nil {
				return err
			}
			action := in.Action // holds nothing that LIKE takes for a sign, but for _, which stands for itself too
			if strings.HasSuffix(action, ".") {
				action += "%"
			}
			rows, err := tx.FindAuditEntries(ctx, store.FindAuditEntriesParams{Object: orNil(in.Object), Thread: orNil(in.Thread), Action: orNil(action), Before: orNil(m.id), Size: in.more()})
			if err != nil {
				return fmt.Errorf("find audit entries: %w", err)
			}
			out, err = pageOf(in.Paging, rows, func(e store.AuditEntry) mark { return mark{id: e.ID.String()} }, showAudit)
			return err
		})
		return out, err
	})
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
