package act

import (
	"context"
	"strings"

	"clubos/internal/club"
	"clubos/internal/store"
)

// FindExecution returns an execution. NotFound names it.
func FindExecution(ctx context.Context, tx *store.Tx, id club.ExecutionID) (store.Execution, error) {
	x, err := tx.FindExecution(ctx, id)
	if missing(err) {
		return x, club.NotFound("there is no such execution")
	}
	return x, err
}

// FindExecutionsOfThread returns up to limit executions of a thread, newest first.
func FindExecutionsOfThread(ctx context.Context, tx *store.Tx, id club.ThreadID, limit int) ([]store.Execution, error) {
	return tx.FindExecutionsOfThread(ctx, store.FindExecutionsOfThreadParams{ThreadID: id, Limit: int32(min(limit, 1000))})
}

// ExecutionFilter narrows a page of executions; zero fields do not.
type ExecutionFilter struct {
	Outcome   club.Outcome
	Locations []club.LocationID // nil: all of them; executions at no known place are then left out
	Before    club.ExecutionID  // the last one of the page before
	Size      int               // default 50, at most 200
}

// FindExecutionsPage returns executions, newest first.
func FindExecutionsPage(ctx context.Context, tx *store.Tx, f ExecutionFilter) ([]store.Execution, error) {
	if f.Size <= 0 {
		f.Size = 50
	}
	p := store.FindExecutionsPageParams{Outcome: optional(string(f.Outcome)), Before: optional(f.Before.String()), Size: int32(min(f.Size, 200))}
	if len(f.Locations) > 0 {
		var b strings.Builder
		for _, id := range f.Locations {
			b.WriteString("," + id.String())
		}
		p.Locations = b.String() + ","
	}
	return tx.FindExecutionsPage(ctx, p)
}

// FindRun returns the run of a decision. NotFound when it never began.
func FindRun(ctx context.Context, tx *store.Tx, id club.DecisionID) (store.Run, error) {
	r, err := tx.FindRun(ctx, id)
	if missing(err) {
		return r, club.NotFound("this decision was not carried out")
	}
	return r, err
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
