package store

import (
	"context"
	"database/sql"
)

// recalled names what the rooms of one transaction ask one after another, each for itself: who and what a
// matter is about. Their results are small. What a transaction has changed itself it reads anew, and
// nothing here decides who was first: that is said by conditional updates, versions and unique keys.
var recalled = map[string]bool{
	"FindThread": true, "FindSubject": true, "FindMemberBySubject": true, "FindDecision": true, "FindLatestThreads": true, "FindBooking": true,
	"FindDevicesOfBay": true, "FindDevicesOfLocation": true, "FindSettings": true,
	"FindMatches": true, "FindProposalOfDecision": true, "FindOverridesOfDecision": true, "FindOutcome": true, "FindReview": true, "FindRun": true,
	"FindTallies": true, "FindPatternOfSOP": true, "FindAloneDecision": true,
}

// recalling is a DBTX that answers what its transaction has asked before.
type recalling struct {
	DBTX
	t  *Tenant
	tx *Tx
}

// recall is a result that a transaction has read.
type recall struct {
	data []byte
	of   *statement
	args []any
}

// QueryContext and QueryRowContext answer from what was asked before.
func (r recalling) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	key, s, ok := r.key(query, args)
	if !ok {
		return r.DBTX.QueryContext(ctx, query, args...)
	}
	data, err := r.read(ctx, key, s, query, args)
	if err != nil {
		return nil, err
	}
	return r.t.cache.replayer.QueryContext(context.WithoutCancel(ctx), "", replay{data: data})
}

func (r recalling) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	key, s, ok := r.key(query, args)
	if !ok {
		return r.DBTX.QueryRowContext(ctx, query, args...)
	}
	data, err := r.read(ctx, key, s, query, args)
	return r.t.cache.replayer.QueryRowContext(context.WithoutCancel(ctx), "", replay{data, err})
}

func (r recalling) key(query string, args []any) (string, *statement, bool) {
	s := r.t.ledger.of(query)
	if !s.recalled {
		return "", nil, false
	}
	b, ok := appendArgs([]byte(s.name), args)
	return string(b), s, ok
}

func (r recalling) read(ctx context.Context, key string, s *statement, query string, args []any) ([]byte, error) {
	if known, ok := r.tx.recalls[key]; ok {
		r.t.ledger.answered.Add(1)
		return known.data, nil
	}
	data, err := readRows(ctx, r.DBTX, query, args)
	if err != nil {
		return nil, err
	}
	if r.tx.recalls == nil {
		r.tx.recalls = map[string]recall{}
	}
	r.tx.recalls[key] = recall{data, s, args}
	return data, nil
}

// unlearn drops what a transaction has read and may have changed since.
func (tx *Tx) unlearn(what Touched) {
	for key, known := range tx.recalls {
		if known.of.touches([]Touched{what}, known.args) {
			delete(tx.recalls, key)
		}
	}
}

// readRows reads a whole result.
func readRows(ctx context.Context, db DBTX, query string, args []any) ([]byte, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	data, err := encodeRows(rows)
	if closing := rows.Close(); err == nil {
		err = closing
	}
	return data, err
}
