package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClubIsSavedProvedAndBroughtBack(t *testing.T) {
	installation(t)
	mustRun(t, "init", "--club", "fairway", "--owner", "owner@example.com")
	file := filepath.Join(t.TempDir(), "monday.backup")
	if out := mustRun(t, "backup", file); !strings.Contains(out, "fairway: ") || !strings.Contains(out, "digest ") {
		t.Errorf("backup prints %q", out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v); only its owner may read it", info.Mode(), err)
	}
	if out := mustRun(t, "restore", file, "--verify"); !strings.Contains(out, "scratch") {
		t.Errorf("restore --verify prints %q", out)
	}
	scratch := t.TempDir()
	if out := mustRun(t, "restore", file, "--verify", "--scratch", scratch); !strings.Contains(out, "scratch") {
		t.Errorf("restore --verify --scratch prints %q", out)
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) != 0 {
		t.Errorf("of the scratch directory %v is left (%v)", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(scratch, "full")) // which is not there: nothing may be made in it
	mustRun(t, "restore", file, "--verify", "--scratch", scratch)
	if status, _, errs := call(t, "", "restore", file, "--verify", "--scratch", filepath.Join(scratch, "none")); status == 0 || !strings.Contains(errs, "scratch directory") {
		t.Errorf("a scratch place that is not there: status %d, %q", status, errs)
	}
	if status, _, errs := call(t, "", "restore", file, "--scratch", scratch); status != 2 || !strings.Contains(errs, "--verify") {
		t.Errorf("--scratch without --verify: status %d, %q", status, errs)
	}
	if status, _, errs := call(t, "", "backup", file); status == 0 || !strings.Contains(errs, "never written over") {
		t.Errorf("a second backup into the same file: status %d, %q", status, errs)
	}
	if status, _, errs := call(t, "", "restore", file); status == 0 || !strings.Contains(errs, "here already") {
		t.Errorf("a restore over a club: status %d, %q", status, errs)
	}

	key, err := os.ReadFile(filepath.Join(os.Getenv("CLUBOS_DATA_DIR"), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CLUBOS_DATA_DIR", t.TempDir())
	if status, _, errs := call(t, "", "restore", file); status == 0 || !strings.Contains(errs, "master key") {
		t.Errorf("without the master key: status %d, %q", status, errs)
	}
	t.Setenv("CLUBOS_DATA_DIR", t.TempDir())
	t.Setenv("CLUBOS_MASTER_KEY", strings.TrimSpace(string(key)))
	mustRun(t, "restore", file)
	if out := mustRun(t, "user", "list"); !strings.Contains(out, "owner@example.com") {
		t.Errorf("the owner is not there: %q", out)
	}

	elsewhere := t.TempDir()
	if out := mustRun(t, "migrate-engine", "--to", "sqlite:"+elsewhere); !strings.Contains(out, "copied to sqlite") {
		t.Errorf("migrate-engine prints %q", out)
	}
	t.Setenv("CLUBOS_DATA_DIR", elsewhere)
	if out := mustRun(t, "sop", "export"); strings.Count(out, "slug: ") < 20 {
		t.Errorf("the procedures did not come along: %q", out)
	}
	if status, _, errs := call(t, "", "migrate-engine", "--to", "mysql://"); status != 2 || !strings.Contains(errs, "--to") {
		t.Errorf("a target that is no database: status %d, %q", status, errs)
	}
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := call(t, "", args...)
	if status != 0 {
		t.Fatalf("clubos %s: status %d: %s", strings.Join(args, " "), status, errs)
	}
	return out
}
