package vendor

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"clubos/internal/club"
)

// RMMConfig describes the device vendor's world.
type RMMConfig struct {
	ClientID, ClientSecret string        // default "sim-client", "sim-client-secret"
	WebhookSecret          string        // that its webhooks repeat; has a synthetic default
	RefreshToken           string        // the first one, where a user has signed in; "" means none
	ScriptsNeedUser        bool          // scripts answer 403 to client credentials, as the real one commonly does
	RebootTime             time.Duration // how long a device is away; default 90 s
	ScriptTime             time.Duration // how long a script runs; default 20 s
	Devices                []Device
	Scripts                []Script
	PerMinute              int // calls by the clock; default no limit
}

// Device is a computer in a bay.
type Device struct {
	ID          int64
	Name        string
	Offline     bool // switched off: commands are queued and nothing happens
	Frozen      bool // the simulator program hangs
	Maintenance bool
	Stubborn    bool // comes back from nothing: stays frozen
}

// Script is an entry of the script library.
type Script struct {
	ID      int64
	Name    string
	Repairs bool // unfreezes the device
	Fails   bool // ends in failure
}

// RMM is NinjaOne. Its operations are "token", "device", "devices", "reboot", "script",
// "options" and "activities".
type RMM struct {
	*server
	cfg RMMConfig

	world   sync.Mutex // guards the fields below
	devices map[int64]*machine
	tokens  map[string]grant
	refresh string
	lastID  int64
	minute  time.Time
	count   int
}

type machine struct {
	Device
	away    time.Time // offline until then
	pending []activity
}

type activity struct {
	id           int64
	at           time.Time
	kind, status string
	result       string
	message      string
	series       string         // the same in all entries of one run
	script       *Script        // of which it is
	done         func(*machine) // what happens at that time
}

type grant struct {
	until time.Time
	user  bool
}

// NewRMM makes the vendor; Up starts it.
func NewRMM(cfg RMMConfig, clock club.Clock) *RMM {
	cfg.ClientID = cmp.Or(cfg.ClientID, "sim-client")
	cfg.ClientSecret = cmp.Or(cfg.ClientSecret, "sim-client-secret")
	cfg.WebhookSecret = cmp.Or(cfg.WebhookSecret, "sim-ninjaone-webhook-secret")
	cfg.RebootTime = cmp.Or(cfg.RebootTime, 90*time.Second)
	cfg.ScriptTime = cmp.Or(cfg.ScriptTime, 20*time.Second)
	m := &RMM{server: newServer("rmm", clock, nil), cfg: cfg, devices: map[int64]*machine{}, tokens: map[string]grant{}, refresh: cfg.RefreshToken}
	for _, d := range cfg.Devices {
		m.devices[d.ID] = &machine{Device: d}
	}
	m.handle("POST /ws/oauth/token", "token", m.token)
	m.handle("GET /v2/devices", "devices", m.signedIn(m.list))
	m.handle("GET /v2/device/{id}", "device", m.signedIn(m.show))
	m.handle("POST /v2/device/{id}/reboot/{mode}", "reboot", m.signedIn(m.reboot))
	m.handle("POST /v2/device/{id}/script/run", "script", m.signedIn(m.script))
	m.handle("GET /v2/device/{id}/scripting/options", "options", m.signedIn(m.options))
	m.handle("GET /v2/device/{id}/activities", "activities", m.signedIn(m.activities))
	return m
}

// Config returns what the vendor was made with, defaults filled in.
func (m *RMM) Config() RMMConfig { return m.cfg }

// Device returns a device as it stands.
func (m *RMM) Device(id int64) (Device, bool) {
	m.world.Lock()
	defer m.world.Unlock()
	d := m.settled(id)
	if d == nil {
		return Device{}, false
	}
	out := d.Device
	out.Offline = m.offlineLocked(d)
	return out, true
}

// SetDevice puts a device into the world, or replaces it.
func (m *RMM) SetDevice(d Device) {
	m.world.Lock()
	defer m.world.Unlock()
	if old := m.devices[d.ID]; old != nil {
		old.Device, old.away = d, time.Time{}
		return
	}
	m.devices[d.ID] = &machine{Device: d}
}

// settled returns a device after everything whose time has come has happened.
func (m *RMM) settled(id int64) *machine {
	d := m.devices[id]
	if d == nil {
		return nil
	}
	now := m.clock.Now()
	for i := range d.pending {
		if a := &d.pending[i]; a.done != nil && !a.at.After(now) {
			a.done(d)
			a.done = nil
		}
	}
	return d
}

func (m *RMM) offlineLocked(d *machine) bool { return d.Offline || m.clock.Now().Before(d.away) }

func (m *RMM) noteLocked(d *machine, a activity) {
	m.lastID++
	a.id = m.lastID
	d.pending = append(d.pending, a)
}

func ninjaError(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]any{"resultCode": code, "errorMessage": "simulated"})
}

