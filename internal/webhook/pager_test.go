package webhook_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/pagerduty"
	"clubos/internal/inbox"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
	"clubos/internal/webhook"
)

func TestAcknowledgementAtPagerDutyIsTakenInOnlyWhenItIsGenuine(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	vaulttest.AddTenant(t, c, "test")
	vaulttest.AddTenant(t, c, "bare")
	p := vendor.NewPager(vendor.PagerConfig{}, nil)
	client, err := pagerduty.New(pagerduty.Config{RoutingKey: p.Config().RoutingKey, WebhookSecrets: []string{p.Config().WebhookSecret}}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	in := inbox.New(inbox.Config{Storm: -1, Cluster: c, Ring: vaulttest.Ring(t), Escalate: func(context.Context, *store.Tx, store.Thread, string) error { return nil }})
	t.Cleanup(in.Close)
	var seen []string
	handler := webhook.New(webhook.Config{Cluster: c, Inbox: in,
		Receivers: func(_ context.Context, tenant *store.Tenant) (webhook.Receivers, error) {
			if tenant.Slug == "bare" {
				return webhook.Receivers{}, nil
			}
			return webhook.Receivers{PagerDuty: func(h http.Header, body []byte) (webhook.PagerChange, error) {
				ch, err := client.Receive(h, body)
				return webhook.PagerChange{ID: ch.ID, Type: ch.Type, Key: ch.Key, Who: ch.Who, At: ch.At}, err
			}}, nil
		},
		PagerChange: func(_ context.Context, _ *store.Tenant, c webhook.PagerChange) error {
			seen = append(seen, c.Type+" "+c.Key+" "+c.Who)
			if c.Key == "esc_busy" {
				return club.Conflict("look again")
			}
			return nil
		}})
	post := func(slug, kind, key string, spoil bool) int {
		w := p.Webhook("/hooks/"+slug+"/pagerduty", kind, key, "Pat")
		body := string(w.Body)
		if spoil {
			body = strings.Replace(body, "Pat", "Eve", 1)
		}
		r := httptest.NewRequest(http.MethodPost, w.URL, strings.NewReader(body))
		r.Header = w.Header.Clone()
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec.Code
	}
	for _, x := range []struct {
		slug, kind, key string
		spoil           bool
		want            int
	}{
		{"test", "incident.acknowledged", "esc_1", false, http.StatusOK},
		{"test", "incident.resolved", "esc_1", false, http.StatusOK},
		{"test", "incident.reassigned", "esc_1", false, http.StatusOK},
		{"test", "incident.acknowledged", "", false, http.StatusOK},
		{"test", "incident.acknowledged", "esc_2", true, http.StatusUnauthorized},
		{"bare", "incident.acknowledged", "esc_3", false, http.StatusUnauthorized},
		{"test", "incident.acknowledged", "esc_busy", false, http.StatusServiceUnavailable},
	} {
		if got := post(x.slug, x.kind, x.key, x.spoil); got != x.want {
			t.Errorf("%+v answered %d", x, got)
		}
	}
	if want := []string{"incident.acknowledged esc_1 Pat", "incident.resolved esc_1 Pat", "incident.acknowledged esc_busy Pat"}; !slices.Equal(seen, want) {
		t.Errorf("taken in: %q", seen)
	}
}
