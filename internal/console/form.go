package console

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/store"
)

// parse reads a posted form. Text that no database could keep is refused as a whole.
func (v *visit) parse() error {
	if err := v.r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return &club.Error{Code: club.CodeTooLarge, Msg: "The form is too large."}
		}
		return club.Invalid("The form did not arrive whole; please send it again.")
	}
	for _, values := range v.r.PostForm {
		for _, s := range values {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return club.Invalid("The form holds characters that cannot be stored.")
			}
		}
	}
	return nil
}

// field is a posted value of one line, without surrounding space.
func (v *visit) field(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }

// text is a posted value of several lines. Browsers send CRLF; we keep what the person sees.
func (v *visit) text(name string) string {
	return strings.ReplaceAll(v.r.PostForm.Get(name), "\r\n", "\n")
}

// query is a value of the address, cleaned of what no database could compare.
func (v *visit) query(name string) string {
	s := strings.ReplaceAll(strings.ToValidUTF8(v.r.URL.Query().Get(name), ""), "\x00", "")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	return strings.TrimSpace(s)
}

var idPattern = regexp.MustCompile(`^[a-z]{2,5}_[0-7][0-9a-hjkmnp-tv-z]{25}$`)

// idOf reads an id; the zero id when the text is none.
func idOf[T ~string](s string) T {
	if !idPattern.MatchString(s) {
		return ""
	}
	return T(s)
}

// pathID is the id in the address. What is none names nothing.
func pathID[T ~string](v *visit) (T, error) {
	id := idOf[T](v.r.PathValue("id"))
	if id == "" {
		return "", club.NotFound("There is no such thing here.")
	}
	return id, nil
}

// newKey returns a fresh key for a form.
func newKey() string { return rand.Text() }

// first reports whether a form's key comes for the first time from this person. A second press, a
// reload or a replica that was asked too finds it taken; the act it stands for was or is under way.
func (v *visit) first(key string) (bool, error) {
	if key == "" || len(key) > 64 {
		return false, club.Invalid("The form is incomplete; please open the page again.")
	}
	var n int64
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.ReserveIdempotencyKey(v.r.Context(), store.ReserveIdempotencyKeyParams{Principal: v.p.Actor.String(), Key: formKey(key), RequestHash: v.rt.pattern, CreatedAt: tx.Now, Empty: []byte{}})
		return err
	})
	return n == 1, err
}

// release gives a form's key back after an act that certainly did not happen.
func (v *visit) release(key string) {
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		_, err := tx.ReleaseIdempotencyKey(v.r.Context(), store.ReleaseIdempotencyKeyParams{Principal: v.p.Actor.String(), Key: formKey(key)})
		return err
	})
	if err != nil {
		v.c.Log.WarnContext(v.r.Context(), "form's key was not given back", "event.action", "console.release", "error.message", err.Error())
	}
}

func formKey(key string) string { return "form:" + key }

// keysOf writes ids as the keys of a JSON object, which is how both engines take a list.
func keysOf[T ~string](ids []T) (json.RawMessage, error) {
	set := make(map[T]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	return b, nil
}
