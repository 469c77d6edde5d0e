package store_test

import (
	"context"
	"errors"
	"testing"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// twoProcesses opens an installation twice, as a server and the command line do.
func twoProcesses(t *testing.T) (server, command *store.Cluster, clock *club.ManualClock) {
	t.Helper()
	cfg := storetest.Config(t)
	clock = club.NewManualClock(storetest.Start)
	cfg.Clock = clock
	open := func() *store.Cluster {
		c, err := store.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
		return c
	}
	return open(), open(), clock
}

func TestAClubThatAnotherProcessSuspendsIsNotServedSecondsLater(t *testing.T) {
	t.Parallel()
	server, command, clock := twoProcesses(t)
	ctx := t.Context()
	tenant := storetest.AddTenant(t, server, "aa")
	set := func(status string) {
		t.Helper()
		if err := command.SetTenantStatus(ctx, "aa", status); err != nil {
			t.Fatal(err)
		}
		clock.Advance(store.RosterAge)
	}
	set(store.StatusSuspended)
	if _, err := server.Tenant(ctx, "aa"); !errors.Is(err, store.ErrSuspended) || club.CodeOf(err) != club.CodeForbidden {
		t.Errorf("suspended: %v", err)
	}
	if gone, err := server.Suspended(ctx, "aa"); err != nil || !gone {
		t.Errorf("suspended: %v, %v", gone, err)
	}
	if any, err := server.AnyTenant(ctx, "aa"); err != nil || any != tenant {
		t.Errorf("what comes is not taken in: %v", err)
	}
	if _, err := command.Tenant(ctx, "aa"); !errors.Is(err, store.ErrSuspended) {
		t.Errorf("where it was suspended: %v", err)
	}
	set(store.StatusActive)
	if again, err := server.Tenant(ctx, "aa"); err != nil || again != tenant {
		t.Errorf("resumed: %v", err)
	}
	if err := command.SetTenantStatus(ctx, "bb", store.StatusActive); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("unknown club: %v", err)
	}
	if err := command.SetTenantStatus(ctx, "aa", "asleep"); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("unknown status: %v", err)
	}
}

func TestAClubThatAnotherProcessMakesIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	server, command, _ := twoProcesses(t)
	storetest.AddTenant(t, server, "aa")
	if _, err := server.Tenant(t.Context(), "bb"); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("before: %v", err)
	}
	storetest.AddTenant(t, command, "bb")
	if _, err := server.Tenant(t.Context(), "bb"); err != nil {
		t.Errorf("after: %v", err)
	}
	if gone, err := server.Suspended(t.Context(), "cc"); err != nil || gone {
		t.Errorf("a club that is not here: %v, %v", gone, err)
	}
}

func TestAKnownClubIsServedWhileTheControlPlaneDoesNotAnswer(t *testing.T) {
	t.Parallel()
	c, clock := storetest.Cluster(t)
	storetest.AddTenant(t, c, "aa")
	clock.Advance(store.RosterAge)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // every query fails
	if _, err := c.Tenant(ctx, "aa"); err != nil {
		t.Errorf("known: %v", err)
	}
	if _, err := c.Tenant(ctx, "bb"); err == nil {
		t.Error("unknown: no error")
	}
}
