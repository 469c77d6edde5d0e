package storetest

import (
	"context"
	"errors"
	"testing"

	"clubos/internal/store"
)

// mostStatements bounds EachFailure: an operation that runs more has lost its way.
const mostStatements = 2000

// errUndone ends a transaction that went well, so that the next one finds what it found.
var errUndone = errors.New("undone")

// EachFailure runs an operation again and again in transactions that are rolled back. In the first one its
// first statement fails as if the database had gone away, in the next one its second, until all go well. Each
// failure must be reported: an operation that goes on after one acts on what it has not read.
func EachFailure(t testing.TB, tenant *store.Tenant, op func(context.Context, *store.Tx) error) {
	t.Helper()
	for n := range mostStatements {
		ctx, reached := store.FailForTest(t.Context(), n)
		err := tenant.Write(ctx, func(tx *store.Tx) error {
			if err := op(ctx, tx); err != nil {
				return err
			}
			return errUndone
		})
		switch {
		case !reached() && errors.Is(err, errUndone):
			return
		case !reached():
			t.Fatalf("without a failure: %v", err)
		case errors.Is(err, errUndone):
			t.Errorf("nobody hears of a failure of statement %d", n)
		}
	}
	t.Fatalf("more than %d statements", mostStatements)
}

// EachFailureOf is EachFailure for an operation that opens its own transactions: nothing is rolled back once
// it has gone well, and check looks after each failure whether it left nothing behind.
func EachFailureOf(t testing.TB, op func(context.Context) error, check func()) {
	t.Helper()
	for n := range mostStatements {
		ctx, reached := store.FailForTest(t.Context(), n)
		err := op(ctx)
		switch {
		case !reached() && err == nil:
			return
		case !reached():
			t.Fatalf("without a failure: %v", err)
		case err == nil:
			t.Errorf("nobody hears of a failure of statement %d", n)
		}
		if check != nil {
			check()
		}
	}
	t.Fatalf("more than %d statements", mostStatements)
}
