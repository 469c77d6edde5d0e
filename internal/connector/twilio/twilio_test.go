package twilio

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/simulate/vendor"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

const line, member, hook = "+15550100001", "+15550199999", "https://club.example/hooks/twilio?t=1"

func world(t *testing.T) (*Client, *vendor.SMS, *club.ManualClock) {
	t.Helper()
	clock := club.NewManualClock(noon)
	s := vendor.NewSMS(vendor.SMSConfig{}, clock)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Heal(); s.Down() })
	c, err := New(Config{AccountSID: s.Config().TwilioSID, AuthTokens: []string{s.Config().TwilioToken}, BaseURL: s.URL(), Limits: connector.Limits{Timeout: 300 * time.Millisecond}}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s, clock
}

func outbound(text string) club.Outbound { return club.Outbound{From: line, To: member, Text: text} }

func TestPublishedSignatureVectors(t *testing.T) {
	t.Parallel()
	c := &Client{cfg: Config{AccountSID: "AC1", AuthTokens: []string{"67890", "12345"}}}
	const u = "https://mycompany.com/myapp.php?foo=1&bar=2"
	for number, sig := range map[string]string{"+12349013030": "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "+14158675309": "RSOYDt4T1cUTdK1PDd93/VVr8B8="} {
		form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Digits": {"1234"}, "To": {"+18005551212"}, "From": {number}, "Caller": {number}}
		if !c.signatureFits(sig, u+sortedParams(form)) {
			t.Errorf("the vector for %s does not fit", number)
		}
		if c.signatureFits(sig, strings.Replace(u, "https", "http", 1)+sortedParams(form)) {
			t.Error("another URL fits")
		}
	}
}

func TestSendReachesTheMemberAndNoIsClear(t *testing.T) {
	t.Parallel()
	c, s, _ := world(t)
	r, err := c.Send(t.Context(), outbound("Bay 3 & 4 are back."))
	if err != nil || r.Status != club.MessageSent || !strings.HasPrefix(r.ProviderMessageID, "SM") {
		t.Fatalf("%+v %v", r, err)
	}
	s.OptOut(member)
	_, err = c.Send(t.Context(), outbound("secret words"))
	var v *club.VendorError
	if !errors.As(err, &v) || !v.Rejected || v.VendorCode != OptedOut || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), member) {
		t.Errorf("opted out: %v", err)
	}
	if _, err := c.Send(t.Context(), outbound("")); err == nil || club.EffectUnknown(err) {
		t.Errorf("empty: %v", err)
	}
	s.Break("send", vendor.Fail(429))
	if _, err := c.Send(t.Context(), outbound("x")); !errors.As(err, &v) || !v.Retryable || club.EffectUnknown(err) {
		t.Errorf("limited: %v", err)
	}
	if diff := cmp.Diff([]string{"Bay 3 & 4 are back."}, s.Received(member)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFindTellsWhetherALostSendWentOut(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t)
	if _, err := c.Send(t.Context(), outbound("On it.")); err != nil {
		t.Fatal(err)
	}
	since := clock.Advance(time.Hour)
	if _, found, err := c.Find(t.Context(), outbound("On it."), since); found || err != nil {
		t.Errorf("an older text was taken for ours: %t %v", found, err)
	}
	s.Break("send", vendor.LoseAnswer())
	if _, err := c.Send(t.Context(), outbound("On it.")); !club.EffectUnknown(err) {
		t.Errorf("%v", err)
	}
	if r, found, err := c.Find(t.Context(), outbound("On it."), since); !found || err != nil || r.ProviderMessageID == "" {
		t.Errorf("%+v %t %v", r, found, err)
	}
	s.Break("list", vendor.Hang())
	if _, _, err := c.Find(t.Context(), outbound("On it."), since); err == nil {
		t.Error("a vendor that hangs was believed")
	}
}

