package store_test

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store/storetest"
)

func TestSkewTellsHowFarTheDatabasesClockIsAhead(t *testing.T) {
	t.Parallel()
	same := storetest.ClusterWith(t, club.SystemClock{})
	if skew, err := same.Skew(t.Context()); err != nil || skew.Abs() > 5*time.Second {
		t.Errorf("one host: %s, %v", skew, err)
	}
	behind := storetest.ClusterWith(t, club.NewManualClock(time.Now().Add(-time.Hour)))
	skew, err := behind.Skew(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := storetest.DatabaseURL() != ""; (skew > 59*time.Minute) != want {
		t.Errorf("a process an hour behind: %s", skew)
	}
}
