package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

const (
	plainBatch = 64  // texts to a commit
	plainRows  = 50  // of a page and a list
	plainBody  = 400 // bytes of a text
)

// references is plain code that does by itself what contests compare with: a server and a file of SQLite, by
// the libraries that ClubOS uses, without anything of ClubOS. It is not to be made quicker: what was
// measured against it could no longer be compared.
type references struct {
	db     *sql.DB
	server *plainServer
	page   *template.Template
	table  []float64

	mu      sync.Mutex // guards the fields below
	waiting []string   // texts until there are enough for a commit
	counts  map[string]int
}

// plainServer serves until it is closed.
type plainServer struct {
	URL  string
	http *http.Server
}

type plainRow struct {
	ID      int64  `json:"id"`
	Subject string `json:"subject"`
	Place   string `json:"place"`
	Snippet string `json:"snippet"`
	At      string `json:"at"`
}

func newReferences(ctx context.Context, dir string) (*references, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "plain.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("open a plain database: %w", err)
	}
	f := &references{db: db, counts: map[string]int{}, table: make([]float64, 1<<14)}
	for i := range f.table {
		f.table[i] = float64(i%97) / 97
	}
	f.page = template.Must(template.New("page").Parse(`<!doctype html><title>Rows</title><table>{{range .}}<tr class="row"><td><a href="/rows/{{.ID}}">{{.Subject}}</a></td><td>{{.Place}}</td><td>{{.Snippet}}</td><td><time datetime="{{.At}}">{{.At}}</time></td></tr>{{end}}</table>`))
	if err := f.fill(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", f.take)
	mux.HandleFunc("GET /page", f.showPage)
	mux.HandleFunc("GET /list", f.showList)
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), db.Close())
	}
	f.server = &plainServer{URL: "http://" + l.Addr().String(), http: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}}
	go func() { _ = f.server.http.Serve(l) }() // until close
	return f, nil
}

// fill makes the tables, and rows to show.
func (f *references) fill(ctx context.Context) error {
	if _, err := f.db.ExecContext(ctx, `CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE jobs (id INTEGER PRIMARY KEY, text_id INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, place TEXT NOT NULL);
CREATE TABLE rows (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL, snippet TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX rows_by_time ON rows (at, id)`); err != nil {
		return fmt.Errorf("make plain tables: %w", err)
	}
	return f.transaction(ctx, func(tx *sql.Tx) error {
		for i := range ratioThreads {
			if _, err := tx.ExecContext(ctx, "INSERT INTO people (id, name, place) VALUES (?, ?, ?)", i, fmt.Sprintf("Person %d", i), "Northside, bay 3"); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO rows (person_id, snippet, at) VALUES (?, ?, ?)", i, "bay 3 froze in the middle of hole 7", time.Unix(int64(i)*60, 0).UTC().Format(time.RFC3339)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *references) transaction(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// take verifies and decodes a text and stores it with others.
func (f *references) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, []byte("plain"))
	mac.Write(body)
	var decoded map[string]any
	if err = errors.Join(err, json.Unmarshal(body, &decoded)); err != nil || len(mac.Sum(nil)) == 0 {
		http.Error(w, "not a text", http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting = append(f.waiting, strings.Repeat("x", plainBody)); len(f.waiting) == plainBatch {
		if err := f.store(r.Context(), f.waiting); err != nil {
			http.Error(w, "not stored", http.StatusInternalServerError)
			return
		}
		f.waiting = f.waiting[:0]
	}
}

// store stores texts, each with a job, in a transaction.
func (f *references) store(ctx context.Context, texts []string) error {
	return f.transaction(ctx, func(tx *sql.Tx) error {
		for _, t := range texts {
			res, err := tx.ExecContext(ctx, "INSERT INTO texts (body, at) VALUES (?, CURRENT_TIMESTAMP)", t)
			if err != nil {
				return err
			}
			id, err := res.LastInsertId()
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO jobs (text_id, at) VALUES (?, CURRENT_TIMESTAMP)", id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *references) read(ctx context.Context) (out []plainRow, err error) {
	rows, err := f.db.QueryContext(ctx, "SELECT r.id, p.name, p.place, r.snippet, r.at FROM rows r JOIN people p ON p.id = r.person_id ORDER BY r.at DESC, r.id DESC LIMIT ?", plainRows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r plainRow
		if err := rows.Scan(&r.ID, &r.Subject, &r.Place, &r.Snippet, &r.At); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func (f *references) showPage(w http.ResponseWriter, r *http.Request) {
	rows, err := f.read(r.Context())
	var b bytes.Buffer
	if err = errors.Join(err, f.page.Execute(&b, rows)); err != nil {
		http.Error(w, "not shown", http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(b.Bytes())
}

func (f *references) showList(w http.ResponseWriter, r *http.Request) {
	rows, err := f.read(r.Context())
	if err = errors.Join(err, json.NewEncoder(w).Encode(rows)); err != nil {
		http.Error(w, "not shown", http.StatusInternalServerError)
	}
}

// transactions stores some texts with a commit each, and computes for as long as that takes, about.
func (f *references) transactions(ctx context.Context) (int, error) {
	sum := 0.0
	for range ratioDecisions {
		if err := f.store(ctx, []string{strings.Repeat("y", plainBody), strings.Repeat("z", plainBody), "a reply"}); err != nil {
			return 0, fmt.Errorf("store: %w", err)
		}
		for i, v := range f.table {
			sum += v * f.table[(i*31)%len(f.table)]
		}
	}
	if sum <= 0 {
		return 0, errors.New("BUG: nothing was computed")
	}
	return ratioDecisions, nil
}

// count counts under names, as simply as it can be done.
func (f *references) count(names []string, n int) int {
	for i := range n {
		f.mu.Lock()
		f.counts[names[i%len(names)]]++
		f.mu.Unlock()
	}
	return n
}

// close ends the server and the database.
func (f *references) close() error { return errors.Join(f.server.http.Close(), f.db.Close()) }
