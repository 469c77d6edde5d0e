package hindsight_test

import (
	"testing"

	"clubos/internal/learn/learntest"
)

// house is a club with what only the tests of what might have been ask of it.
type house struct{ *learntest.House }

func newHouse(t *testing.T) *house {
	t.Helper()
	return &house{learntest.New(t)}
}
