package vendor

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
)

// PagerConfig describes the service at PagerDuty.
type PagerConfig struct {
	RoutingKey    string // 32 characters; has a synthetic default
	WebhookSecret string // of the v3 webhook subscription; likewise
}

// Pager is PagerDuty: the Events API v2 at URL, and signed v3 webhooks. Its operation is "enqueue".
type Pager struct {
	*server
	cfg PagerConfig

	world     sync.Mutex // guards incidents
	incidents []Incident
}

// Incident is what became of a dedup key.
type Incident struct {
	Key, Summary, Source, Severity string
	Status                         string // "triggered", "acknowledged", "resolved"
	Triggers                       int    // how often it was triggered while it was open
	Link                           string
	Details                        map[string]string
}

// NewPager makes the service; Up starts it.
func NewPager(cfg PagerConfig, clock club.Clock) *Pager {
	cfg.RoutingKey = cmp.Or(cfg.RoutingKey, "simulatedpagerdutyroutingkey0001")
	cfg.WebhookSecret = cmp.Or(cfg.WebhookSecret, "sim-pagerduty-webhook-secret")
	p := &Pager{server: newServer("pagerduty", clock, nil), cfg: cfg}
	p.handle("POST /v2/enqueue", "enqueue", p.enqueue)
	return p
}

// Config returns what the service was made with, defaults filled in.
func (p *Pager) Config() PagerConfig { return p.cfg }

// Incidents lists the incidents, oldest first.
func (p *Pager) Incidents() []Incident {
	p.world.Lock()
	defer p.world.Unlock()
	return slices.Clone(p.incidents)
}

type pagerEvent struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	Key        string `json:"dedup_key"`
	Payload    *struct {
		Summary  string            `json:"summary"`
		Source   string            `json:"source"`
		Severity string            `json:"severity"`
		Details  map[string]string `json:"custom_details"`
	} `json:"payload"`
	Links []struct {
		Href string `json:"href"`
		Text string `json:"text"`
	} `json:"links"`
}

// problems lists what the vendor's documents do not allow.
func (p *Pager) problems(e pagerEvent) []string {
	var bad []string
	no := func(is bool, what string) {
		if is {
			bad = append(bad, what)
		}
	}
	no(len(e.RoutingKey) != 32, "'routing_key' must be 32 characters")
	no(!slices.Contains([]string{"trigger", "acknowledge", "resolve"}, e.Action), "'event_action' is invalid")
	no(len(e.Key) > 255, "'dedup_key' is too long")
	no(e.Action != "trigger" && e.Key == "", "'dedup_key' is missing or blank")
	if e.Action != "trigger" {
		return bad
	}
	if e.Payload == nil {
		return append(bad, "'payload' is missing")
	}
	no(e.Payload.Summary == "" || utf8.RuneCountInString(e.Payload.Summary) > 1024, "'payload.summary' is missing or too long")
	no(e.Payload.Source == "", "'payload.source' is missing or blank")
	no(!slices.Contains([]string{"critical", "error", "warning", "info"}, e.Payload.Severity), "'payload.severity' is invalid")
	for _, l := range e.Links {
		no(!strings.HasPrefix(l.Href, "http"), "'links.href' is invalid")
	}
	return bad
}

func (p *Pager) enqueue(w http.ResponseWriter, c call) {
	var e pagerEvent
	if !c.json(&e) || !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json") || len(c.body) > 512<<10 {
		answer(w, http.StatusBadRequest, map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": []string{"unreadable"}})
		return
	}
	bad := p.problems(e)
	if len(bad) == 0 && e.RoutingKey != p.cfg.RoutingKey {
		bad = []string{"Invalid routing key"}
	}
	if len(bad) > 0 {
		answer(w, http.StatusBadRequest, map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": bad})
		return
	}
	if c.offline {
		answer(w, http.StatusServiceUnavailable, map[string]any{"status": "unavailable"})
		return
	}
	if !c.lie {
		p.take(e)
		p.record(c.Request, c.body, Effect{Op: e.Action, Target: e.Key, Key: e.Key, Text: summary(e), ID: e.Key})
	}
	answer(w, http.StatusAccepted, map[string]any{"status": "success", "message": "Event processed", "dedup_key": e.Key})
}

func summary(e pagerEvent) string {
	if e.Payload == nil {
		return ""
	}
	return e.Payload.Summary
}

// take changes the open incident of the key. A trigger of none makes one; what concerns none is forgotten,
// as the vendor does.
func (p *Pager) take(e pagerEvent) {
	p.world.Lock()
	defer p.world.Unlock()
	i := slices.IndexFunc(p.incidents, func(x Incident) bool { return x.Key == e.Key && x.Status != "resolved" })
	switch {
	case e.Action == "trigger" && i < 0:
		x := Incident{Key: e.Key, Summary: e.Payload.Summary, Source: e.Payload.Source, Severity: e.Payload.Severity, Details: e.Payload.Details, Status: "triggered", Triggers: 1}
		if len(e.Links) > 0 {
			x.Link = e.Links[0].Href
		}
		p.incidents = append(p.incidents, x)
	case i < 0:
	case e.Action == "trigger":
		p.incidents[i].Triggers++
	case e.Action == "acknowledge":
		p.incidents[i].Status = "acknowledged"
	default:
		p.incidents[i].Status = "resolved"
	}
}

// Webhook makes the signed v3 webhook of what a person did with an incident: kind is
// "incident.acknowledged", "incident.resolved" or another event of the vendor's.
func (p *Pager) Webhook(to, kind, key, who string) Webhook {
	now := p.clock.Now()
	id := newID("01")
	body, _ := json.Marshal(map[string]any{"event": map[string]any{
		"id": id, "event_type": kind, "resource_type": "incident", "occurred_at": now.UTC().Format(time.RFC3339Nano), "client": nil,
		"agent": map[string]any{"id": "PSIM001", "type": "user_reference", "summary": who, "html_url": "https://sim.pagerduty.com/users/PSIM001", "self": "https://api.pagerduty.com/users/PSIM001"},
		"data":  map[string]any{"id": "PSIM002", "type": "incident", "number": 1, "status": strings.TrimPrefix(kind, "incident."), "incident_key": key, "title": "simulated"},
	}})
	h := http.Header{"Content-Type": {"application/json"}}
	// While a secret is rotated the vendor sends one signature per secret; the first here is of another.
	h.Set("X-PagerDuty-Signature", "v1="+hex.EncodeToString(mac(sha256.New, []byte("a secret of before"), string(body)))+",v1="+hex.EncodeToString(mac(sha256.New, []byte(p.cfg.WebhookSecret), string(body))))
	return Webhook{URL: to, Header: h, Body: body, ID: id}
}
