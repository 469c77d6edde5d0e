package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/bookings"
	"clubos/internal/connector/openphone"
	"clubos/internal/connector/slack"
	"clubos/internal/connector/twilio"
	"clubos/internal/connector/unifi"
	"clubos/internal/inbox"
	"clubos/internal/limit"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
	"clubos/internal/webhook"
)

const (
	secret      = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	authToken   = "0123456789abcdef0123456789abcdef"
	account     = "AC00000000000000000000000000000000"
	slackSecret = "8f742231b10e8888abcd99yyyzzz85a5"
	unifiSecret = "unifi webhook secret"
	public      = "https://club.example.com"
	member      = "+14155550111"
	clubLine    = "+14155550100"
)

// gate is a club with webhooks, and what they wrote into the log.
type gate struct {
	t       testing.TB
	cluster *store.Cluster
	tenant  *store.Tenant
	keys    *vault.Tenant
	clock   *club.ManualClock
	handler http.Handler
	log     *lockedBuffer

	mu      sync.Mutex // guards the fields below
	presses []string
	byHand  []string
	reply   string
	failure error

	admit func(context.Context, bool) (func(), error) // nil admits all
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (g *gate) Press(_ context.Context, _ *store.Tenant, user, action, value string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.presses = append(g.presses, user+" "+action+" "+value)
	return g.reply, g.failure
}

func newGate(t testing.TB) *gate {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "test")
	g := &gate{t: t, cluster: c, tenant: tenant, keys: keys, clock: clock, log: &lockedBuffer{}}
	in := inbox.New(inbox.Config{Storm: -1, Cluster: c, Ring: vaulttest.Ring(t), Escalate: func(context.Context, *store.Tx, store.Thread, string) error { return nil },
		HandReplied: func(_ context.Context, _ *store.Tx, _ store.Thread, by club.Actor, words string) error {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.byHand = append(g.byHand, by.ID+": "+words)
			return nil
		}})
	t.Cleanup(in.Close)
	receivers := newReceivers(t)
	g.handler = webhook.New(webhook.Config{
		Admit: func(ctx context.Context, _ club.Slug, danger bool) (func(), error) {
			if g.admit == nil {
				return func() {}, nil
			}
			return g.admit(ctx, danger)
		},
		Limits:  &limit.Limits{Limiter: limit.New(limit.Config{}), Stranger: limit.Rate{Name: "address", Max: strangersMost, Window: time.Hour}},
		Cluster: c, Inbox: in, SlackActions: g, PublicURL: public + "/", Log: slog.New(slog.NewJSONHandler(g.log, nil)),
		Receivers: func(_ context.Context, tenant *store.Tenant) (webhook.Receivers, error) {
			if tenant.Slug != "test" {
				return webhook.Receivers{}, nil
			}
			return receivers, nil
		},
	})
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: club.NewLocationID(tx.Now), Slug: "north", Name: "North", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now})
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// strangersMost is how much an address may send that is not genuine.
const strangersMost = 500

// newReceivers returns the real vendors' packages, wired as app does.
func newReceivers(t testing.TB) webhook.Receivers {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	op, err := openphone.New(openphone.Config{APIKey: "key", WebhookSecrets: []string{secret}}, connector.Deps{})
	must(err)
	tw, err := twilio.New(twilio.Config{AccountSID: account, AuthTokens: []string{authToken}}, connector.Deps{})
	must(err)
	bk, err := bookings.NewWebhook([]string{secret})
	must(err)
	sl, err := slack.New(slack.Config{BotToken: "xoxb-1", SigningSecrets: []string{slackSecret}}, connector.Deps{})
	must(err)
	un, err := unifi.New(unifi.Config{BaseURL: "https://door.example.com:12445", Token: "token", WebhookSecrets: []string{unifiSecret}}, connector.Deps{})
	must(err)
	return webhook.Receivers{
		OpenPhone: op, Twilio: tw, Bookings: bk,
		Slack: func(h http.Header, body []byte, now time.Time) (webhook.Press, error) {
			i, err := sl.Receive(h, body, now)
			return webhook.Press{User: i.UserID, Action: i.ActionID, Value: i.Value}, err
		},
		UniFi: func(h http.Header, body []byte, now time.Time) (club.DoorEvent, error) {
			e, err := un.Receive(h, body, now)
			return e.DoorEvent(), err
		},
	}
}

