package openphone

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/simulate/vendor"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

const line, member = "+15550100001", "+15550199999"

func world(t *testing.T, legacy bool) (*Client, *vendor.SMS, *club.ManualClock) {
	t.Helper()
	clock := club.NewManualClock(noon)
	s := vendor.NewSMS(vendor.SMSConfig{}, clock)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Heal(); s.Down() })
	cfg := Config{APIKey: s.Config().OpenPhoneKey, BaseURL: s.URL(), WebhookSecrets: []string{s.Config().OpenPhoneSecret}, LegacyKeys: []string{s.Config().LegacyKey}, Legacy: legacy,
		Limits: connector.Limits{Timeout: 300 * time.Millisecond}}
	if legacy {
		cfg.BaseURL += "/v1"
	}
	c, err := New(cfg, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s, clock
}

func outbound(text string) club.Outbound {
	return club.Outbound{Key: "k1", From: line, To: member, Text: text}
}

func TestSendReachesTheMemberOnce(t *testing.T) {
	t.Parallel()
	for _, legacy := range []bool{false, true} {
		c, s, _ := world(t, legacy)
		r, err := c.Send(t.Context(), outbound("Bay 3 is back — enjoy ⛳"))
		if err != nil || r.ProviderMessageID == "" || r.Status != club.MessageSent {
			t.Fatalf("legacy %t: %+v %v", legacy, r, err)
		}
		if diff := cmp.Diff([]string{"Bay 3 is back — enjoy ⛳"}, s.Received(member)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

func TestFindTellsWhetherALostSendWentOut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault vendor.Fault
		want  bool
	}{
		"the answer was lost": {vendor.LoseAnswer(), true},
		"the vendor hung":     {vendor.Hang(), false},
		"a server error":      {vendor.Fail(500), false},
	} {
		c, s, clock := world(t, false)
		if _, err := c.Send(t.Context(), outbound("Restarting bay 3.")); err != nil { // an older text with the same words
			t.Fatal(err)
		}
		since := clock.Advance(time.Hour)
		s.Break("send", tc.fault)
		if _, err := c.Send(t.Context(), outbound("Restarting bay 3.")); !club.EffectUnknown(err) {
			t.Errorf("%s: %v should leave the effect open", name, err)
		}
		clock.Advance(10 * time.Second)
		r, found, err := c.Find(t.Context(), outbound("Restarting bay 3."), since)
		if err != nil || found != tc.want || found && r.ProviderMessageID == "" {
			t.Errorf("%s: %+v %t %v", name, r, found, err)
		}
		s.Break("list", vendor.Fail(503))
		if _, _, err := c.Find(t.Context(), outbound("Restarting bay 3."), since); err == nil {
			t.Errorf("%s: a vendor that cannot say was believed", name)
		}
	}
}

func TestFindReadsEveryPage(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t, false)
	for i := range 70 {
		s.Put(line, member, "text "+strings.Repeat("x", i+1))
		clock.Advance(time.Second)
	}
	if _, found, err := c.Find(t.Context(), outbound("text x"), noon); !found || err != nil {
		t.Errorf("the oldest of 70: %t %v", found, err)
	}
	if _, found, err := c.Find(t.Context(), outbound("text y"), noon); found || err != nil {
		t.Errorf("none of 70: %t %v", found, err)
	}
}

func TestSendSaysNoClearly(t *testing.T) {
	t.Parallel()
	c, s, _ := world(t, false)
	s.OptOut(member)
	words := "your code is 4711"
	for name, m := range map[string]club.Outbound{
		"empty text": outbound(""), "text too long": outbound(strings.Repeat("é", 1601)), "opted out": outbound(words),
		"no such line": {From: "+15550100009", To: "+15550100002", Text: words}, "no number": {From: line, To: "bob", Text: words},
	} {
		_, err := c.Send(t.Context(), m)
		var v *club.VendorError
		if !errors.As(err, &v) || !v.Rejected || v.Retryable || club.EffectUnknown(err) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), words) || strings.Contains(err.Error(), member) || strings.Contains(err.Error(), s.Config().OpenPhoneKey) {
			t.Errorf("%s: error holds what it must not: %v", name, err)
		}
	}
	c.Close()
	s.Down()
	if _, err := c.Send(t.Context(), outbound("hello")); err == nil || club.EffectUnknown(err) {
		t.Errorf("with nobody listening: %v", err)
	}
	if len(s.Effects()) != 0 {
		t.Errorf("effects %v", s.Effects())
	}
}

