package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"clubos/internal/club"
)

// model is an installation on SQLite that tests begin with a copy of, by file name. The tables of one club
// are laid out, and serve all: nothing in a file says whose it is.
var model = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "clubos-model-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg := config()
	cfg.URL = "sqlite:" + dir
	if err := layOut(context.Background(), cfg, usual[:1]); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	files := map[string][]byte{}
	if files["control.db"], err = root.ReadFile("control.db"); err != nil {
		return nil, err
	}
	tables, err := root.ReadFile(fileOf(usual[0]))
	for _, slug := range usual {
		files[fileOf(slug)] = tables
	}
	return files, err
})

func fileOf(slug club.Slug) string { return "tenants/" + slug.String() + ".db" }

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
