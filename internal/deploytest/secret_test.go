package deploytest

import (
	"encoding/base64"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheSecretsOfComposeAreWhatTheProgramReadsAndNobodyElse(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("files are given away by root only")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.sh"), []byte(read(t, "compose/secrets.sh")), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() error { return exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "secrets.sh")).Run() }
	if err := run(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "backups")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory for backups is %v, %v", info, err)
	}
	text := map[string]string{}
	for _, name := range []string{"database-url", "database-password", "master-key"} {
		path := filepath.Join(dir, "secrets", name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %s", name, info.Mode())
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[name] = strings.TrimSpace(string(b))
	}
	if key, err := base64.StdEncoding.DecodeString(text["master-key"]); err != nil || len(key) != 32 {
		t.Errorf("the master key has %d bytes, %v", len(key), err)
	}
	u, err := url.Parse(text["database-url"])
	if err != nil {
		t.Fatal(err)
	}
	if password, _ := u.User.Password(); password == "" || password != text["database-password"] {
		t.Error("the password in the address is not the database's")
	}
	if run() == nil {
		t.Error("secrets that are there were written over")
	}
}
