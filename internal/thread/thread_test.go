package thread_test

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

func open(t *testing.T, tenant *store.Tenant, keys *vault.Tenant) (th store.Thread) {
	t.Helper()
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		s, err := people.Subject(t.Context(), tx, keys, "+14155552671")
		if err != nil {
			return err
		}
		id := club.NewThreadID(tx.Now)
		if err := tx.CreateThread(t.Context(), store.CreateThreadParams{ID: id, SubjectID: s.ID, Line: "+15550001", Provider: "twilio", Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		th, err = thread.Find(t.Context(), tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return th
}

func TestSecondWriterOfOneVersionGetsConflict(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "aa")
	th := open(t, tenant, keys)
	move := func() error {
		return tenant.Write(t.Context(), func(tx *store.Tx) error {
			_, err := thread.Apply(t.Context(), tx, th, thread.Move{Event: club.ThreadTaken, By: club.System("decide"), Why: "text"})
			return err
		})
	}
	if err := move(); err != nil {
		t.Fatal(err)
	}
	if err := move(); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("second move of one version: %v, want conflict", err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'thread.taken'"); n != 1 {
		t.Errorf("%d audit entries of one move", n)
	}
}

func TestEventThatIsNotAllowedChangesNothing(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "aa")
	th := open(t, tenant, keys)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		_, err := thread.Apply(t.Context(), tx, th, thread.Move{Event: club.ThreadHandedBack, By: club.System("x")})
		return err
	})
	if club.CodeOf(err) != club.CodeConflict {
		t.Errorf("handing back a pending thread: %v", err)
	}
}

func TestHandReplySilencesAndHandBackEndsIt(t *testing.T) {
	t.Parallel()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "aa")
	th := open(t, tenant, keys)
	until := clock.Now().Add(4 * time.Hour)
	err := tenant.Write(t.Context(), func(tx *store.Tx) (err error) {
		by := club.Actor{Kind: club.ActorUser, ID: "usr_1"}
		if th, err = thread.Apply(t.Context(), tx, th, thread.Move{Event: club.ThreadHandReply, By: by, SilentUntil: &until}); err != nil {
			return err
		}
		if th.Status != club.ThreadManualOverride || th.SilentUntil == nil || th.WaitingSince != nil {
			t.Errorf("after a hand reply: %+v", th)
		}
		if th, err = thread.Apply(t.Context(), tx, th, thread.Move{Event: club.ThreadHandedBack, By: by}); err != nil {
			return err
		}
		got, err := thread.Find(t.Context(), tx, th.ID)
		if got.Status != club.ThreadPending || got.SilentUntil != nil || got.Version != th.Version {
			t.Errorf("after handing back: %+v", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
