package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// model is an installation on SQLite that tests begin with a copy of, by file name.
var model = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "clubos-model-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg := config()
	cfg.URL = "sqlite:" + dir
	if err := layOut(context.Background(), cfg); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	files := map[string][]byte{}
	names := []string{"control.db"}
	for _, slug := range usual {
		names = append(names, "tenants/"+slug.String()+".db")
	}
	for _, name := range names {
		if files[name], err = root.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// copyModel puts a copy of the model into a directory.
func copyModel(t testing.TB, dir string) {
	t.Helper()
	files, err := model()
	if err != nil {
		t.Fatalf("make an installation to copy: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
