package desk_test

import (
	"context"
	"testing"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestANumberThatDoesNotOpenKeepsNobodyFromBeingCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	storetest.Exec(t, h.tenant, "UPDATE subjects SET phone = $1", []byte("not what was sealed"))
	if th = h.escalate(th, desk.Reason{Text: "call 415-555-0123, the restart failed"}); th.Status != club.ThreadEscalated {
		t.Errorf("the thread is %s", th.Status)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations WHERE reason LIKE '%the restart failed' AND reason NOT LIKE '%0123%'"); n != 1 {
		t.Errorf("%d escalations with their number masked", n)
	}
}

func TestAPersonWhoCannotBeReadAtTheMomentIsNotLeftUnmasked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	storetest.EachFailure(t, h.tenant, func(ctx context.Context, tx *store.Tx) error {
		_, err := h.desk.Escalate(ctx, tx, th, desk.Reason{Text: "the restart failed"})
		return err
	})
	storetest.EachFailure(t, h.tenant, func(ctx context.Context, tx *store.Tx) error {
		_, _, err := h.desk.OpenTicket(ctx, tx, club.System("test"), desk.NewTicket{Thread: th.ID, Title: "The screen is frozen"})
		return err
	})
}
