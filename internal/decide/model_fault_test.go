package decide_test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// deflated is what a version's bytes look like on their row.
func deflated(t *testing.T, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestADamagedVersionIsSaidToBeOneAndLikenessAnswersUntilItIsTrainedAgain(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string][]byte{
		"bytes that are not packed":      []byte("no model at all, and never was one"),
		"packed bytes that are no model": deflated(t, []byte("no model at all")),
		"packed bytes cut short":         deflated(t, bytes.Repeat([]byte("model"), 1000))[:12],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.background()
			h.warm()
			sum := sha256.Sum256(damage) // the checksum is that of the damage: it was stored so
			storetest.Exec(t, h.tenant, "UPDATE models SET body = $1, checksum = $2 WHERE number = 1", damage, hex.EncodeToString(sum[:]))
			h.decider = h.replica()
			r := h.say(ada, "what's the wifi password")
			h.clock.Advance(20 * time.Second)
			jobstest.Work(t, h.cluster, h.tenant, h.decider.Advance)
			if d, e := h.decision(r.Thread); !strings.HasPrefix(e.Model, "likeness ") || d.Title != "Wifi" {
				t.Errorf("meanwhile %q decides %s", e.Model, d.Title)
			}
			if list := h.models(); len(list) != 1 || list[0].Fault == "" || h.count("audit_entries WHERE action = 'model.faulted'") != 1 {
				t.Fatalf("nothing says that it is damaged: %+v", list)
			}
			h.warm()
			if got := h.name("wifi?"); !strings.HasPrefix(got, "v2 ") || h.count("audit_entries WHERE action = 'model.faulted'") != 1 {
				t.Errorf("then %q decides", got)
			}
		})
	}
}

func TestBesideADamagedVersionTheOneBeforeServes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	h.warm()
	h.edit("how may one surf the net")
	h.warm()
	storetest.Exec(t, h.tenant, "UPDATE models SET body = $1 WHERE number = 2", []byte("x"))
	h.decider = h.replica()
	if err := h.decider.Warm(t.Context(), h.tenant); err != nil {
		t.Fatal(err)
	}
	if got := h.name("what's the wifi password"); !strings.HasPrefix(got, "v1 ") {
		t.Errorf("%q decides", got)
	}
	h.warm()
	if got := h.name("wifi?"); !strings.HasPrefix(got, "v3 ") || len(h.models()) != 3 {
		t.Errorf("then %q of %d versions", got, len(h.models()))
	}
}

func TestTheVersionThatWasTrainedOnJustThisIsPreferredToANewerOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	h.edit("a way in")
	h.warm()
	h.edit("another way in")
	h.warm()
	h.edit("a way in")
	h.decider = h.replica()
	h.warm()
	if got := h.name("what's the wifi password"); !strings.HasPrefix(got, "v1 ") || strings.Contains(got, "+") || len(h.models()) != 2 {
		t.Errorf("%q of %d versions", got, len(h.models()))
	}
}

// impatient is a context that is over once it has been asked so often whether it is.
type impatient struct {
	context.Context
	asked  *atomic.Int64
	most   int64
	cancel context.CancelFunc
}

func (c impatient) Err() error {
	if c.asked.Add(1) >= c.most {
		c.cancel()
	}
	return c.Context.Err()
}

func TestATrainingThatRunsOutOfTimeSaysSoAndIsBegunAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	late := false
	for n := int64(1); n < 50 && !late; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		err := h.decider.TrainNow(impatient{ctx, new(atomic.Int64), n, cancel}, h.tenant)
		cancel()
		if err == nil {
			break
		}
		late = strings.Contains(err.Error(), "did not end in time")
	}
	if !late || len(h.models()) != 0 {
		t.Errorf("late: %t, %d versions", late, len(h.models()))
	}
	if err := h.decider.TrainNow(t.Context(), h.tenant); err != nil || len(h.models()) != 1 {
		t.Errorf("again: %v, %d versions", err, len(h.models()))
	}
	if err := h.decider.TrainNow(t.Context(), h.tenant); err != nil || len(h.models()) != 1 {
		t.Errorf("what is there: %v, %d versions", err, len(h.models()))
	}
}

func TestAVersionThatTheDatabaseDoesNotGiveOutIsNotTakenForDamaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	h.warm()
	cut := 0
	for n := range 30 {
		ctx, reached := store.FailForTest(t.Context(), n)
		if err := h.replica().Warm(ctx, h.tenant); err == nil && !reached() {
			break
		}
		cut++
	}
	if list := h.models(); cut < 3 || len(list) != 1 || list[0].Fault != "" {
		t.Errorf("after %d failures of the database: %+v", cut, list)
	}
}
