// Package static holds the console's style sheets, scripts and images. They are embedded in the
// program and served under /static/<hash>/…, where the hash covers every file: a change of any of
// them changes all addresses, so that answers may be cached for ever and relative imports between
// script modules resolve within one consistent set.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed css/*.css js/*.js *.svg
var files embed.FS

// Prefix is the path under which Handler is to be mounted.
const Prefix = "/static/"

// hash is computed at the first use; files never change while the program runs.
var hash = sync.OnceValue(func() string {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		sum.Write([]byte(name + "\x00"))
		sum.Write(body)
		return nil
	})
	if err != nil {
		panic("BUG: embedded assets cannot be read: " + err.Error())
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
})

// URL returns the address of an asset, "css/base.css" for example. It panics for a name that is not
// embedded, which only a template with a misspelt name can cause.
func URL(name string) string {
	if _, err := fs.Stat(files, name); err != nil {
		panic("BUG: no such asset: " + name)
	}
	return Prefix + hash() + "/" + name
}

// Files returns the embedded files, for those who write them elsewhere.
func Files() fs.FS { return files }

// Handler serves the assets. An address with another hash answers 404, never with a file of a
// different set: mixing two sets of modules would fail in ways nobody can see.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name, ok := strings.CutPrefix(r.URL.Path, Prefix+hash()+"/")
		if !ok || !fs.ValidPath(name) {
			http.NotFound(w, r)
			return
		}
		body, err := files.ReadFile(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType(name))
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", `"`+hash()+`"`)
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	})
}

// contentType does not ask the machine's MIME table first: scripts must be scripts everywhere.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}
