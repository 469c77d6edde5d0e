package api

import (
	"testing"
	"time"

	"clubos/internal/health"
)

func TestHealthTellsPromisesAndTheProcessInNumbers(t *testing.T) {
	t.Parallel()
	p := showProcess(health.Process{Places: 3, Classes: []health.Admission{{Class: "ingest", Admitted: 5, Refused: 1}}, Queues: []health.Queue{{Name: "default", Due: 1, Oldest: time.Second}}})
	if p.Places != 3 || len(p.Classes) != 1 || p.Classes[0].Refused != 1 || len(p.Queues) != 1 || p.Queues[0].OldestMS != 1000 {
		t.Errorf("%+v", p)
	}
	got := showPromises(health.Promises(health.Report{}, nil))
	if len(got) != 2 || !got[0].Kept || got[0].WithinMS != 500 || got[1].Share != 95 {
		t.Errorf("%+v", got)
	}
}
