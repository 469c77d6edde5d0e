package learn

import (
	"cmp"
	"context"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/pattern/reliability"
	"clubos/internal/store"
)

// publishedPrior is what a procedure may claim before it has a record: people have thought it through
// and published it. It stays below what acting alone asks for, and a bad record refutes it.
const publishedPrior = 0.94

// PriorOf is what a pattern may claim before its own record reaches as far: of a lesson, what the young lessons of its
// kind have proved together.
func PriorOf(ctx context.Context, tx *store.Tx, learned bool, row store.DecisionPattern, p reliability.Policy) (reliability.Prior, error) {
	if !learned {
		return reliability.Prior{Rate: publishedPrior}, nil
	}
	actions, err := actionsOfSteps(cmp.Or(row.Steps, "{}"))
	if err != nil {
		return reliability.Prior{}, err
	}
	together, err := togetherOf(ctx, tx, lessonKind{row.Domain, firstOf(actions)})
	return p.Together(together, tx.Now), err
}

// lessonKind is what lessons have in common that are judged together: what they are about, and the action that they
// begin with, "" where they only say something.
type lessonKind struct{ domain, action string }

func togetherOf(ctx context.Context, tx *store.Tx, k lessonKind) (reliability.Record, error) {
	rows, err := tx.FindLessonTallies(ctx, store.FindLessonTalliesParams{Domain: k.domain, Action: k.action})
	if err != nil {
		return nil, fmt.Errorf("find lessons' tallies: %w", err)
	}
	record := make(reliability.Record, len(rows))
	for i, t := range rows {
		record[i] = reliability.Tally{Person: t.Person, Place: reliability.Place{Location: t.Location, Bay: t.Bay},
			Part: reliability.Part{Successes: t.Successes, Failures: t.Failures, Expected: t.Expected, Seen: t.Seen}, Outcomes: int(t.Outcomes), At: t.At}
	}
	return record, nil
}

func putLessonTally(ctx context.Context, tx *store.Tx, k lessonKind, t reliability.Tally) error {
	if err := tx.PutLessonTally(ctx, store.PutLessonTallyParams{Domain: k.domain, Action: k.action, Person: t.Person, Location: t.Place.Location, Bay: t.Place.Bay,
		Successes: t.Successes, Failures: t.Failures, Expected: t.Expected, Seen: t.Seen, Outcomes: int64(t.Outcomes), At: t.At}); err != nil {
		return fmt.Errorf("store lessons' tally: %w", err)
	}
	return nil
}

// firstOf is the action that a plan begins with; "" of one that only says something.
func firstOf(actions []club.ActionName) string {
	if len(actions) == 0 {
		return ""
	}
	return string(actions[0])
}
