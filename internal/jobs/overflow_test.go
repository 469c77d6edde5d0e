package jobs_test

import (
	"context"
	"log/slog"
	"testing"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// A club is sent thousands of texts, and its work takes its time. Whatever it has beyond its pace, another club's job finds a worker.
func TestWorkBeyondAClubsPaceHoldsUpNoOtherClub(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	loud, quiet := storetest.AddTenant(t, c, "loud"), storetest.AddTenant(t, c, "quiet")
	const pace, beyond, workers = 50, 40, 8
	done, held, release := make(chan string, pace+beyond+workers+1), make(chan struct{}, beyond), make(chan struct{})
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(_ context.Context, _ *store.Tenant, j greetJob) error {
		if j.Word == "beyond" {
			held <- struct{}{}
			<-release
		}
		done <- j.Word
		return nil
	}})
	err := loud.Write(club.WithCorrelation(t.Context(), "cor_1"), func(tx *store.Tx) error {
		for i := range pace + beyond {
			word := "within"
			if i >= pace {
				word = "beyond"
			}
			tx.Enqueue(greetJob{Meta: jobs.For(tx), Word: word}, nil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	startAs(t, r, jobs.Config{Node: "test", Workers: workers})
	receive(t, held)
	got := map[string]int{}
	for n := range workers + 1 { // one after the other: whoever has done one might take up what it is held up by
		enqueue(t, quiet, "quiet", nil)
		for got["quiet"] == n {
			got[receive(t, done)]++
		}
	}
	if got["beyond"] > 0 {
		t.Errorf("%d jobs ended that are held up", got["beyond"])
	}
	close(release)
	for got["beyond"] < beyond {
		got[receive(t, done)]++
	}
}

func TestWhatIsUrgentIsNeverPutOffForItsClubsPace(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	const many = 200 // four times the pace
	for _, urgent := range []bool{true, false} {
		err := tenant.Write(store.AtWork(t.Context(), urgent), func(tx *store.Tx) error {
			for range many {
				tx.Enqueue(greetJob{Meta: jobs.For(tx)}, nil)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		backlog, err := jobs.NewRunner(jobs.NewRegistry(c, slog.New(slog.DiscardHandler)), jobs.Config{Node: "test"}).Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		beyond := 0
		for _, b := range backlog {
			if b.Queue == jobs.QueueOverflow {
				beyond += b.Jobs
			}
		}
		if put := beyond > 0; put != (!urgent && c.Engine() == "postgres") {
			t.Errorf("urgent %v: %d of %d jobs in the overflow", urgent, beyond, many)
		}
	}
}
