package demo_test

import (
	"slices"
	"testing"
	"time"

	"clubos/internal/simulate"
	"clubos/internal/store/storetest"
)

// onPostgres are the scenarios that are played on PostgreSQL too: one of each kind of work that the
// database has a part in. The rest says nothing about the database.
func onPostgres() []string {
	return []string{"burst-answered-once", "delivered-five-times-at-once", "twilio-twice", "nul-and-broken-bytes", "door-and-water", "door-for-a-stranger", "wifi-answered", "three-clicks-one-restart", "stop-and-start", "frozen-bay-restarted", "viewer-cannot-approve", "do-not-unlock"}
}

// TestScenariosHold plays every scenario against the real server with the vendors' stand-ins, each in a
// club of its own.
func TestScenariosHold(t *testing.T) {
	t.Parallel()
	whole(t)
	all, err := simulate.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if storetest.DatabaseURL() != "" && !slices.Contains(onPostgres(), s.Name) {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			_, w := start(t, logger(t))
			if err := simulate.Run(t.Context(), w, patient(s)); err != nil {
				t.Errorf("%s: %v", s.Title, err)
			}
		})
	}
}

// patient gives expectations that say nothing of time a minute, for the machine may be busy. It costs
// nothing where they hold.
func patient(s simulate.Scenario) simulate.Scenario {
	s.Steps = slices.Clone(s.Steps)
	for i, st := range s.Steps {
		if st.Expect != nil && st.Expect.Within == 0 {
			e := *st.Expect
			e.Within = time.Minute
			s.Steps[i].Expect = &e
		}
	}
	return s
}
