package learn_test

import (
	"testing"

	"clubos/internal/learn/learntest"
)

// house is a club with what only the tests of the memory ask of it.
type house struct{ *learntest.House }

func newHouse(t *testing.T) *house {
	t.Helper()
	return &house{learntest.New(t)}
}
