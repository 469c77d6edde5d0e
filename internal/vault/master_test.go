package vault

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestMasterKeyIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	var log bytes.Buffer
	c := MasterKeyConfig{DataDir: dir, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	first, err := LoadMasterKey(c)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `"level":"WARN"`) || !strings.Contains(log.String(), "back it up") {
		t.Errorf("no warning in %s", &log)
	}
	if strings.Contains(log.String(), base64.StdEncoding.EncodeToString(first)) {
		t.Error("the key is in the log")
	}
	info, err := os.Stat(filepath.Join(dir, "master.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	log.Reset()
	again, err := LoadMasterKey(c)
	if err != nil || !bytes.Equal(first, again) || log.Len() != 0 {
		t.Errorf("second start: same key %v, %v, log %s", bytes.Equal(first, again), err, &log)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".master-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestProcessesThatStartAtOnceAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	c := MasterKeyConfig{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	keys := make([][]byte, 12)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = LoadMasterKey(c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) {
			t.Fatal("two processes hold different keys")
		}
	}
}

func TestMasterKeyComplaintsSayWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(p, mode); err != nil {
			t.Fatal(err)
		}
		return p
	}
	good := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, tt := range map[string]struct {
		c    MasterKeyConfig
		want string
	}{
		"both":         {MasterKeyConfig{Value: good, File: "x"}, "set one of them"},
		"neither":      {MasterKeyConfig{}, "set CLUBOS_MASTER_KEY"},
		"not base64":   {MasterKeyConfig{Value: "hunter2!"}, "not base64"},
		"short":        {MasterKeyConfig{Value: "aGk="}, "has 2 bytes, want 32"},
		"no file":      {MasterKeyConfig{File: filepath.Join(dir, "none")}, "no such file"},
		"open file":    {MasterKeyConfig{File: file("open", good, 0o644)}, "chmod 600"},
		"empty file":   {MasterKeyConfig{File: file("empty", "", 0o600)}, "is empty"},
		"a directory":  {MasterKeyConfig{File: dir}, "is not a file"},
		"garbage file": {MasterKeyConfig{File: file("garbage", "x y", 0o600)}, "not base64"},
	} {
		_, err := LoadMasterKey(tt.c)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the key", name)
		}
	}
	if k, err := LoadMasterKey(MasterKeyConfig{Value: good + "\n"}); err != nil || len(k) != 32 {
		t.Errorf("value: %v", err)
	}
	if k, err := LoadMasterKey(MasterKeyConfig{File: file("good", good+"\n", 0o640)}); err != nil || len(k) != 32 {
		t.Errorf("file: %v", err)
	}
}
