// Package jobstest lets tests see which jobs a room enqueued and run them by hand, with the test's
// clock and without a runner. It is imported by tests only.
package jobstest

import (
	"context"
	"encoding/json"
	"testing"

	"clubos/internal/jobs"
	"clubos/internal/store"
)

// Pending returns a tenant's jobs of type T that have not ended, oldest first.
func Pending[T jobs.Job](t testing.TB, c *store.Cluster, tenant *store.Tenant) []T {
	t.Helper()
	var zero T
	list, err := store.JobsForTest(t.Context(), c, tenant, zero.Kind())
	if err != nil {
		t.Fatalf("read %s jobs: %v", zero.Kind(), err)
	}
	out := make([]T, 0, len(list))
	for _, args := range list {
		var job T
		if err := json.Unmarshal([]byte(args), &job); err != nil {
			t.Fatalf("decode %s job: %v", zero.Kind(), err)
		}
		out = append(out, job)
	}
	return out
}

// Work runs every pending job of type T once through work and marks them as ended, and returns how
// many there were. An error of work fails the test.
func Work[T jobs.Job](t testing.TB, c *store.Cluster, tenant *store.Tenant, work func(context.Context, *store.Tenant, T) error) int {
	t.Helper()
	list := Pending[T](t, c, tenant)
	var zero T
	if err := store.FinishJobsForTest(t.Context(), c, tenant, zero.Kind()); err != nil {
		t.Fatalf("finish %s jobs: %v", zero.Kind(), err)
	}
	for _, job := range list {
		if err := work(t.Context(), tenant, job); err != nil {
			t.Fatalf("work %s: %v", zero.Kind(), err)
		}
	}
	return len(list)
}
