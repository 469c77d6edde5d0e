package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

type note struct {
	Tenant club.Slug `json:"tenant"`
}

func (note) Kind() string { return "note" }

// state is everything that a snapshot says, as text.
func state(t *testing.T, s *store.Snapshot) (rows, jobs []string) {
	t.Helper()
	tables, err := s.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		err := s.Rows(t.Context(), table, func(values []any) error {
			rows = append(rows, fmt.Sprint(table.Name, values))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err = s.Jobs(t.Context(), func(j store.StoredJob) error {
		jobs = append(jobs, j.Kind+string(j.Args))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	return rows, jobs
}

// load makes a club in to of what a snapshot says.
func load(ctx context.Context, to *store.Cluster, s *store.Snapshot, check func(*store.Snapshot) error) error {
	return to.Load(ctx, s.Club, s.Version, func(l *store.Loader) error {
		tables, err := s.Tables(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			var rows [][]any
			err := s.Rows(ctx, table, func(values []any) error {
				rows = append(rows, slices.Clone(values))
				return nil
			})
			if err != nil {
				return err
			}
			if err := l.Table(ctx, table, func() (row []any, err error) {
				if len(rows) > 0 {
					row, rows = rows[0], rows[1:]
				}
				return row, nil
			}); err != nil {
				return err
			}
		}
		var jobs []store.StoredJob
		if err := s.Jobs(ctx, func(j store.StoredJob) error { jobs = append(jobs, j); return nil }); err != nil {
			return err
		}
		return l.Jobs(ctx, jobs)
	}, check)
}

func TestAClubLoadedFromASnapshotIsTheSame(t *testing.T) {
	t.Parallel()
	from, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, from, "greens")
	at := storetest.Start.Add(1234 * time.Microsecond)
	storetest.Exec(t, tenant, `INSERT INTO locations (id, slug, name, time_zone, details, created_at, updated_at) VALUES ('loc_a', 'n', 'North', 'UTC', '{"a": 1}', $1, $1)`, at)
	storetest.Exec(t, tenant, `INSERT INTO bays (id, location_id, number, name, status, created_at, updated_at) VALUES ('bay_a', 'loc_a', 3, 'Bay 3', 'active', $1, $1)`, at)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		tx.Enqueue(note{Tenant: "greens"}, nil)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	to, _ := storetest.Cluster(t)
	err = from.Snapshot(t.Context(), "greens", func(s *store.Snapshot) error {
		rows, jobs := state(t, s)
		if len(rows) < 2 || len(jobs) != 1 {
			t.Fatalf("the club has %v and %v", rows, jobs)
		}
		seen := false
		err := load(t.Context(), to, s, func(written *store.Snapshot) error {
			seen = true
			if again, jobsAgain := state(t, written); !slices.Equal(again, rows) || len(jobsAgain) != 1 {
				t.Errorf("loaded: %v and %v, want %v", again, jobsAgain, rows)
			}
			return nil
		})
		if !seen {
			t.Error("nobody looked at what was written")
		}
		if err != nil {
			return err
		}
		if err := load(t.Context(), to, s, func(*store.Snapshot) error { return nil }); club.CodeOf(err) != club.CodeConflict {
			t.Errorf("the same club a second time: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, storetest.OpenTenant(t, to, "greens"), `SELECT COUNT(*) FROM bays`); n != 1 {
		t.Errorf("%d bays", n)
	}
}

func TestALoadThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	from, _ := storetest.Cluster(t)
	storetest.AddTenant(t, from, "greens")
	to, _ := storetest.Cluster(t)
	err := from.Snapshot(t.Context(), "greens", func(s *store.Snapshot) error {
		if err := load(t.Context(), to, s, func(*store.Snapshot) error { return fmt.Errorf("not the same") }); err == nil {
			t.Error("a load that was found wrong says nothing")
		}
		if _, err := to.FindTenant(t.Context(), "greens"); club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("the club is there: %v", err)
		}
		newer := *s
		newer.Version = 9999
		if err := load(t.Context(), to, &newer, func(*store.Snapshot) error { return nil }); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("a schema from the future: %v", err)
		}
		return load(t.Context(), to, s, func(*store.Snapshot) error { return nil })
	})
	if err != nil {
		t.Errorf("after the failures: %v", err)
	}
}
