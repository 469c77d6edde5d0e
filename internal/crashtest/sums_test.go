package crashtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clubos/internal/failpoint"
)

// sums are what all long runs have come to that were told of the same file, which CLUBOS_CRASH_SUMS names: a run that
// is stopped, or that a machine has no more time for, goes on another day. Without a file they are of this run.
type sums struct {
	path   string
	before []*figures
}

func summed(t *testing.T) *sums {
	t.Helper()
	s := &sums{path: os.Getenv("CLUBOS_CRASH_SUMS")}
	if s.path == "" {
		return s
	}
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s
	}
	if err == nil {
		err = json.Unmarshal(raw, &s.before)
	}
	if err != nil {
		t.Fatalf("CLUBOS_CRASH_SUMS: %v", err)
	}
	return s
}

// keep writes down what a run has come to so far.
func (s *sums) keep(t *testing.T, f *figures) {
	t.Helper()
	f.Took = time.Since(f.began)
	if s.path == "" {
		return
	}
	raw, err := json.MarshalIndent(append(s.before[:len(s.before):len(s.before)], f), "", "\t")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(s.path), 0o755)
	}
	if err == nil { // whole or not at all: the next run reads it
		err = os.WriteFile(s.path+".new", append(raw, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(s.path+".new", s.path)
	}
	if err != nil {
		t.Error(fmt.Errorf("keep the figures: %w", err))
	}
}

// with returns the sum of all runs, of which f is the present one.
func (s *sums) with(f *figures) *figures {
	sum := &figures{Fell: map[failpoint.Point]int{}}
	for _, x := range append(s.before[:len(s.before):len(s.before)], f) {
		sum.add(x)
	}
	return sum
}

func TestFiguresOfRunsAddUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sums.json")
	t.Setenv("CLUBOS_CRASH_SUMS", path)
	for run := 1; run <= 3; run++ {
		s, f := summed(t), newFigures()
		f.Kills, f.Texts, f.Recovered, f.Fell[failpoint.Commit] = 2, 100, time.Duration(run)*time.Second, 1
		s.keep(t, newFigures()) // of an earlier moment of the same run
		s.keep(t, f)
		sum := s.with(f)
		if sum.ends() != 3*run || sum.Texts != 100*run || sum.Recovered != time.Duration(run)*time.Second || sum.Fell[failpoint.Commit] != run {
			t.Errorf("after %d runs: %+v", run, sum)
		}
	}
}
