package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheComposedBackupWritesToItsDirectoryAndRunsWhenAskedOnly(t *testing.T) {
	t.Parallel()
	s, ok := readCompose(t).Services["backup"]
	if !ok {
		t.Fatal("there is no service for backups")
	}
	if !slices.Contains(s.Profiles, "backup") || s.Restart != "no" {
		t.Errorf("it runs with the others: profiles %v, restart %q", s.Profiles, s.Restart)
	}
	if !slices.Equal(s.Networks, []string{"inside"}) {
		t.Errorf("it needs the database and nothing else, and is in %v", s.Networks)
	}
	if s.User != "65532:65532" || len(s.Volumes) != 1 {
		t.Fatalf("it runs as %q with %d volumes", s.User, len(s.Volumes))
	}
	var v struct {
		Type   string `yaml:"type"`
		Target string `yaml:"target"`
		Bind   struct {
			Create *bool `yaml:"create_host_path"`
		} `yaml:"bind"`
	}
	if err := s.Volumes[0].Decode(&v); err != nil {
		t.Fatal(err)
	}
	if v.Type != "bind" || v.Bind.Create == nil || *v.Bind.Create {
		t.Errorf("a directory that is not there would be made, and be root's: %+v", v)
	}
	if s.WorkingDir != v.Target {
		t.Errorf("a file without a directory goes to %s, and backups to %s", s.WorkingDir, v.Target)
	}
}

// confinement returns what of a unit confines it: its lines from NoNewPrivileges on, within its section.
func confinement(unit string) string {
	_, after, _ := strings.Cut(unit, "\nNoNewPrivileges=yes\n")
	before, _, _ := strings.Cut(after, "\n[")
	return strings.TrimSpace(before)
}

func TestTheUnitForBackupsIsConfinedAsTheServer(t *testing.T) {
	t.Parallel()
	server, backup := confinement(read(t, "systemd/clubos.service")), confinement(read(t, "systemd/clubos-backup.service"))
	if server == "" || server != backup {
		t.Errorf("the server has\n%s\nand backups have\n%s", server, backup)
	}
}

// TestTheUnitForBackupsProvesWhatItSaved runs the unit's own command line with a program that only tells how it was
// called.
func TestTheUnitForBackupsProvesWhatItSaved(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile(`(?m)^ExecStart=/bin/sh -euc '(.*)'$`).FindStringSubmatch(read(t, "systemd/clubos-backup.service"))
	if found == nil {
		t.Fatal("the unit runs no shell")
	}
	line := strings.NewReplacer("$$", "$", "%%", "%").Replace(found[1]) // as systemd reads it
	run := func(end string) (string, error) {
		dir := t.TempDir()
		program := filepath.Join(dir, "clubos")
		if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$@\"\n"+end+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-euc", strings.ReplaceAll(line, "/usr/local/bin/clubos", "/bin/sh "+program))
		cmd.Dir = dir
		out, err := cmd.Output()
		return string(out), err
	}
	out, err := run("true")
	if err != nil {
		t.Fatal(err)
	}
	saved := regexp.MustCompile(`^backup (clubos-\d{8}-\d{6}\.backup)\n`).FindStringSubmatch(out)
	if saved == nil || out != saved[0]+"restore "+saved[1]+" --verify --scratch .\n" {
		t.Errorf("it calls\n%s", out)
	}
	if out, err = run("exit 1"); err == nil || strings.Contains(out, "restore") {
		t.Errorf("a backup that fails ends with %v, after\n%s", err, out)
	}
}

// TestTheChartsBackupIsProvedElsewhereThanInTmp reads the template: what it renders to is checked by tools/kube.
func TestTheChartsBackupIsProvedElsewhereThanInTmp(t *testing.T) {
	t.Parallel()
	text := read(t, "helm/clubos/templates/backup.yaml")
	for _, want := range []string{
		"args: [backup, /backups/$(CLUBOS_NODE).backup]", "args: [restore, /backups/$(CLUBOS_NODE).backup, --verify, --scratch, /scratch]",
		"{name: scratch, mountPath: /scratch}", "helm.sh/resource-policy: keep",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not there", want)
		}
	}
	if n := strings.Count(text, `securityContext: {{- include "clubos.containerSecurity"`); n != 2 {
		t.Errorf("%d of two containers are confined", n)
	}
	if !strings.Contains(read(t, "helm/clubos/templates/networkpolicy.yaml"), "clubos-backup") {
		t.Error("the network policy does not know it")
	}
	if !regexp.MustCompile(`(?m)^backup:\n  enabled: false`).MatchString(read(t, "helm/clubos/values.yaml")) {
		t.Error("it runs unasked")
	}
}