func TestReceiveReadsTextsOfBothGenerations(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t, false)
	in := vendor.Incoming{ID: "AC1", From: member, To: line, Text: "bay 3 froze 😬  \u00a0", Media: []club.Media{{URL: "https://x/1", Type: "image/png"}}}
	for _, wire := range []vendor.Wire{vendor.OpenPhone, vendor.OpenPhoneLegacy} {
		w := s.Text(wire, "http://unused", in)
		d, err := c.Receive(w.Header, "", w.Body, clock.Now())
		if err != nil || d.Inbound == nil || d.ID == "" {
			t.Fatalf("%s: %+v %v", wire, d, err)
		}
		want := club.Inbound{Provider: Provider, ProviderMessageID: "AC1", DeliveryID: d.ID, From: member, To: line, Text: in.Text, Media: in.Media, SentAt: noon}
		if diff := cmp.Diff(want, *d.Inbound); diff != "" {
			t.Errorf("%s (-want +got)\n%s", wire, diff)
		}
		for name, spoil := range map[string]func() (http.Header, []byte, time.Time){
			"tampered": func() (http.Header, []byte, time.Time) {
				return w.Header, []byte(strings.Replace(string(w.Body), "bay 3", "bay 4", 1)), clock.Now()
			},
			"stale":    func() (http.Header, []byte, time.Time) { return w.Header, w.Body, clock.Now().Add(6 * time.Minute) },
			"unsigned": func() (http.Header, []byte, time.Time) { return http.Header{}, w.Body, clock.Now() },
		} {
			if _, err := c.Receive(func() (http.Header, string, []byte, time.Time) { h, b, n := spoil(); return h, "", b, n }()); club.CodeOf(err) != club.CodeUnauthenticated {
				t.Errorf("%s, %s: %v", wire, name, err)
			}
		}
	}
}

func TestReceiveReadsReports(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t, false)
	r, err := c.Send(t.Context(), outbound("Done."))
	if err != nil {
		t.Fatal(err)
	}
	for status, want := range map[string]club.MessageStatus{"delivered": club.MessageDelivered, "undelivered": club.MessageFailed, "failed": club.MessageFailed} {
		for _, wire := range []vendor.Wire{vendor.OpenPhone, vendor.OpenPhoneLegacy} {
			w := s.Report(wire, "http://unused", r.ProviderMessageID, status, "30003")
			d, err := c.Receive(w.Header, "", w.Body, clock.Now())
			if err != nil || d.Report == nil {
				t.Fatalf("%s %s: %+v %v", wire, status, d, err)
			}
			if diff := cmp.Diff(club.DeliveryReport{Provider: Provider, ProviderMessageID: r.ProviderMessageID, Status: want, ErrorCode: "30003", Text: "Done.", To: member, Line: line, At: noon}, *d.Report); diff != "" {
				t.Errorf("%s (-want +got)\n%s", wire, diff)
			}
		}
	}
}

func signed(c *Client, s *vendor.SMS, body string) (club.Delivery, error) {
	return c.Receive(vendor.StandardSign(s.Config().OpenPhoneSecret, "msg_1", noon, []byte(body)), "", []byte(body), noon)
}

