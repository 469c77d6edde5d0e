package unifi

import (
	"testing"

	"clubos/internal/club"
)

func TestLockEndsAnUnlockingAtOnce(t *testing.T) {
	t.Parallel()
	c, _, clock := world(t)
	if err := c.Unlock(t.Context(), "front", club.NewExecutionID(clock.Now()).String(), "ClubOS"); err != nil {
		t.Fatal(err)
	}
	if err := c.Lock(t.Context(), "front"); err != nil {
		t.Fatal(err)
	}
	if s, err := c.Door(t.Context(), "front"); err != nil || !s.Locked {
		t.Errorf("after locking: %+v %v", s, err)
	}
	if err := c.Lock(t.Context(), "no-such-door"); err == nil {
		t.Error("a door that does not exist was locked")
	}
}
