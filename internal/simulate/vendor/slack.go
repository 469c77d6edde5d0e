package vendor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"clubos/internal/club"
)

// SlackConfig describes the Slack workspace.
type SlackConfig struct {
	BotToken      string   // default "xoxb-simulated"
	SigningSecret string   // default "sim-slack-signing-secret"
	TeamID        string   // default "T0SIM"
	Channels      []string // default C0OPS
}

// Slack is a workspace. Its API is at URL/api; its operations are "post" and "update".
type Slack struct {
	*server
	cfg SlackConfig

	world    sync.Mutex // guards the fields below
	messages []Posted
	count    int
}

// Posted is a message as it stands in a channel.
type Posted struct {
	Channel, TS, Text string
	Blocks            json.RawMessage
	Updates           int
}

// NewSlack makes the workspace; Up starts it.
func NewSlack(cfg SlackConfig, clock club.Clock) *Slack {
	cfg.BotToken = cmp.Or(cfg.BotToken, "xoxb-simulated")
	cfg.SigningSecret = cmp.Or(cfg.SigningSecret, "sim-slack-signing-secret")
	cfg.TeamID = cmp.Or(cfg.TeamID, "T0SIM")
	if len(cfg.Channels) == 0 {
		cfg.Channels = []string{"C0OPS"}
	}
	s := &Slack{server: newServer("slack", clock, nil), cfg: cfg}
	s.handle("POST /api/chat.postMessage", "post", s.signedIn(s.post))
	s.handle("POST /api/chat.update", "update", s.signedIn(s.update))
	return s
}

// Config returns what the workspace was made with, defaults filled in.
func (s *Slack) Config() SlackConfig { return s.cfg }

// Messages lists what stands in the channels, oldest first.
func (s *Slack) Messages() []Posted {
	s.world.Lock()
	defer s.world.Unlock()
	return slices.Clone(s.messages)
}

func slackNo(w http.ResponseWriter, code string) {
	answer(w, http.StatusOK, map[string]any{"ok": false, "error": code})
}

type slackMessage struct {
	Channel string          `json:"channel"`
	TS      string          `json:"ts"`
	Text    string          `json:"text"`
	Blocks  json.RawMessage `json:"blocks"`
}

func (s *Slack) signedIn(h func(http.ResponseWriter, call, slackMessage)) func(http.ResponseWriter, call) {
	return func(w http.ResponseWriter, c call) {
		var m slackMessage
		switch {
		case c.Header.Get("Authorization") != "Bearer "+s.cfg.BotToken:
			slackNo(w, "invalid_auth")
		case c.offline:
			slackNo(w, "service_unavailable")
		case !c.json(&m):
			slackNo(w, "invalid_json")
		case !slices.Contains(s.cfg.Channels, m.Channel):
			slackNo(w, "channel_not_found")
		case m.Text == "" && len(buttons(m.Blocks)) == 0:
			slackNo(w, "no_text")
		case !validBlocks(m.Blocks):
			slackNo(w, "invalid_blocks")
		default:
			s.world.Lock()
			defer s.world.Unlock()
			h(w, c, m)
		}
	}
}

func (s *Slack) post(w http.ResponseWriter, c call, m slackMessage) {
	s.count++
	m.TS = fmt.Sprintf("%d.%06d", s.clock.Now().Unix(), s.count)
	if !c.lie {
		s.messages = append(s.messages, Posted{Channel: m.Channel, TS: m.TS, Text: m.Text, Blocks: m.Blocks})
		s.record(c.Request, c.body, Effect{Op: "post", Target: m.Channel, Text: m.Text, ID: m.TS})
	}
	answer(w, http.StatusOK, map[string]any{"ok": true, "channel": m.Channel, "ts": m.TS})
}

