package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReportSaysOnWhatItWasMeasured(t *testing.T) {
	t.Parallel()
	m := Machine{Cores: 2, Processor: "AMD EPYC", Memory: 24105, System: "linux/amd64", Go: "go1.26"}
	if got, want := m.String(), "2 CPUs (AMD EPYC), 24105 MiB, linux/amd64, go1.26"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := (Machine{Cores: 1, System: "plan9/386", Go: "go1.26"}).String(), "1 CPUs, plan9/386, go1.26"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r := measured()
	r.Machine, r.Sync = m, 3.1
	var table, page bytes.Buffer
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"table": table.String(), "page": page.String()} {
		if !strings.Contains(out, "2 CPUs (AMD EPYC)") || !strings.Contains(out, "a sync of the disk takes 3.1 ms") {
			t.Errorf("the %s does not say: %s", name, out)
		}
	}
}

func TestFieldsOfSystemFilesAreReadWhereThereAreAny(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cpuinfo")
	if err := os.WriteFile(file, []byte("processor\t: 0\nmodel name\t: AMD EPYC: 9\nmodel name\t: other\n\nflags\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, ok := field(file, "model name"); !ok || got != "AMD EPYC: 9" {
		t.Errorf("%q, %v", got, ok)
	}
	for _, name := range []string{"flags", "none"} {
		if got, ok := field(file, name); ok {
			t.Errorf("%s is %q", name, got)
		}
	}
	if _, ok := field(file+"2", "model name"); ok {
		t.Error("a file that is not there says something")
	}
}

func TestASyncIsTimedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	took, err := timeSync(dir)
	if err != nil || took <= 0 {
		t.Errorf("%s, %v", took, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := timeSync(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there has a disk")
	}
}
