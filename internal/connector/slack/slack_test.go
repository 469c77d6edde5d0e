package slack

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/simulate/vendor"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func world(t *testing.T) (*Client, *vendor.Slack, *club.ManualClock) {
	t.Helper()
	clock := club.NewManualClock(noon)
	s := vendor.NewSlack(vendor.SlackConfig{}, clock)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Heal(); s.Down() })
	c, err := New(Config{BotToken: s.Config().BotToken, SigningSecrets: []string{s.Config().SigningSecret}, BaseURL: s.URL() + "/api", Limits: connector.Limits{Timeout: 300 * time.Millisecond}}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s, clock
}

func alert() Alert {
	return Alert{
		Title: "Bay 3 needs you", Lines: []string{"\"<!channel> it froze & I paid\"", ""}, Fields: []Field{{"Location", "Northside"}, {"Waiting", "4 min"}},
		Buttons: []Button{{Label: "Take it", ActionID: "claim", Value: "esc_1", Style: "primary"}, {Label: "Reboot", ActionID: "approve", Value: "prp_1", Style: "danger", Confirm: "Reboot bay 3?"}},
		Link:    Link{Label: "Open the thread", URL: "https://club.example/t/1|x>"},
	}
}

func TestAnAlertIsPostedPressedAndReplaced(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t)
	ts, err := c.Post(t.Context(), "C0OPS", alert().Message())
	if err != nil || ts == "" {
		t.Fatal(ts, err)
	}
	w, err := s.Press("http://unused", ts, "approve", "U1")
	if err != nil {
		t.Fatal(err)
	}
	in, err := c.Receive(w.Header, w.Body, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := Interaction{Type: "block_actions", UserID: "U1", TeamID: "T0SIM", ActionID: "approve", Value: "prp_1", Channel: "C0OPS", TS: ts, ActionTS: in.ActionTS, ResponseURL: in.ResponseURL}
	if diff := cmp.Diff(want, in); diff != "" || in.ActionTS == "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := c.Update(t.Context(), "C0OPS", ts, Message{Text: "Done by Kim"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Press("http://unused", ts, "approve", "U1"); err == nil {
		t.Error("the buttons are still there after the update")
	}
	if m := s.Messages(); len(m) != 1 || m[0].Updates != 1 || m[0].Text != "Done by Kim" {
		t.Errorf("%+v", m)
	}
}

func TestWordsOfMembersAreNeverMarkup(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(alert().Message().Blocks)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []struct {
		Type     string
		Text     struct{ Type, Text string }
		Elements []struct{ Type, Text any }
	}
	if err := json.Unmarshal(b, &blocks); err != nil {
		t.Fatal(err)
	}
	for _, bl := range blocks {
		if bl.Text.Type != "" && bl.Text.Type != "plain_text" {
			t.Errorf("block %+v", bl)
		}
	}
	if s := string(b); !strings.Contains(s, `%7Cx%3E|Open the thread`) {
		t.Errorf("link is not safe: %s", s)
	}
	if got := (Alert{Title: "<!here> &"}).Message().Text; got != "&lt;!here&gt; &amp;" {
		t.Error(got)
	}
	long := Alert{Title: strings.Repeat("x", 500), Lines: []string{strings.Repeat("y", 5000)}, Fields: make([]Field, 20), Buttons: []Button{{Label: strings.Repeat("z", 100), ActionID: "a"}}}
	c, _, _ := world(t)
	if _, err := c.Post(t.Context(), "C0OPS", long.Message()); err != nil {
		t.Errorf("an alert that is too long: %v", err)
	}
}

func TestFailuresAreToldApart(t *testing.T) {
	t.Parallel()
	c, s, clock := world(t)
	var v *club.VendorError
	if _, err := c.Post(t.Context(), "C0NOPE", alert().Message()); !errors.As(err, &v) || v.VendorCode != "channel_not_found" || !v.Rejected {
		t.Errorf("%v", err)
	}
	s.Break("post", vendor.Offline())
	if _, err := c.Post(t.Context(), "C0OPS", alert().Message()); !club.EffectUnknown(err) || !errors.As(err, &v) || !v.Retryable {
		t.Errorf("%v", err)
	}
	s.Break("post", vendor.Fail(429))
	if _, err := c.Post(t.Context(), "C0OPS", alert().Message()); !errors.As(err, &v) || !v.Retryable || !v.Rejected {
		t.Errorf("%v", err)
	}
	bad, err := New(Config{BotToken: "xoxb-wrong", BaseURL: s.URL() + "/api"}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := bad.Update(t.Context(), "C0OPS", "1", alert().Message()); !errors.As(err, &v) || v.VendorCode != "invalid_auth" || strings.Contains(err.Error(), "xoxb") {
		t.Errorf("%v", err)
	}
}

func TestPublishedSignatureVector(t *testing.T) {
	t.Parallel()
	const body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	c := &Client{secrets: []string{"another-secret-of-ours", "8f742231b10e8888abcd99yyyzzz85a5"}}
	at := time.Unix(1531420618, 0)
	header := func(ts, sig string) http.Header {
		h := http.Header{}
		h.Set("X-Slack-Request-Timestamp", ts)
		h.Set("X-Slack-Signature", sig)
		return h
	}
	const ts, sig = "1531420618", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
	for name, tc := range map[string]struct {
		h    http.Header
		body string
		now  time.Time
		ok   bool
	}{
		"the vector": {header(ts, sig), body, at, true},
		"tampered":   {header(ts, sig), body + "x", at, false},
		"stale":      {header(ts, sig), body, at.Add(301 * time.Second), false},
		"time moved": {header("1531420619", sig), body, at, false},
		"no time":    {header("", sig), body, at, false},
		"unsigned":   {header(ts, ""), body, at, false},
	} {
		if err := c.verify(tc.h, []byte(tc.body), tc.now); (err == nil) != tc.ok || !tc.ok && club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Receive(header(ts, sig), []byte(body), at); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("a signed request that is no interaction: %v", err)
	}
	if err := (&Client{}).verify(header(ts, sig), []byte(body), at); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("without a secret: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"a","value":"v"}]}`)
	f.Add(`{"type":"view_submission"}`)
	f.Fuzz(func(t *testing.T, payload string) {
		in, err := parse([]byte(url.Values{"payload": {payload}}.Encode()))
		if err != nil && club.CodeOf(err) != club.CodeInvalid || err == nil && in.Type == "block_actions" && (in.ActionID == "" || in.UserID == "") {
			t.Errorf("%+v %v", in, err)
		}
	})
}