func (m *RMM) token(w http.ResponseWriter, c call) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil || form.Get("client_id") != m.cfg.ClientID || form.Get("client_secret") != m.cfg.ClientSecret {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	m.world.Lock()
	defer m.world.Unlock()
	g := grant{until: m.clock.Now().Add(time.Hour)}
	out := map[string]any{"token_type": "Bearer", "expires_in": 3600}
	switch form.Get("grant_type") {
	case "client_credentials":
		if !strings.Contains(form.Get("scope"), "monitoring") {
			answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_scope"})
			return
		}
	case "refresh_token":
		if m.refresh == "" || form.Get("refresh_token") != m.refresh {
			answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
			return
		}
		g.user = true
		m.refresh = newID("rt-")
		out["refresh_token"] = m.refresh
	default:
		answer(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	t := newID("at-")
	m.tokens[t] = g
	out["access_token"] = t
	answer(w, http.StatusOK, out)
}

// Revoke makes every access token invalid.
func (m *RMM) Revoke() {
	m.world.Lock()
	defer m.world.Unlock()
	clear(m.tokens)
}

func (m *RMM) signedIn(h func(http.ResponseWriter, call, grant)) func(http.ResponseWriter, call) {
	return func(w http.ResponseWriter, c call) {
		m.world.Lock()
		defer m.world.Unlock()
		token, _ := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
		g, ok := m.tokens[token]
		now := m.clock.Now()
		if minute := now.Truncate(time.Minute); !minute.Equal(m.minute) {
			m.minute, m.count = minute, 0
		}
		m.count++
		switch {
		case !ok || now.After(g.until):
			ninjaError(w, http.StatusUnauthorized, "invalid_token")
		case m.cfg.PerMinute > 0 && m.count > m.cfg.PerMinute:
			w.Header().Set("Retry-After", "60")
			ninjaError(w, http.StatusTooManyRequests, "RATE_LIMIT")
		default:
			h(w, c, g)
		}
	}
}

func (m *RMM) target(w http.ResponseWriter, c call) *machine {
	id, err := strconv.ParseInt(c.PathValue("id"), 10, 64)
	d := m.settled(id)
	if err != nil || d == nil {
		ninjaError(w, http.StatusNotFound, "DEVICE_NOT_FOUND")
		return nil
	}
	return d
}

func (m *RMM) json(d *machine, offline bool) map[string]any {
	off := offline || m.offlineLocked(d)
	last := m.clock.Now()
	if off {
		last = last.Add(-time.Minute)
	}
	out := map[string]any{
		"id": d.ID, "uid": "uid-" + strconv.FormatInt(d.ID, 10), "displayName": d.Name, "systemName": strings.ToUpper(d.Name), "organizationId": 1, "locationId": 1,
		"nodeClass": "WINDOWS_WORKSTATION", "offline": off, "lastContact": float64(last.UnixMilli()) / 1000,
	}
	if d.Maintenance {
		out["maintenance"] = map[string]any{"status": "IN_MAINTENANCE"}
	}
	return out
}

func (m *RMM) list(w http.ResponseWriter, c call, _ grant) {
	after, _ := strconv.ParseInt(cmp.Or(c.URL.Query().Get("after"), "0"), 10, 64)
	size, _ := strconv.Atoi(cmp.Or(c.URL.Query().Get("pageSize"), "100"))
	var ids []int64
	for id := range m.devices {
		if id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	out := []map[string]any{}
	for _, id := range ids[:min(len(ids), max(size, 1))] {
		out = append(out, m.json(m.settled(id), c.offline))
	}
	answer(w, http.StatusOK, out)
}

func (m *RMM) show(w http.ResponseWriter, c call, _ grant) {
	if d := m.target(w, c); d != nil {
		answer(w, http.StatusOK, m.json(d, c.offline))
	}
}

func (m *RMM) reboot(w http.ResponseWriter, c call, _ grant) {
	d := m.target(w, c)
	if d == nil {
		return
	}
	if mode := c.PathValue("mode"); mode != "NORMAL" && mode != "FORCED" {
		ninjaError(w, http.StatusBadRequest, "INVALID_MODE")
		return
	}
	var body struct {
		Reason string `json:"reason"`
	}
	if !c.json(&body) {
		ninjaError(w, http.StatusBadRequest, "INVALID_BODY")
		return
	}
	now := m.clock.Now()
	m.noteLocked(d, activity{at: now, kind: "ACTION", status: "START_REQUESTED", message: "Reboot: " + body.Reason})
	// Queued, whatever the device's state: that is all the real one promises.
	if !c.lie && !c.offline && !m.offlineLocked(d) {
		back := now.Add(m.cfg.RebootTime)
		d.away = back
		m.noteLocked(d, activity{at: back, kind: "SYSTEM", status: "SYSTEM_REBOOTED", message: "System was rebooted"})
		m.noteLocked(d, activity{at: back, kind: "ACTION", status: "COMPLETED", result: "SUCCESS", message: "Reboot: " + body.Reason, done: unfreeze})
		m.record(c.Request, c.body, Effect{Op: "reboot", Target: c.PathValue("id"), Text: body.Reason})
	}
	answer(w, http.StatusNoContent, nil)
}

func unfreeze(d *machine) { d.Frozen = d.Frozen && d.Stubborn }

func (m *RMM) script(w http.ResponseWriter, c call, g grant) {
	d := m.target(w, c)
	if d == nil {
		return
	}
	if m.cfg.ScriptsNeedUser && !g.user {
		ninjaError(w, http.StatusForbidden, "INSUFFICIENT_SCOPE")
		return
	}
	var body struct {
		Type       string `json:"type"`
		ID         int64  `json:"id"`
		Parameters string `json:"parameters"`
		RunAs      string `json:"runAs"`
	}
	i := -1
	if c.json(&body) {
		i = slices.IndexFunc(m.cfg.Scripts, func(s Script) bool { return s.ID == body.ID })
	}
	if i < 0 || body.Type != "SCRIPT" || body.RunAs == "" {
		ninjaError(w, http.StatusBadRequest, "SCRIPT_NOT_FOUND")
		return
	}
	sc := m.cfg.Scripts[i]
	msg := sc.Name + " " + body.Parameters
	runs := !c.lie && !c.offline && !m.offlineLocked(d)
	m.runLocked(d, &sc, msg, m.clock.Now(), runs)
	if runs {
		m.record(c.Request, c.body, Effect{Op: "script", Target: c.PathValue("id"), Text: msg, ID: strconv.FormatInt(sc.ID, 10)})
	}
	answer(w, http.StatusOK, nil)
}

// runLocked queues a script at an instant, and lets it run from then on where it runs.
func (m *RMM) runLocked(d *machine, sc *Script, msg string, at time.Time, runs bool) {
	entry := activity{at: at, kind: "SCRIPTING", status: "START_REQUESTED", message: msg, series: newID("series-"), script: sc}
	m.noteLocked(d, entry)
	if !runs {
		return
	}
	entry.status = "STARTED"
	m.noteLocked(d, entry)
	entry.status, entry.result, entry.at = "COMPLETED", "SUCCESS", at.Add(m.cfg.ScriptTime)
	if sc.Fails {
		entry.result = "FAILURE"
	} else if sc.Repairs {
		entry.done = unfreeze
	}
	m.noteLocked(d, entry)
}

// Schedule lets the vendor run a script of the library on a device by itself, after a while or, below zero, since one.
func (m *RMM) Schedule(device, script int64, after time.Duration) {
	m.world.Lock()
	defer m.world.Unlock()
	i := slices.IndexFunc(m.cfg.Scripts, func(s Script) bool { return s.ID == script })
	sc := m.cfg.Scripts[i]
	m.runLocked(m.devices[device], &sc, sc.Name, m.clock.Now().Add(after), true)
}

func (s Script) uid() string { return "script-uid-" + strconv.FormatInt(s.ID, 10) }

// options lists what may be run on a device.
func (m *RMM) options(w http.ResponseWriter, c call, _ grant) {
	if m.target(w, c) == nil {
		return
	}
	list := []map[string]any{}
	for _, s := range m.cfg.Scripts {
		list = append(list, map[string]any{"type": "SCRIPT", "id": s.ID, "uid": s.uid(), "name": s.Name, "language": "powershell"})
	}
	answer(w, http.StatusOK, map[string]any{"categories": []any{}, "scripts": list})
}

func (m *RMM) activities(w http.ResponseWriter, c call, _ grant) {
	d := m.target(w, c)
	if d == nil {
		return
	}
	q := c.URL.Query()
	size, _ := strconv.Atoi(cmp.Or(q.Get("pageSize"), "200"))
	older, _ := strconv.ParseInt(q.Get("olderThan"), 10, 64)
	if size < 10 || size > 1000 {
		ninjaError(w, http.StatusBadRequest, "INVALID_PAGE_SIZE")
		return
	}
	now := m.clock.Now()
	list := []map[string]any{}
	for _, a := range slices.Backward(d.pending) {
		if !a.at.After(now) && (older == 0 || a.id < older) && len(list) < size {
			entry := map[string]any{"id": a.id, "activityTime": float64(a.at.UnixMicro()) / 1e6, "deviceId": d.ID, "activityType": a.kind, "statusCode": a.status, "activityResult": a.result, "message": a.message}
			if a.script != nil {
				entry["seriesUid"], entry["sourceConfigUid"], entry["sourceName"] = a.series, a.script.uid(), a.script.Name
			}
			list = append(list, entry)
		}
	}
	answer(w, http.StatusOK, map[string]any{"activities": list})
}
