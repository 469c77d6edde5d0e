package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestAuditLogIsHandedOutAndVerifiedElsewhere(t *testing.T) {
	installation(t)
	mustRun(t, "init", "--club", "fairway", "--owner", "owner@example.com")
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if status, _, errs := call(t, "", "audit", "key"); status != 1 || !strings.Contains(errs, "no key") {
		t.Errorf("before any entry has its place: status %d, %q", status, errs)
	}
	head := file("head", mustRun(t, "audit", "head"))
	key := "@" + file("key", mustRun(t, "audit", "key"))
	mustRun(t, "user", "create", "--email", "sam@example.com", "--role", "operator")
	bundle := filepath.Join(dir, "audit.jsonl")
	if out := mustRun(t, "audit", "export", "--out", bundle); !strings.Contains(out, "entries written") {
		t.Errorf("export prints %q", out)
	}
	if info, err := os.Stat(bundle); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v); only its owner may read it", info.Mode(), err)
	}
	for _, args := range [][]string{{"audit", "verify"}, {"audit", "verify", "--key", key, "--head", head}, {"audit", "verify", bundle, "--key", key, "--head", head}} {
		if out := mustRun(t, args...); !strings.Contains(out, "Nothing is wrong") || !strings.Contains(out, "of which 0 were retired") {
			t.Errorf("%v prints %q", args, out)
		}
	}
	text, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`aud_\w+`).FindString(string(text))
	proof := file("proof", mustRun(t, "audit", "prove", id))

	t.Setenv("CLUBOS_DATA_DIR", filepath.Join(dir, "nowhere")) // an auditor has no installation
	t.Setenv("CLUBOS_DATABASE_URL", "postgres://127.0.0.1:1/none")
	if out := mustRun(t, "audit", "verify", proof, "--key", key); !strings.Contains(out, id) {
		t.Errorf("the proof prints %q", out)
	}
	forged := file("forged.jsonl", strings.Replace(string(text), `"action":"setting.changed"`, `"action":"setting.chanced"`, 1))
	status, out, errs := call(t, "", "audit", "verify", forged, "--key", key)
	if status != 1 || !strings.Contains(out, "the entry is not the one") || !strings.Contains(errs, "findings: 1") {
		t.Errorf("a forged file: status %d, %q, %q", status, out, errs)
	}
	var report struct {
		Findings []struct{ Entry, What string }
	}
	if status, out, _ := call(t, "", "audit", "verify", forged, "--key", key, "--json"); status != 1 || json.Unmarshal([]byte(out), &report) != nil || len(report.Findings) != 1 || report.Findings[0].Entry == "" {
		t.Errorf("as JSON: status %d, %q", status, out)
	}
	for says, args := range map[string][]string{
		"--key says":           {bundle},
		"cannot be opened":     {filepath.Join(dir, "none"), "--key", key},
		"not the public key":   {bundle, "--key", "x"},
		"none cannot be op":    {bundle, "--key", "@" + filepath.Join(dir, "none")},
		"head cannot":          {bundle, "--key", key, "--head", filepath.Join(dir, "no head")},
		"not a bundle":         {strings.TrimPrefix(key, "@"), "--key", key},
		"unknown flag: --keys": {bundle, "--keys", key},
	} {
		if status, _, errs := call(t, "", append([]string{"audit", "verify"}, args...)...); status != 2 || !strings.Contains(errs, says) {
			t.Errorf("%v: status %d, %q does not say %q", args, status, errs, says)
		}
	}
	broken := file("broken", strings.Replace(string(mustRead(t, proof)), "index 0", "index 1", 1))
	if status, _, errs := call(t, "", "audit", "verify", broken, "--key", key); status != 1 || !strings.Contains(errs, "proves nothing") {
		t.Errorf("a forged proof: status %d, %q", status, errs)
	}
	if status, _, errs := call(t, "", "audit", "export", "--out", ""); status != 2 || !strings.Contains(errs, "--out") {
		t.Errorf("export without a file: status %d, %q", status, errs)
	}
}

func TestAuditExportIsNeverWrittenOver(t *testing.T) {
	installation(t)
	mustRun(t, "init", "--club", "fairway", "--owner", "owner@example.com")
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	mustRun(t, "audit", "export", "--out", file)
	if status, _, errs := call(t, "", "audit", "export", "--out", file); status != 1 || !strings.Contains(errs, "never written over") {
		t.Errorf("status %d, %q", status, errs)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
