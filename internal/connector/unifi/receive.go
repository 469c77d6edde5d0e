package unifi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Event is one verified webhook of the console. Who used which credential is left out: it is
// personal and nobody needs it.
type Event struct {
	ID       string // of the content; the second delivery of one event has the same
	Type     string // "access.door.unlock", "access.device.dps_status", …
	Door     string // the door's id; "" when the event is about something else
	DoorName string
	Device   string // the device's id, where the event names one
	Granted  bool   // an unlocking that was allowed
	Kind     club.AccessKind
	Key      string    // ours, when we were the cause; "" otherwise
	At       time.Time // when the console signed it
}

// Receive verifies and reads one webhook. Unauthenticated when the signature does not fit, is more
// than five minutes old, or no secret is configured; Invalid when a signed body cannot be read.
func (c *Client) Receive(header http.Header, body []byte, now time.Time) (Event, error) {
	at, err := c.verify(header.Get("Signature"), body, now)
	if err != nil {
		return Event{}, err
	}
	var e struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.Event == "" {
		return Event{}, club.Invalid("the webhook is not the JSON that was expected")
	}
	var about struct {
		Location struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			Type string `json:"location_type"`
		} `json:"location"`
		Device struct {
			ID string `json:"id"`
		} `json:"device"`
		Object struct {
			Result string `json:"result"`
			Type   string `json:"event_type"`
			Status string `json:"status"`
		} `json:"object"`
	}
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &about) != nil && used(e.Event) {
		return Event{}, club.Invalid("the webhook's data is not what was expected")
	}
	sum := sha256.Sum256(body)
	ev := Event{
		ID: hex.EncodeToString(sum[:16]), Type: e.Event, DoorName: about.Location.Name, Device: about.Device.ID,
		Granted: about.Object.Result == granted, Key: findKey(body), At: at,
	}
	ev.Kind = kindOf(e.Event, about.Object.Result, about.Object.Type+" "+about.Object.Status)
	if about.Location.Type == "" || about.Location.Type == "door" {
		ev.Door = about.Location.ID
	}
	return ev, nil
}

// The events that are used. The data of any other may have any shape.
const (
	unlocked = "access.door.unlock"
	contact  = "access.device.dps_status"
	rang     = "access.doorbell.incoming"
)

func used(event string) bool { return event == unlocked || event == contact || event == rang }

// granted is the result of an unlocking that was allowed.
const granted = "Access Granted"

// kindOf reads what happened to the door. The console's versions name the alarms of its door contacts
// differently ("door_held_open", "Held Open Too Long", "forced_open"), so that their words decide.
func kindOf(event, result, said string) club.AccessKind {
	said = strings.NewReplacer("_", " ", "-", " ").Replace(strings.ToLower(said))
	has := func(word string) bool { return strings.Contains(said, word) }
	switch {
	case event == unlocked && result == granted:
		return club.AccessGranted
	case event == unlocked && result != "":
		return club.AccessDenied
	case event != contact:
		return club.AccessOther
	case has("forc"):
		return club.AccessForced
	case has("held"), has("too long"), has("left open"):
		return club.AccessHeldOpen
	case has("close"):
		return club.AccessClosed
	case has("open"):
		return club.AccessOpened
	}
	return club.AccessOther
}

// DoorEvent is the event in the words of the club.
func (e Event) DoorEvent() club.DoorEvent {
	return club.DoorEvent{Vendor: "unifi", ID: e.ID, Type: e.Type, Kind: e.Kind, Rang: e.Type == rang, Door: e.Door, Key: e.Key, At: e.At}
}

// verify checks t=<unix s>,v1=<hex> over "<t>.<body>".
func (c *Client) verify(signature string, body []byte, now time.Time) (time.Time, error) {
	if len(c.secrets) == 0 {
		return time.Time{}, club.Unauthenticated("no webhook secret is configured")
	}
	var stamp string
	var sigs []string
	for _, p := range strings.SplitN(signature, ",", 10) {
		switch k, v, _ := strings.Cut(strings.TrimSpace(p), "="); k {
		case "t":
			stamp = v
		case "v1":
			sigs = append(sigs, v)
		}
	}
	sec, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return time.Time{}, club.Unauthenticated("the webhook has no valid timestamp")
	}
	at := time.Unix(sec, 0).UTC()
	if err := connector.Fresh(at, now); err != nil {
		return time.Time{}, err
	}
	ok := false
	for _, secret := range c.secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "."))
		mac.Write(body)
		want := hex.EncodeToString(mac.Sum(nil))
		for _, s := range sigs {
			ok = connector.EqualMAC(strings.ToLower(s), want) || ok
		}
	}
	if !ok {
		return time.Time{}, club.Unauthenticated("the webhook's signature does not fit")
	}
	return at, nil
}

// findKey looks for our key wherever the console's version puts the extra data.
func findKey(body []byte) string {
	var tree any
	if json.Unmarshal(body, &tree) != nil {
		return ""
	}
	var walk func(any) string
	walk = func(n any) string {
		switch v := n.(type) {
		case map[string]any:
			if s, ok := v[keyName].(string); ok {
				return s
			}
			for _, child := range v {
				if s := walk(child); s != "" {
					return s
				}
			}
		case []any:
			for _, child := range v {
				if s := walk(child); s != "" {
					return s
				}
			}
		}
		return ""
	}
	return walk(tree)
}
