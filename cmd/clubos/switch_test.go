package main

import (
	"strings"
	"testing"
)

func TestOneCommandStopsEveryClub(t *testing.T) {
	installation(t)
	for _, c := range []string{"north", "south"} {
		if status, _, errs := call(t, "", "tenant", "create", c); status != 0 {
			t.Fatal(errs)
		}
	}
	for _, step := range []struct {
		args   []string
		status int
		says   []string
	}{
		{[]string{"switch", "stop", "all", "--every-club"}, 0, []string{"north: all is stopped.", "south: all is stopped."}},
		{[]string{"switch", "release", "all", "--club", "north"}, 0, []string{"north: all is not stopped."}},
		{[]string{"switch", "stop", "coffee", "--every-club"}, 2, []string{"north: ", "south: "}},
		{[]string{"switch", "stop", "all"}, 2, []string{"--every-club"}},
		{[]string{"switch", "stop", "all", "--club", "nowhere"}, 1, nil},
	} {
		status, out, errs := call(t, "", step.args...)
		if status != step.status {
			t.Errorf("%v: status %d, want %d: %s", step.args, status, step.status, errs)
		}
		for _, s := range step.says {
			if !strings.Contains(out+errs, s) {
				t.Errorf("%v says %q %q, not %q", step.args, out, errs, s)
			}
		}
	}
}
