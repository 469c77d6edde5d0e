package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Interaction is one verified press of a button. Types other than "block_actions" have no action and
// are to be ignored.
type Interaction struct {
	Type        string
	UserID      string // Slack's id of who pressed
	TeamID      string // Slack's id of the workspace
	ActionID    string
	Value       string // as the button was posted
	Channel     string
	TS          string // of the message with the button
	ActionTS    string // of the press: with TS and ActionID it tells a repeated delivery
	ResponseURL string // where an answer may be posted for half an hour; a secret
}

// Receive verifies and reads one interactivity request. Unauthenticated when the signature does not
// fit, is more than five minutes old, or no secret is configured; Invalid when a signed body cannot
// be read.
func (c *Client) Receive(header http.Header, body []byte, now time.Time) (Interaction, error) {
	if err := c.verify(header, body, now); err != nil {
		return Interaction{}, err
	}
	return parse(body)
}

func parse(body []byte) (Interaction, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return Interaction{}, club.Invalid("the request is not a form")
	}
	var p struct {
		Type string `json:"type"`
		User struct {
			ID     string `json:"id"`
			TeamID string `json:"team_id"`
		} `json:"user"`
		Team struct {
			ID string `json:"id"`
		} `json:"team"`
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
		Message struct {
			TS string `json:"ts"`
		} `json:"message"`
		Container struct {
			MessageTS string `json:"message_ts"`
			ChannelID string `json:"channel_id"`
		} `json:"container"`
		Actions []struct {
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
			ActionTS string `json:"action_ts"`
		} `json:"actions"`
		ResponseURL string `json:"response_url"`
	}
	if err := json.Unmarshal([]byte(form.Get("payload")), &p); err != nil || p.Type == "" {
		return Interaction{}, club.Invalid("the request's payload is not the JSON that was expected")
	}
	in := Interaction{
		Type: p.Type, UserID: p.User.ID, TeamID: first(p.Team.ID, p.User.TeamID), Channel: first(p.Container.ChannelID, p.Channel.ID),
		TS: first(p.Container.MessageTS, p.Message.TS), ResponseURL: p.ResponseURL,
	}
	if p.Type != "block_actions" {
		return in, nil
	}
	if len(p.Actions) == 0 || p.Actions[0].ActionID == "" || in.UserID == "" {
		return Interaction{}, club.Invalid("the request names no action or no user")
	}
	in.ActionID, in.Value, in.ActionTS = p.Actions[0].ActionID, p.Actions[0].Value, p.Actions[0].ActionTS
	return in, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// verify checks v0=<hex> over "v0:<timestamp>:<body>".
func (c *Client) verify(header http.Header, body []byte, now time.Time) error {
	if len(c.secrets) == 0 {
		return club.Unauthenticated("no signing secret is configured")
	}
	stamp := header.Get("X-Slack-Request-Timestamp")
	sec, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return club.Unauthenticated("the request has no valid timestamp")
	}
	if err := connector.Fresh(time.Unix(sec, 0), now); err != nil {
		return err
	}
	ok := false
	for _, secret := range c.secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + stamp + ":"))
		mac.Write(body)
		ok = connector.EqualMAC(header.Get("X-Slack-Signature"), "v0="+hex.EncodeToString(mac.Sum(nil))) || ok
	}
	if !ok {
		return club.Unauthenticated("the request's signature does not fit")
	}
	return nil
}
