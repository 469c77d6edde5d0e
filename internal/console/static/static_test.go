package static_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"clubos/internal/console/static"
)

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
	return w.Result()
}

func TestAssetsAreImmutableUnderTheirHash(t *testing.T) {
	t.Parallel()
	res := get(t, static.URL("css/tokens.css"))
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	if cc := res.Header.Get("Cache-Control"); !strings.Contains(cc, "immutable") {
		t.Errorf("Cache-Control %q", cc)
	}
	if res := get(t, static.URL("js/app.js")); res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("script served as %s", res.Header.Get("Content-Type"))
	}
}

func TestAnotherHashOrAPathOutsideIsNotFound(t *testing.T) {
	t.Parallel()
	good := static.URL("css/tokens.css")
	for _, url := range []string{
		"/static/000000000000/css/tokens.css", "/static/", path.Dir(good), good + "/x",
		path.Dir(path.Dir(good)) + "/static.go", path.Dir(path.Dir(good)) + "/../static.go",
	} {
		if res := get(t, url); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %d", url, res.StatusCode)
		}
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, good, nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answered %d", w.Code)
	}
}

func TestEveryImportOfAModuleIsAnAsset(t *testing.T) {
	t.Parallel()
	imports := regexp.MustCompile(`(?m)^(?:import|export) [^'"\n]*\bfrom ['"]([^'"]+)['"]`)
	names, err := fs.Glob(static.Files(), "js/*.js")
	if err != nil || len(names) == 0 {
		t.Fatal("no modules", err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(static.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range imports.FindAllStringSubmatch(string(src), -1) {
			target := path.Join(path.Dir(name), m[1])
			if _, err := fs.Stat(static.Files(), target); err != nil || !strings.HasPrefix(m[1], "./") {
				t.Errorf("%s imports %q, which is no asset", name, m[1])
			}
		}
	}
}

func TestAssetsAskForNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(static.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := fs.ReadFile(static.Files(), name)
		for _, bad := range []string{"https://", "url(//", "@import", "eval(", "innerHTML ="} {
			if strings.Contains(string(src), bad) {
				t.Errorf("%s contains %s", name, bad)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
