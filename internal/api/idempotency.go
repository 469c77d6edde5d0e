package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
)

const (
	// keepAnswers is how long the answer to a POST with an Idempotency-Key is kept.
	keepAnswers = 24 * time.Hour
	// atWork is how long a request can be at work; a key that is older was left by a process that ended.
	atWork = 5 * time.Minute
)

// Register adds the API's periodic job: old idempotency keys are deleted.
func Register(r *jobs.Registry) { r.Every("idempotency_keys", time.Hour, Sweep) }

// sweepBatch is how many keys are deleted in a transaction, so that nothing waits long for SQLite's writer.
const sweepBatch = 500

// Sweep deletes a club's idempotency keys that are older than a day.
func Sweep(ctx context.Context, tenant *store.Tenant) error {
	for gone := int64(sweepBatch); gone == sweepBatch; {
		err := tenant.Write(ctx, func(tx *store.Tx) (err error) {
			gone, err = tx.DeleteOldIdempotencyKeys(ctx, store.DeleteOldIdempotencyKeysParams{Before: tx.Now.Add(-keepAnswers), Size: sweepBatch})
			return err
		})
		if err != nil {
			return fmt.Errorf("delete old idempotency keys: %w", err)
		}
	}
	return nil
}

// once runs a POST whose caller may send it again. The key is taken by an INSERT before anything else,
// so that of several requests at once one runs. Success is kept and told again word for word. A refusal
// is not: nothing has happened then, and the caller may mend the request and use the key again. A key
// whose request ended without either (the process was killed) stays taken, because its effect is not
// known.
func (a *api) once(w http.ResponseWriter, r *http.Request, c *call, key string, body []byte, next http.HandlerFunc) {
	ctx := r.Context()
	if err := checkKey(key); err != nil {
		a.problem(ctx, err).write(w)
		return
	}
	row := keyRow{principal: c.by.Actor.String(), key: key, hash: hashRequest(r, body)}
	earlier, err := row.reserve(ctx, c)
	if err != nil {
		a.problem(ctx, err).write(w)
		return
	}
	if earlier != nil {
		earlier.send(w, true)
		return
	}
	// The work is finished even if the caller has gone: its answer is what the next try gets.
	digest := sha256.Sum256([]byte(key))
	c.once = "key:" + hex.EncodeToString(digest[:20])
	out := &capture{header: http.Header{}}
	settled := false
	end := func(fn func(context.Context) error) {
		settled = true
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := fn(ctx); err != nil {
			a.log.ErrorContext(ctx, "idempotency key not settled", "event.action", "api.idempotency", "event.outcome", "failure", "error.message", err.Error())
		}
	}
	defer func() {
		if !settled { // a panic is on its way to catch
			end(func(ctx context.Context) error { return row.release(ctx, c) })
		}
	}()
	next(out, r.WithContext(context.WithoutCancel(ctx)))
	if out.status == 0 {
		out.status = http.StatusOK
	}
	if out.status >= 400 {
		end(func(ctx context.Context) error { return row.release(ctx, c) })
	} else {
		end(func(ctx context.Context) error { return row.finish(ctx, c, out.stored()) })
	}
	out.stored().send(w, false)
}

func checkKey(key string) error {
	if len(key) > 200 {
		return refuse(string(club.CodeInvalid), "an Idempotency-Key has 1 to 200 characters")
	}
	for _, r := range key {
		if r < '!' || r > '~' {
			return refuse(string(club.CodeInvalid), "an Idempotency-Key has visible ASCII characters only")
		}
	}
	return nil
}

// hashRequest digests everything that makes a request what it is.
func hashRequest(r *http.Request, body []byte) string {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Content-Type"), r.Header.Get("If-Match")} {
		_, _ = fmt.Fprintf(h, "%d:%s\n", len(part), part) // a hash takes everything
	}
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

type keyRow struct{ principal, key, hash string }

func (k keyRow) cell() string { return "idempotency_keys.body/" + k.principal + "/" + k.key }

// reserve takes the key. It returns the earlier answer, or nil when the request is to run.
func (k keyRow) reserve(ctx context.Context, c *call) (*stored, error) {
	var earlier *stored
	err := c.write(ctx, func(tx *store.Tx) error {
		n, err := tx.ReserveIdempotencyKey(ctx, store.ReserveIdempotencyKeyParams{Principal: k.principal, Key: k.key, RequestHash: k.hash, Empty: []byte{}, CreatedAt: tx.Now})
		if err != nil {
			return fmt.Errorf("reserve idempotency key: %w", err)
		}
		if n == 1 {
			return nil
		}
		row, err := tx.FindIdempotencyKey(ctx, store.FindIdempotencyKeyParams{Principal: k.principal, Key: k.key})
		if club.CodeOf(store.Translate(err)) == club.CodeNotFound { // released between the two statements
			return busy()
		}
		switch {
		case err != nil:
			return fmt.Errorf("find idempotency key: %w", err)
		case row.RequestHash != k.hash:
			return refuse(codeKeyReused, "this Idempotency-Key was used for another request")
		case row.Status != 0:
			tx.Relies()
			earlier, err = k.open(c, row)
			return err
		case tx.Now.Sub(row.CreatedAt) < atWork:
			return busy()
		}
		return refuse(codeKeyBusy, "an earlier request with this key ended without telling what became of it; look before you try again with another key")
	})
	return earlier, err
}

func busy() *Problem {
	return refuse(codeKeyBusy, "a request with this Idempotency-Key is at work; ask again in a moment").with("Retry-After", "1")
}

func (k keyRow) release(ctx context.Context, c *call) error {
	return c.write(ctx, func(tx *store.Tx) error {
		_, err := tx.ReleaseIdempotencyKey(ctx, store.ReleaseIdempotencyKeyParams{Principal: k.principal, Key: k.key})
		return err
	})
}

func (k keyRow) finish(ctx context.Context, c *call, s *stored) error {
	plain, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	sealed, err := c.keys.SealSecret(k.cell(), plain)
	if err != nil {
		return err
	}
	return c.write(ctx, func(tx *store.Tx) error {
		_, err := tx.FinishIdempotencyKey(ctx, store.FinishIdempotencyKeyParams{Principal: k.principal, Key: k.key, Status: int64(s.Status), Body: sealed})
		return err
	})
}

func (k keyRow) open(c *call, row store.IdempotencyKey) (*stored, error) {
	plain, err := c.keys.OpenSecret(k.cell(), row.Body)
	if err != nil {
		return nil, err
	}
	var s stored
	if err := json.Unmarshal(plain, &s); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	return &s, nil
}

// stored is an answer that can be given again.
type stored struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

func (s *stored) send(w http.ResponseWriter, again bool) {
	for name, values := range s.Header {
		w.Header()[name] = values
	}
	if again {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	w.WriteHeader(s.Status)
	_, _ = io.Copy(w, bytes.NewReader(s.Body)) // a caller who has gone asks again
}

// capture is a ResponseWriter that keeps what is written.
type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *capture) Header() http.Header { return c.header }

func (c *capture) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

func (c *capture) Write(b []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.body.Write(b)
}

func (c *capture) stored() *stored {
	return &stored{Status: c.status, Header: c.header, Body: c.body.Bytes()}
}