func TestReceiveUnwrapsAndIgnores(t *testing.T) {
	t.Parallel()
	c, s, _ := world(t, false)
	const msg = `{"id":"AC9","from":"+15550199999","to":"+15550100001","direction":"incoming","body":"hi","createdAt":"2026-11-26T12:00:00Z"}`
	for name, body := range map[string]string{
		"event wrapped once more":   `{"object":{"id":"EV1","object":"event","apiVersion":"v3","type":"message.received","data":{"object":` + msg + `}}}`,
		"message wrapped once more": `{"id":"EV1","object":"event","type":"message.received","data":{"object":{"object":` + msg + `}}}`,
	} {
		d, err := signed(c, s, body)
		if err != nil || d.Inbound == nil || d.Inbound.Text != "hi" || d.Inbound.To != line || d.ID != "msg_1" {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
	const odd = `{"id":"EV1","type":"message.received","createdAt":1764158400,"data":{"resource":{"id":"AC8","text":"hi","createdAt":"noon"},"context":{"senderIdentifier":"+15550199999"}}}`
	if d, err := signed(c, s, odd); err != nil || d.Inbound == nil || d.Inbound.Text != "hi" || !d.Inbound.SentAt.IsZero() {
		t.Errorf("a text with a time that cannot be read: %+v %v", d, err)
	}
	for body, want := range map[string]string{
		`{"id":5,"type":"call.ringing","createdAt":"now","data":{"context":[]}}`:                         "call.ringing",
		`{"id":"EV1","type":"call.recording.completed","data":{"resource":{"media":{"url":"x"}}}}`:       "call.recording.completed",
		`{"id":"EV1","type":"contact.created","data":{"resource":["CT1"]}}`:                              "contact.created",
		`{"id":"EV1","type":"task.created","data":"TK1"}`:                                                "task.created",
		`{"object":{"type":"call.ringing","createdAt":7,"data":[{"object":{"from":{"name":"x"}}}]}}`:     "call.ringing",
		`{"id":"EV1","type":"` + strings.Repeat("x", 100) + `"}`:                                         strings.Repeat("x", 80),
		`{"id":"EV1","type":"call.ringing","data":{"resource":{"id":"CA1"}}}`:                            "call.ringing",
		`{"id":"EV1","type":"contact.updated","data":{"object":{"from":7}}}`:                             "contact.updated",
		`{"id":"EV1","type":"message.received","data":{"resource":{"id":"AC1","direction":"outgoing"}}}`: "message.received",
	} {
		if d, err := signed(c, s, body); err != nil || d.Ignored != want || d.Inbound != nil {
			t.Errorf("%s: %+v %v", body, d, err)
		}
	}
	for _, body := range []string{``, `[]`, `{`, `{"type":""}`, `{"type":"message.received"}`, `{"type":"message.received","data":{"object":{"id":7}}}`, `{"type":"message.delivered","data":{}}`} {
		if _, err := signed(c, s, body); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestLegacySignatureVector(t *testing.T) {
	t.Parallel()
	const sig = "hmac;1;1639710054089;mLe5pxCG8uCHlcos36OMg1aQD6Tsp1KspOowTPVKiYY="
	c, err := New(Config{APIKey: "k", LegacyKeys: []string{"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1639710054089)
	for name, tc := range map[string]struct {
		sig, body string
		now       time.Time
		ok        bool
	}{
		"the vector":     {sig, `{"id":"EV1"}`, at, true},
		"one of several": {"hmac;1;1639710054089;AAAA, " + sig, `{"id":"EV1"}`, at, true},
		"tampered":       {sig, `{"id":"EV2"}`, at, false},
		"stale":          {sig, `{"id":"EV1"}`, at.Add(301 * time.Second), false},
		"another scheme": {strings.Replace(sig, ";1;", ";2;", 1), `{"id":"EV1"}`, at, false},
		"another time":   {strings.Replace(sig, "089;", "090;", 1), `{"id":"EV1"}`, at, false},
	} {
		if err := c.verifyLegacy(tc.sig, []byte(tc.body), tc.now); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWithoutSecretsEveryWebhookIsRefused(t *testing.T) {
	t.Parallel()
	_, s, clock := world(t, false)
	c, err := New(Config{APIKey: "k"}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	for _, wire := range []vendor.Wire{vendor.OpenPhone, vendor.OpenPhoneLegacy} {
		w := s.Text(wire, "http://unused", vendor.Incoming{From: member, To: line, Text: "hi"})
		if _, err := c.Receive(w.Header, "", w.Body, clock.Now()); club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%s: %v", wire, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"EV1","type":"message.received","data":{"resource":{"id":"AC1","text":"x"},"context":{"senderIdentifier":"+1","recipientIdentifiers":["+2"]}}}`))
	f.Add([]byte(`{"object":{"type":"message.failed","data":{"object":{"object":{"id":"A","to":["x"],"errorCode":7}}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := parse("", body)
		if err != nil && club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%v", err)
		}
		if d.Inbound != nil && (d.Report != nil || d.Inbound.ProviderMessageID == "" || d.Inbound.From == "") {
			t.Errorf("%+v", d)
		}
	})
}