func (s *Slack) update(w http.ResponseWriter, c call, m slackMessage) {
	i := slices.IndexFunc(s.messages, func(p Posted) bool { return p.Channel == m.Channel && p.TS == m.TS })
	if i < 0 {
		slackNo(w, "message_not_found")
		return
	}
	if !c.lie {
		p := &s.messages[i]
		p.Text, p.Blocks, p.Updates = m.Text, m.Blocks, p.Updates+1
		s.record(c.Request, c.body, Effect{Op: "update", Target: m.Channel, Text: m.Text, ID: m.TS})
	}
	answer(w, http.StatusOK, map[string]any{"ok": true, "channel": m.Channel, "ts": m.TS})
}

type button struct {
	Type     string `json:"type"`
	ActionID string `json:"action_id"`
	Value    string `json:"value"`
	Text     struct {
		Text string `json:"text"`
	} `json:"text"`
}

// buttons finds the buttons of a message's action blocks.
func buttons(raw json.RawMessage) []button {
	var blocks []struct {
		Type     string   `json:"type"`
		Elements []button `json:"elements"`
	}
	_ = json.Unmarshal(raw, &blocks)
	var out []button
	for _, b := range blocks {
		if b.Type == "actions" {
			out = append(out, b.Elements...)
		}
	}
	return out
}

// validBlocks checks the limits that Slack documents for what alerts use.
func validBlocks(raw json.RawMessage) bool {
	if len(raw) == 0 || string(raw) == "null" {
		return true
	}
	var blocks []struct {
		Type   string                  `json:"type"`
		Text   *struct{ Text string }  `json:"text"`
		Fields []struct{ Text string } `json:"fields"`
	}
	if json.Unmarshal(raw, &blocks) != nil || len(blocks) > 50 {
		return false
	}
	for _, b := range blocks {
		limit := 3000
		if b.Type == "header" {
			limit = 150
		}
		if b.Text != nil && (b.Text.Text == "" || len([]rune(b.Text.Text)) > limit) || len(b.Fields) > 10 {
			return false
		}
	}
	seen := map[string]bool{}
	for _, b := range buttons(raw) {
		if b.Text.Text == "" || len([]rune(b.Text.Text)) > 75 || len(b.Value) > 2000 || len(b.ActionID) > 255 || seen[b.ActionID] {
			return false
		}
		seen[b.ActionID] = true
	}
	return true
}

// Press makes the signed request of a user's press on a button of a message as it stands, to be
// posted to the given URL. An error says that there is no such message or button.
func (s *Slack) Press(to, ts, actionID, userID string) (Webhook, error) {
	s.world.Lock()
	defer s.world.Unlock()
	i := slices.IndexFunc(s.messages, func(p Posted) bool { return p.TS == ts })
	if i < 0 {
		return Webhook{}, fmt.Errorf("no message %s", ts)
	}
	p := s.messages[i]
	for _, b := range buttons(p.Blocks) {
		if b.ActionID == actionID {
			return s.press(to, p, b, userID), nil
		}
	}
	return Webhook{}, fmt.Errorf("message %s has no button %s", ts, strings.TrimSpace(actionID))
}

func (s *Slack) press(to string, p Posted, b button, userID string) Webhook {
	now := s.clock.Now()
	payload, _ := json.Marshal(map[string]any{
		"type": "block_actions", "user": map[string]string{"id": userID, "username": "sim", "team_id": s.cfg.TeamID}, "team": map[string]string{"id": s.cfg.TeamID},
		"channel": map[string]string{"id": p.Channel}, "message": map[string]string{"ts": p.TS}, "container": map[string]string{"message_ts": p.TS, "channel_id": p.Channel},
		"actions":      []map[string]string{{"action_id": b.ActionID, "block_id": "b", "type": "button", "value": b.Value, "action_ts": fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)}},
		"response_url": "https://hooks.slack.com/actions/" + s.cfg.TeamID + "/1/sim", "trigger_id": "1.2.sim",
	})
	body := []byte(url.Values{"payload": {string(payload)}}.Encode())
	return Webhook{URL: to, Header: slackSign(s.cfg.SigningSecret, now, body), Body: body}
}
