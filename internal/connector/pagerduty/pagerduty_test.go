package pagerduty_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/pagerduty"
	"clubos/internal/simulate/vendor"
)

func open(t *testing.T, change ...func(*pagerduty.Config)) (*pagerduty.Client, *vendor.Pager) {
	t.Helper()
	p := vendor.NewPager(vendor.PagerConfig{}, nil)
	if err := p.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Heal(); p.Down() })
	cfg := pagerduty.Config{RoutingKey: p.Config().RoutingKey, WebhookSecrets: []string{p.Config().WebhookSecret}, BaseURL: p.URL(), Limits: connector.Limits{Timeout: time.Second}}
	for _, f := range change {
		f(&cfg)
	}
	c, err := pagerduty.New(cfg, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, p
}

func trigger() pagerduty.Event {
	return pagerduty.Event{Action: "trigger", Key: "esc_1", Summary: "A person is needed", Source: "Northside, Bay 3", Severity: "critical", Details: map[string]string{"reason": "injury"}, Link: "https://club.example/threads/thr_1"}
}

func TestIncidentIsTriggeredOnceAcknowledgedAndResolvedByItsKey(t *testing.T) {
	t.Parallel()
	c, p := open(t)
	for _, e := range []pagerduty.Event{trigger(), trigger(), {Action: "acknowledge", Key: "esc_1"}, {Action: "resolve", Key: "esc_1"}, {Action: "resolve", Key: "esc_none"}} {
		if err := c.Send(t.Context(), e); err != nil {
			t.Fatalf("%s: %v", e.Action, err)
		}
	}
	got := p.Incidents()
	if len(got) != 1 || got[0].Triggers != 2 || got[0].Status != "resolved" || got[0].Source != "Northside, Bay 3" || got[0].Link != trigger().Link || got[0].Details["reason"] != "injury" {
		t.Errorf("incidents %+v", got)
	}
}

func TestWhatIsTooLongIsCut(t *testing.T) {
	t.Parallel()
	c, p := open(t)
	e := trigger()
	e.Summary = strings.Repeat("é", 2000)
	if err := c.Send(t.Context(), e); err != nil || len([]rune(p.Incidents()[0].Summary)) != 1024 {
		t.Errorf("%v, %d", err, len(p.Incidents()))
	}
}

func TestFailureSaysWhetherAFurtherTryHelps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key                 string
		event               func(*pagerduty.Event)
		fault               *vendor.Fault
		retryable, rejected bool
	}{
		"another key":     {key: strings.Repeat("x", 32), rejected: true},
		"no severity":     {event: func(e *pagerduty.Event) { e.Severity = "dreadful" }, rejected: true},
		"too many events": {fault: ptr(vendor.Fail(http.StatusTooManyRequests)), retryable: true, rejected: true},
		"server error":    {fault: ptr(vendor.Fail(http.StatusBadGateway)), retryable: true},
		"answer lost":     {fault: ptr(vendor.LoseAnswer()), retryable: true},
		"hangs":           {fault: ptr(vendor.Hang()), retryable: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, p := open(t, func(cfg *pagerduty.Config) {
				if c.key != "" {
					cfg.RoutingKey = c.key
				}
			})
			if c.fault != nil {
				p.Break("enqueue", *c.fault)
			}
			e := trigger()
			if c.event != nil {
				c.event(&e)
			}
			var v *club.VendorError
			if err := client.Send(t.Context(), e); !errors.As(err, &v) || v.Retryable != c.retryable || v.Rejected != c.rejected {
				t.Errorf("error %+v", v)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestSignedWebhookIsRead(t *testing.T) {
	t.Parallel()
	c, p := open(t)
	w := p.Webhook("http://x", "incident.acknowledged", "esc_1", "Pat Pager")
	got, err := c.Receive(w.Header, w.Body)
	if err != nil || got.Type != "incident.acknowledged" || got.Key != "esc_1" || got.Who != "Pat Pager" || got.ID == "" || time.Since(got.At) > time.Minute {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWebhookThatIsNotGenuineIsRefused(t *testing.T) {
	t.Parallel()
	c, p := open(t)
	unset, _ := open(t, func(cfg *pagerduty.Config) { cfg.WebhookSecrets = nil })
	w := p.Webhook("http://x", "incident.acknowledged", "esc_1", "")
	if _, err := unset.Receive(w.Header, w.Body); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("without a secret: %v", err)
	}
	if _, err := c.Receive(w.Header, append(w.Body, ' ')); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("changed: %v", err)
	}
	for _, sig := range []string{"", "v1=", "v1=00", "v0=" + strings.Repeat("0", 64)} {
		if _, err := c.Receive(http.Header{"X-Pagerduty-Signature": {sig}}, w.Body); club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%q: %v", sig, err)
		}
	}
}

func TestWhatCannotWorkIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]pagerduty.Config{
		"key":     {RoutingKey: "short"},
		"secret":  {RoutingKey: strings.Repeat("x", 32), WebhookSecrets: []string{"short"}},
		"address": {RoutingKey: strings.Repeat("x", 32), BaseURL: "http://events.example.com"},
	} {
		if _, err := pagerduty.New(cfg, connector.Deps{}); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
