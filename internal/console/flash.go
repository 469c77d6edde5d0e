package console

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"clubos/internal/console/page"
)

// note is what one page says to the next: what has just happened, and a secret that is shown once. It
// travels in a cookie sealed by the club's keys, so that nobody reads or forges it and nothing of it
// stands in an address.
type note struct {
	User   string    `json:"u"`
	Tone   page.Tone `json:"t,omitempty"`
	Text   string    `json:"x,omitempty"`
	Secret string    `json:"s,omitempty"`
	Name   string    `json:"n,omitempty"` // what the secret belongs to
}

const (
	noteName  = "console.note" // names the secret for the vault
	noteLimit = 3000           // bytes; browsers drop larger cookies
	noteLife  = 60             // seconds
)

func (v *visit) noteCookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: "clubos-note", Value: value, Path: v.at(), MaxAge: age, HttpOnly: true, Secure: !v.c.Cookies.PlainHTTP, SameSite: http.SameSiteLaxMode}
}

// leave leaves a note for the next page. A note that cannot be left is not worth failing an act that was
// done.
func (v *visit) leave(n note) {
	n.User = v.p.UserID.String()
	plain, err := json.Marshal(n)
	if err == nil {
		plain, err = v.keys.SealSecret(noteName, plain)
	}
	value := base64.RawURLEncoding.EncodeToString(plain)
	if err != nil || len(value) > noteLimit {
		v.c.Log.WarnContext(v.r.Context(), "note for the next page was not left", "event.action", "console.note", "labels.size", len(value))
		return
	}
	http.SetCookie(v.w, v.noteCookie(value, noteLife))
}

// done leaves a sentence for the next page and leads there.
func (v *visit) done(to, text string) error {
	v.leave(note{Tone: page.ToneOK, Text: text})
	return v.redirect(to)
}

// warn is done for what did not go as wished.
func (v *visit) warn(to, text string) error {
	v.leave(note{Tone: page.ToneWarn, Text: text})
	return v.redirect(to)
}

// found takes the note that the page before left; the zero note when there is none for this person.
func (v *visit) found() (n note) {
	k, err := v.r.Cookie("clubos-note")
	if err != nil {
		return note{}
	}
	http.SetCookie(v.w, v.noteCookie("", -1))
	sealed, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err == nil {
		sealed, err = v.keys.OpenSecret(noteName, sealed)
	}
	if err != nil || json.Unmarshal(sealed, &n) != nil || n.User != v.p.UserID.String() {
		return note{}
	}
	return n
}

func (n note) flash() *page.Flash {
	if n.Text == "" {
		return nil
	}
	return &page.Flash{Tone: n.Tone, Text: n.Text}
}
