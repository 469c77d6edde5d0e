package vendor

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // Twilio's signature is HMAC-SHA1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Webhook is a signed request that a vendor makes of ClubOS. It can be posted more than once, as
// vendors do, and spoiled before that.
type Webhook struct {
	URL    string
	Header http.Header
	Body   []byte
	ID     string // of the message, where it is about one

	sign func() http.Header // makes a signature that has a time; nil: it has none
}

// Anew returns the webhook as its vendor delivers it once more: the time that is signed is that of the attempt.
func (w Webhook) Anew() Webhook {
	if w.sign != nil {
		w.Header = w.sign()
	}
	return w
}

// Post delivers the webhook by HTTP and returns the answer's status.
func (w Webhook) Post(ctx context.Context) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(w.Body))
	if err != nil {
		return 0, err
	}
	req.Header = w.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, err
}

func mac(h func() hash.Hash, key []byte, parts ...string) []byte {
	m := hmac.New(h, key)
	for _, p := range parts {
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// StandardSign makes the headers of a Standard Webhooks delivery (Quo, and our booking webhook). The
// secret is whsec_<base64>.
func StandardSign(secret, id string, at time.Time, body []byte) http.Header {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	ts := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", ts)
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac(sha256.New, key, id+"."+ts+".", string(body))))
	return h
}

func legacySign(key string, at time.Time, body []byte) http.Header {
	raw, _ := base64.StdEncoding.DecodeString(key)
	ts := strconv.FormatInt(at.UnixMilli(), 10)
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set("openphone-signature", "hmac;1;"+ts+";"+base64.StdEncoding.EncodeToString(mac(sha256.New, raw, ts+".", string(body))))
	return h
}

func twilioSign(token, to string, form url.Values) http.Header {
	keys := make([]string, 0, len(form))
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	signed := to
	for _, k := range keys {
		signed += k + form.Get(k)
	}
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	h.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac(sha1.New, []byte(token), signed)))
	return h
}

func slackSign(secret string, at time.Time, body []byte) http.Header {
	ts := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	h.Set("X-Slack-Request-Timestamp", ts)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac(sha256.New, []byte(secret), "v0:"+ts+":", string(body))))
	return h
}

func unifiSign(secret string, at time.Time, body []byte) http.Header {
	ts := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set("Signature", "t="+ts+",v1="+hex.EncodeToString(mac(sha256.New, []byte(secret), ts+".", string(body))))
	return h
}

// newID makes an id in the manner of vendors.
func newID(prefix string) string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(fmt.Sprintf("BUG: no randomness: %v", err))
	}
	return prefix + hex.EncodeToString(b[:])
}
