package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the vendor's signature is HMAC-SHA1, for which SHA-1's weakness does not matter
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Receive verifies and reads one webhook: an inbound text or a delivery report. The public URL is
// the one configured with the vendor, with its query; it is part of the signature. Unauthenticated
// when the signature does not fit or no auth token is configured; Invalid when a signed body cannot
// be read. The signature has no time in it: a replay is told by the message id alone.
func (c *Client) Receive(header http.Header, publicURL string, body []byte, _ time.Time) (club.Delivery, error) {
	if len(c.cfg.AuthTokens) == 0 {
		return club.Delivery{}, club.Unauthenticated("no auth token is configured to check webhooks with")
	}
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	var form url.Values
	signed := publicURL
	if kind == "application/x-www-form-urlencoded" {
		var err error
		if form, err = url.ParseQuery(string(body)); err != nil {
			return club.Delivery{}, club.Unauthenticated("the webhook's form cannot be read, so its signature cannot be checked")
		}
		signed += sortedParams(form)
	} else if !bodyDigestFits(publicURL, body) {
		return club.Delivery{}, club.Unauthenticated("the webhook's signature does not fit")
	}
	if !c.signatureFits(header.Get("X-Twilio-Signature"), signed) {
		return club.Delivery{}, club.Unauthenticated("the webhook's signature does not fit")
	}
	if form == nil {
		return ignoreJSON(body)
	}
	if sid := form.Get("AccountSid"); sid != "" && sid != c.cfg.AccountSID {
		return club.Delivery{}, club.Unauthenticated("the webhook is about another account")
	}
	return parse(form)
}

func (c *Client) signatureFits(got, signed string) bool {
	ok := false
	for _, token := range c.cfg.AuthTokens {
		mac := hmac.New(sha1.New, []byte(token))
		mac.Write([]byte(signed))
		ok = connector.EqualMAC(got, base64.StdEncoding.EncodeToString(mac.Sum(nil))) || ok
	}
	return ok
}

// sortedParams is each key with each of its distinct values, in order, without separators.
func sortedParams(form url.Values) string {
	var b strings.Builder
	keys := make([]string, 0, len(form))
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		vs := slices.Clone(form[k])
		slices.Sort(vs)
		for _, v := range slices.Compact(vs) {
			b.WriteString(k + v)
		}
	}
	return b.String()
}

// bodyDigestFits checks the digest that binds a body which is no form to the signed URL.
func bodyDigestFits(publicURL string, body []byte) bool {
	u, err := url.Parse(publicURL)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(body)
	return connector.EqualMAC(strings.ToLower(u.Query().Get("bodySHA256")), hex.EncodeToString(sum[:]))
}

func ignoreJSON(body []byte) (club.Delivery, error) {
	if !json.Valid(body) {
		return club.Delivery{}, club.Invalid("the webhook is neither a form nor JSON")
	}
	return club.Delivery{Ignored: "json"}, nil
}

func parse(form url.Values) (club.Delivery, error) {
	sid := form.Get("MessageSid")
	if sid == "" {
		sid = form.Get("SmsSid")
	}
	if sid == "" {
		return club.Delivery{}, club.Invalid("the webhook has no message id")
	}
	if s := form.Get("MessageStatus"); s != "" && s != "received" && s != "receiving" {
		status, ok := statusOf(s)
		if !ok {
			return club.Delivery{Ignored: "status " + s[:min(len(s), 20)]}, nil
		}
		return club.Delivery{Report: &club.DeliveryReport{
			Provider: Provider, ProviderMessageID: sid, Status: status, ErrorCode: form.Get("ErrorCode"), To: form.Get("To"),
		}}, nil
	}
	in := &club.Inbound{Provider: Provider, ProviderMessageID: sid, From: form.Get("From"), To: form.Get("To"), Text: form.Get("Body")}
	if in.From == "" {
		return club.Delivery{}, club.Invalid("the webhook's message has no sender")
	}
	n, _ := strconv.Atoi(form.Get("NumMedia"))
	for i := range min(max(n, 0), mostMedia) {
		k := strconv.Itoa(i)
		if u := form.Get("MediaUrl" + k); u != "" {
			in.Media = append(in.Media, club.Media{URL: u, Type: form.Get("MediaContentType" + k)})
		}
	}
	return club.Delivery{Inbound: in}, nil
}