// request is a webhook before it is sent.
type request struct {
	method, path, kind string
	header             http.Header
	body               []byte
}

func (g *gate) send(r request) *httptest.ResponseRecorder {
	g.t.Helper()
	return g.sendTo(g.t.Context(), r)
}

func (g *gate) sendTo(ctx context.Context, r request) *httptest.ResponseRecorder {
	if r.method == "" {
		r.method = http.MethodPost
	}
	req := httptest.NewRequestWithContext(ctx, r.method, r.path, bytes.NewReader(r.body))
	for k, v := range r.header {
		req.Header[k] = v
	}
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, req)
	return w
}

// standard signs a body as Standard Webhooks.
func standard(id string, at time.Time, body []byte) http.Header {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return h
}

func quo(id string, event map[string]any) request {
	body, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	return request{path: "/hooks/test/openphone", kind: "application/json", body: body, header: standard(id, storetest.Start, body)}
}

func received(id, from, words string, media ...map[string]any) request {
	return quo("msg_"+id, map[string]any{"id": "EV" + id, "type": "message.received", "createdAt": storetest.Start, "data": map[string]any{
		"resource": map[string]any{"id": "AC" + id, "direction": "incoming", "text": words, "media": media, "status": "received", "createdAt": storetest.Start},
		"context":  map[string]any{"phoneNumberId": "PN1", "senderIdentifier": from, "recipientIdentifiers": []string{clubLine}},
	}})
}

// sms signs a form as Twilio does.
func sms(sid, from, words string) request {
	f := url.Values{"MessageSid": {sid}, "AccountSid": {account}, "From": {from}, "To": {clubLine}, "Body": {words}, "NumMedia": {"0"}}
	return twilioForm(f)
}

func twilioForm(f url.Values) request {
	keys := make([]string, 0, len(f))
	for k := range f {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(public + "/hooks/test/twilio?line=1"))
	for _, k := range keys {
		mac.Write([]byte(k + f.Get(k)))
	}
	return request{path: "/hooks/test/twilio?line=1", kind: "application/x-www-form-urlencoded", body: []byte(f.Encode()),
		header: http.Header{"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}}
}

// bodies opens every text that is stored, oldest first.
func (g *gate) bodies() []string {
	g.t.Helper()
	var out []string
	err := g.tenant.Read(g.t.Context(), func(tx *store.Tx) error {
		page, err := tx.FindThreadsOfSubject(g.t.Context(), store.FindThreadsOfSubjectParams{SubjectID: g.subject(tx), Limit: 10})
		if err != nil {
			return err
		}
		for _, th := range page {
			list, err := tx.FindUnhandledMessages(g.t.Context(), th.ID)
			if err != nil {
				return err
			}
			s, err := tx.FindSubject(g.t.Context(), th.SubjectID)
			if err != nil {
				return err
			}
			for _, m := range list {
				body, err := people.Open(g.keys, s, people.ColumnMessage, m.ID.String(), m.Body)
				if err != nil {
					return err
				}
				out = append(out, body)
			}
		}
		return nil
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return out
}

func (g *gate) subject(tx *store.Tx) club.SubjectID {
	index := g.keys.Index(vault.IndexPhone, member)
	s, err := tx.FindSubjectByPhone(g.t.Context(), &index)
	if err != nil {
		g.t.Fatal(err)
	}
	return s.ID
}

func (g *gate) texts() int {
	g.t.Helper()
	return storetest.Count(g.t, g.tenant, "SELECT COUNT(*) FROM messages")
}
