package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBookingsAreImportedAndListedFromTheCommandLine(t *testing.T) {
	installation(t)
	file := filepath.Join(t.TempDir(), "places.yaml")
	if err := os.WriteFile(file, []byte(places), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "--club", "fairway", "--owner", "ann@example.com"}, {"place", "import", file}} {
		if status, _, errs := call(t, "", args...); status != 0 {
			t.Fatalf("%v: %s", args, errs)
		}
	}
	const good = "booking_id;location;bay;start;end;colour\r\nB1;Northside;1;2026-12-24 18:00;2026-12-24 19:00;red\r\n"
	const bad = good + "B2;Northside;7;2026-12-24 18:00;2026-12-24 19:00;\r\nB3;Northside;1;2026-12-24 18:30;2026-12-24 19:30;\r\n"
	for _, c := range []struct {
		in     string
		args   []string
		status int
		says   []string
	}{
		{bad, []string{"booking", "import", "-", "--dry-run"}, 1, []string{"Would be taken in: 2 created, 0 changed, 0 cancelled, 0 unchanged, 1 rejected", `line 3, bay: there is no bay called "7" at Northside. Write`, "colour"}},
		{bad, []string{"booking", "import", "-", "--strict"}, 1, []string{"Nothing was taken in", "1 rejected"}},
		{"", []string{"booking", "list", "--day", "2026-12-24"}, 0, []string{"REFERENCE"}},
		{good, []string{"booking", "import", "-", "--strict"}, 0, []string{"Taken in: 1 created"}},
		{bad, []string{"booking", "import", "-"}, 1, []string{"Taken in: 1 created, 0 changed, 0 cancelled, 1 unchanged, 1 rejected", "line 4: its bay is taken at that time by a booking from a file"}},
		{"PK\x03\x04", []string{"booking", "import", "-"}, 2, nil},
		{"", []string{"booking", "list", "--day", "2026-12-24", "--location", "northside"}, 0, []string{"2026-12-24 18:00 EST", "B1", "B3", "Bay 1", "a file"}},
		{"", []string{"booking", "list", "--day", "tomorrow"}, 2, nil},
		{"", []string{"booking", "list", "--location", "mars"}, 1, nil},
		{"", []string{"booking", "template", "--explain"}, 0, []string{"booking_id (required)"}},
		{"", []string{"booking", "template"}, 0, []string{"booking_id,location,bay,start,end"}},
	} {
		status, out, errs := call(t, c.in, c.args...)
		if status != c.status {
			t.Errorf("%v: status %d, %s%s", c.args, status, out, errs)
		}
		for _, s := range c.says {
			if !strings.Contains(out, s) {
				t.Errorf("%v does not say %q:\n%s", c.args, s, out)
			}
		}
	}
	if _, out, _ := call(t, "", "booking", "list", "--day", "2026-12-25", "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("a free day: %s", out)
	}
}
