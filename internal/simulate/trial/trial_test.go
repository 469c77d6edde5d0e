package trial

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestTrials(t *testing.T) {
	t.Parallel()
	if os.Getenv("CLUBOS_TEST_DATABASE_URL") != "" {
		t.Skip("trials are held on SQLite, here as there")
	}
	m, err := NewMould(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, fact := range map[string]func(*testing.T, *Mould){
		"promises are kept whatever happens":              promisesAreKept,
		"the same seed has the same trace in any process": sameTrace,
		"what comes out the same is counted":              alikeIsCounted,
		"fewer events are another trial":                  fewerEvents,
		"a rogue is noticed":                              rogueIsNoticed,
		"a bad end is noticed":                            badEndIsNoticed,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); fact(t, m) })
	}
}

func promisesAreKept(t *testing.T, m *Mould) {
	n := 14
	if testing.Short() {
		n = 6
	}
	chance := uint64(time.Now().UnixNano()) >> 20 // other seeds every time
	t.Logf("seeds from 1 and from %d", chance)
	for _, from := range []uint64{1, chance} {
		h := newHall(Series{From: from, Seeds: n / 2})
		if err := h.work(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		for _, f := range h.report.Failures {
			t.Errorf("seed %d with %d of its %d events: %s\nshow it again: %s\n%s", f.Seed, f.Events, f.Of, strings.Join(f.Broken, "; "), f.Replay, f.Trace)
		}
		if c := h.report.Counts; c.Texts == 0 || c.Decisions == 0 {
			t.Errorf("nothing happened: %+v", c)
		}
	}
}

func alikeIsCounted(t *testing.T, m *Mould) {
	h := newHall(Series{From: 5, Seeds: 2, Twice: true})
	if err := h.work(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if r := h.report; r.Alike == 0 || r.Alike != r.Counts.Decisions {
		t.Errorf("%d of %d decisions came out the same; %+v", r.Alike, r.Counts.Decisions, r.Failures)
	}
}

const childSeeds = "CLUBOS_TRIAL_CHILD"

// digest is of the traces of a few seeds.
func digest(t *testing.T, m *Mould) string {
	t.Helper()
	h := sha256.New()
	stormy := seedWith(t, func(p plan) bool { return p.stormy && p.double && len(p.list) > 6 })
	for _, seed := range []uint64{71, 72, 73, stormy} {
		o, err := m.Run(t.Context(), Config{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = h.Write(o.Trace)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sameTrace(t *testing.T, m *Mould) {
	here := digest(t, m)
	if os.Getenv(childSeeds) != "" {
		t.Logf("digest %s.", here)
		return
	}
	if again := digest(t, m); again != here {
		t.Errorf("in the same process: %s, then %s", here, again)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTrials$/^the_same_seed", "-test.v")
	child.Env = append(os.Environ(), childSeeds+"=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("in another process: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("digest "+here+".")) {
		t.Errorf("in another process the trace is not %s:\n%s", here, out)
	}
}

func fewerEvents(t *testing.T, m *Mould) {
	f := Failure{Seed: 3, Of: 2}
	if err := shrink(t.Context(), m, &f); err != nil || f.Events != 0 {
		t.Errorf("a seed that fails with none of its events is said to with %d of them, %v", f.Events, err)
	}
	a, err := m.Run(t.Context(), Config{Seed: 3, Events: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Run(t.Context(), Config{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, same := compare(a.Trace, b.Trace); same || a.Events != b.Events {
		t.Errorf("one event or all %d make no difference", b.Events)
	}
}
