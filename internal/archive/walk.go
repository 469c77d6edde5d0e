package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"clubos/internal/club"
	"clubos/internal/store"
)

// told is after how many rows progress is told.
const told = 5000

// walker is what is done with the tables of a snapshot. Nil functions do nothing.
type walker struct {
	table func(store.Table)
	row   func([]any) error
	end   func(rows int64, digest string)
}

// total sums up a club's tables.
type total struct {
	tables int
	rows   int64
	hash   hash.Hash
}

func newTotal() total { return total{hash: sha256.New()} }

func (t *total) add(d *digest, table string) string {
	sum := d.of(table)
	_, _ = io.WriteString(t.hash, sum) // a hash takes everything
	t.tables++
	t.rows += d.rows
	return sum
}

func (t *total) digest() string { return hex.EncodeToString(t.hash.Sum(nil)) }

// walk goes through a club's tables by name and digests them.
func walk(ctx context.Context, s *store.Snapshot, progress Progress, do walker) (total, error) {
	sum := newTotal()
	tables, err := s.Tables(ctx)
	if err != nil {
		return sum, err
	}
	for _, t := range tables {
		if do.table != nil {
			do.table(t)
		}
		var d digest
		order := byName(t.Columns)
		err := s.Rows(ctx, t, func(values []any) error {
			if err := d.add(values, t.Columns, order); err != nil {
				return err
			}
			if d.rows%told == 0 {
				progress.tell(s.Club.Slug, sum.rows+d.rows)
			}
			if do.row == nil {
				return nil
			}
			return do.row(values)
		})
		if err != nil {
			return sum, err
		}
		digest := sum.add(&d, t.Name)
		if do.end != nil {
			do.end(d.rows, digest)
		}
	}
	progress.tell(s.Club.Slug, sum.rows)
	return sum, nil
}

func (p Progress) tell(slug club.Slug, rows int64) {
	if p != nil {
		p(slug, rows)
	}
}

// Digest reads a club and returns what a backup of it would say.
func Digest(ctx context.Context, cluster *store.Cluster, slug club.Slug) (r Report, err error) {
	err = cluster.Snapshot(ctx, slug, func(s *store.Snapshot) (err error) {
		r, err = digestOf(ctx, s)
		return err
	})
	return r, err
}

func digestOf(ctx context.Context, s *store.Snapshot) (Report, error) {
	r := Report{Club: s.Club.Slug, Schema: s.Version}
	sum, err := walk(ctx, s, nil, walker{})
	if err != nil {
		return r, err
	}
	r.Tables, r.Rows, r.Digest = sum.tables, sum.rows, sum.digest()
	err = s.Jobs(ctx, func(store.StoredJob) error {
		r.Jobs++
		return nil
	})
	return r, err
}