func TestFindTakesNoTextOfAnotherLineForOurs(t *testing.T) {
	t.Parallel()
	const otherLine = "+15550100002"
	clock := club.NewManualClock(noon)
	s := vendor.NewSMS(vendor.SMSConfig{Lines: map[string]string{line: "PN1", otherLine: "PN2"}}, clock)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Down)
	s.Put(otherLine, member, "On it.")
	for service, want := range map[string]bool{"": false, "MG1": true} {
		c, err := New(Config{AccountSID: s.Config().TwilioSID, AuthTokens: []string{s.Config().TwilioToken}, MessagingServiceSID: service, BaseURL: s.URL()}, connector.Deps{Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		if _, found, err := c.Find(t.Context(), outbound("On it."), noon.Add(-time.Minute)); found != want || err != nil {
			t.Errorf("service %q: %t %v", service, found, err)
		}
	}
}

func TestReceivedListsWhatMembersSentWhetherOrNotItsWebhookCame(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t)
	text := func(words string, media ...club.Media) string {
		w := s.Text(vendor.Twilio, hook, vendor.Incoming{From: member, To: line, Text: words, Media: media})
		return w.ID
	}
	text("long ago")
	s.Put(line, member, "not a member's")
	since := clock.Advance(time.Hour)
	first := text("bay 3 froze")
	second := text("", club.Media{URL: "https://x/1", Type: "image/png"}, club.Media{URL: "https://x/2", Type: "image/jpeg"})
	got, err := c.Received(t.Context(), line, since)
	if err != nil {
		t.Fatal(err)
	}
	at, files := since.Truncate(time.Second), s.URL()+"/2010-04-01/Accounts/"+s.Config().TwilioSID+"/Messages/"+second+"/Media/ME"
	want := []club.Inbound{
		{Provider: Provider, ProviderMessageID: first, From: member, To: line, Text: "bay 3 froze", Media: []club.Media{}, SentAt: at},
		{Provider: Provider, ProviderMessageID: second, From: member, To: line, Media: make([]club.Media, 2), SentAt: at},
	}
	for i := range got {
		got[i].SentAt = got[i].SentAt.UTC()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	media, err := c.Media(t.Context(), second)
	if diff := cmp.Diff([]club.Media{{URL: files + "0", Type: "image/png"}, {URL: files + "1", Type: "image/jpeg"}}, media); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for i := range 250 { // more than two pages
		text(strconv.Itoa(i))
	}
	if got, err = c.Received(t.Context(), line, since); err != nil || len(got) != 252 || got[251].Text != "249" {
		t.Errorf("%d texts, %v", len(got), err)
	}
	s.Break("list", vendor.Fail(500))
	if _, err := c.Received(t.Context(), line, since); err == nil {
		t.Error("a vendor that fails has nothing")
	}
}

func TestReceiveReadsTextsAndReports(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t)
	in := vendor.Incoming{ID: "SM1", From: member, To: line, Text: " door won't open + hurry &=% ", Media: []club.Media{{URL: "https://x/1", Type: "image/png"}}}
	w := s.Text(vendor.Twilio, hook, in)
	d, err := c.Receive(w.Header, hook, w.Body, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(club.Delivery{Inbound: &club.Inbound{Provider: Provider, ProviderMessageID: "SM1", From: member, To: line, Text: in.Text, Media: in.Media}}, d); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, tc := range map[string]struct {
		h    http.Header
		url  string
		body []byte
	}{
		"tampered":       {w.Header, hook, append([]byte("Body2=x&"), w.Body...)},
		"another URL":    {w.Header, hook + "2", w.Body},
		"unsigned":       {http.Header{"Content-Type": w.Header["Content-Type"]}, hook, w.Body},
		"no form at all": {http.Header{"X-Twilio-Signature": w.Header["X-Twilio-Signature"]}, hook, w.Body},
	} {
		if _, err := c.Receive(tc.h, tc.url, tc.body, clock.Now()); club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	for status, want := range map[string]club.MessageStatus{"sent": club.MessageSent, "delivered": club.MessageDelivered, "undelivered": club.MessageFailed, "failed": club.MessageFailed} {
		w := s.Report(vendor.Twilio, hook, "SM2", status, "30003")
		d, err := c.Receive(w.Header, hook, w.Body, clock.Now())
		if err != nil || d.Report == nil || d.Report.Status != want || d.Report.ErrorCode != "30003" {
			t.Errorf("%s: %+v %v", status, d.Report, err)
		}
	}
	w = s.Report(vendor.Twilio, hook, "SM2", "queued", "")
	if d, err := c.Receive(w.Header, hook, w.Body, clock.Now()); err != nil || d.Ignored == "" {
		t.Errorf("queued: %+v %v", d, err)
	}
	if _, err := (&Client{}).Receive(w.Header, hook, w.Body, clock.Now()); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("without a token: %v", err)
	}
}

func TestJSONBodiesAreBoundByTheirDigest(t *testing.T) {
	t.Parallel()
	body := []byte(`{"a":1}`)
	sum := sha256.Sum256(body)
	u := hook + "&bodySHA256=" + hex.EncodeToString(sum[:])
	s := vendor.NewSMS(vendor.SMSConfig{}, nil)
	c, err := New(Config{AccountSID: s.Config().TwilioSID, AuthTokens: []string{s.Config().TwilioToken}}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	h := s.SignURL(u)
	if d, err := c.Receive(h, u, body, noon); err != nil || d.Ignored != "json" {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := c.Receive(h, u, []byte(`{"a":2}`), noon); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("MessageSid=SM1&From=%2B1&Body=x&NumMedia=1&MediaUrl0=u")
	f.Add("MessageSid=SM1&MessageStatus=delivered")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		if d, err := parse(form); err != nil && club.CodeOf(err) != club.CodeInvalid || d.Inbound != nil && d.Report != nil {
			t.Errorf("%+v %v", d, err)
		}
	})
}
