package vendor

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"clubos/internal/club"
)

// DoorsConfig describes the door controller's world.
type DoorsConfig struct {
	Token         string        // default "sim-unifi-token"
	WebhookSecret string        // default "sim-unifi-webhook-secret"
	RelockTime    time.Duration // how long a door stays unlocked; default 5 s
	Doors         []Door
}

// Door is a door with its hub.
type Door struct {
	ID, Name string
	Offline  bool // its hub does not answer
	Open     bool // the leaf stands open
}

// Doors is a UniFi Access console. Its operations are "door", "doors", "devices", "unlock" and "logs".
type Doors struct {
	*server
	cfg DoorsConfig
	pin string

	world sync.Mutex // guards the fields below
	doors map[string]*lock
	log   []map[string]any
}

type lock struct {
	Door
	until time.Time // unlocked until then
}

// NewDoors makes the console with a certificate of its own; Up starts it.
func NewDoors(cfg DoorsConfig, clock club.Clock) (*Doors, error) {
	cfg.Token = cmp.Or(cfg.Token, "sim-unifi-token")
	cfg.WebhookSecret = cmp.Or(cfg.WebhookSecret, "sim-unifi-webhook-secret")
	cfg.RelockTime = cmp.Or(cfg.RelockTime, 5*time.Second)
	cert, err := selfSigned()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(cert.Certificate[0])
	d := &Doors{cfg: cfg, pin: hex.EncodeToString(sum[:]), doors: map[string]*lock{},
		server: newServer("doors", clock, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}})}
	for _, x := range cfg.Doors {
		d.doors[x.ID] = &lock{Door: x}
	}
	const base = "/api/v1/developer"
	d.handle("GET "+base+"/doors", "doors", d.signedIn(d.list))
	d.handle("GET "+base+"/doors/{id}", "door", d.signedIn(d.show))
	d.handle("GET "+base+"/devices", "devices", d.signedIn(d.hubs))
	d.handle("PUT "+base+"/doors/{id}/unlock", "unlock", d.signedIn(d.unlock))
	d.handle("PUT "+base+"/doors/{id}/lock_rule", "lock", d.signedIn(d.lockRule))
	d.handle("POST "+base+"/system/logs", "logs", d.signedIn(d.logs))
	return d, nil
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "simulated console"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Config returns what the console was made with, defaults filled in.
func (d *Doors) Config() DoorsConfig { return d.cfg }

// Pin is the hex SHA-256 of the console's certificate.
func (d *Doors) Pin() string { return d.pin }

// SetDoor puts a door into the world, or replaces it, locked.
func (d *Doors) SetDoor(x Door) {
	d.world.Lock()
	defer d.world.Unlock()
	d.doors[x.ID] = &lock{Door: x}
}

// Locked reports whether a door is locked at this moment.
func (d *Doors) Locked(id string) bool {
	d.world.Lock()
	defer d.world.Unlock()
	l := d.doors[id]
	return l == nil || !d.clock.Now().Before(l.until)
}

func envelope(w http.ResponseWriter, status int, code string, data any) {
	answer(w, status, map[string]any{"code": code, "msg": "simulated", "data": data})
}

func (d *Doors) signedIn(h func(http.ResponseWriter, call)) func(http.ResponseWriter, call) {
	return func(w http.ResponseWriter, c call) {
		if c.Header.Get("Authorization") != "Bearer "+d.cfg.Token {
			envelope(w, http.StatusUnauthorized, "CODE_AUTH_FAILED", nil)
			return
		}
		d.world.Lock()
		defer d.world.Unlock()
		h(w, c)
	}
}

func (d *Doors) json(l *lock) map[string]any {
	relay, leaf := "lock", "close"
	if d.clock.Now().Before(l.until) {
		relay = "unlock"
	}
	if l.Open {
		leaf = "open"
	}
	return map[string]any{"id": l.ID, "name": l.Name, "full_name": "Sim - " + l.Name, "floor_id": "f1", "type": "door", "is_bind_hub": true, "door_lock_relay_status": relay, "door_position_status": leaf}
}

func (d *Doors) sorted() []*lock {
	var out []*lock
	for _, l := range d.doors {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *lock) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func (d *Doors) list(w http.ResponseWriter, _ call) {
	out := []map[string]any{}
	for _, l := range d.sorted() {
		out = append(out, d.json(l))
	}
	envelope(w, http.StatusOK, "SUCCESS", out)
}

func (d *Doors) show(w http.ResponseWriter, c call) {
	l := d.doors[c.PathValue("id")]
	if l == nil {
		envelope(w, http.StatusNotFound, "CODE_RESOURCE_NOT_FOUND", nil)
		return
	}
	envelope(w, http.StatusOK, "SUCCESS", d.json(l))
}

func (d *Doors) hubs(w http.ResponseWriter, c call) {
	hubs := []map[string]any{}
	for _, l := range d.sorted() {
		hubs = append(hubs, map[string]any{"id": "hub-" + l.ID, "name": "UA-HUB", "type": "UAH", "location_id": l.ID, "is_online": !l.Offline && !c.offline})
	}
	envelope(w, http.StatusOK, "SUCCESS", [][]map[string]any{hubs})
}

func (d *Doors) unlock(w http.ResponseWriter, c call) {
	var body struct {
		ActorID   string         `json:"actor_id"`
		ActorName string         `json:"actor_name"`
		Extra     map[string]any `json:"extra"`
	}
	l := d.doors[c.PathValue("id")]
	switch {
	case l == nil:
		envelope(w, http.StatusNotFound, "CODE_RESOURCE_NOT_FOUND", nil)
		return
	case len(c.body) > 0 && !c.json(&body), (body.ActorID == "") != (body.ActorName == ""):
		envelope(w, http.StatusBadRequest, "CODE_PARAMS_INVALID", nil)
		return
	case l.Offline || c.offline:
		envelope(w, http.StatusOK, "CODE_DEVICE_DEVICE_OFFLINE", nil)
		return
	}
	if !c.lie {
		now := d.clock.Now()
		l.until = now.Add(d.cfg.RelockTime)
		key := ""
		for _, v := range body.Extra {
			if s, ok := v.(string); ok {
				key = s
			}
		}
		d.log = append(d.log, map[string]any{
			"@timestamp": now.Format(time.RFC3339Nano), "_id": newID(""), "tag": "access", "at": now.Unix(),
			"_source": map[string]any{
				"actor": map[string]any{"id": body.ActorID, "display_name": body.ActorName}, "extra": body.Extra,
				"event":  map[string]any{"type": "access.door.unlock", "result": "ACCESS", "published": now.UnixMilli()},
				"target": []map[string]any{{"type": "door", "id": l.ID, "display_name": l.Name}},
			},
		})
		d.record(c.Request, c.body, Effect{Op: "unlock", Target: l.ID, Key: key, Text: body.ActorName})
	}
	envelope(w, http.StatusOK, "SUCCESS", "success")
}

// lockRule knows the one rule that ClubOS sets: locking at once.
func (d *Doors) lockRule(w http.ResponseWriter, c call) {
	var body struct {
		Type string `json:"type"`
	}
	l := d.doors[c.PathValue("id")]
	switch {
	case l == nil:
		envelope(w, http.StatusNotFound, "CODE_RESOURCE_NOT_FOUND", nil)
		return
	case !c.json(&body) || body.Type != "lock_now":
		envelope(w, http.StatusBadRequest, "CODE_PARAMS_INVALID", nil)
		return
	case l.Offline || c.offline:
		envelope(w, http.StatusOK, "CODE_DEVICE_DEVICE_OFFLINE", nil)
		return
	}
	if !c.lie {
		l.until = time.Time{}
		d.record(c.Request, c.body, Effect{Op: "lock", Target: l.ID})
	}
	envelope(w, http.StatusOK, "SUCCESS", "success")
}

func (d *Doors) logs(w http.ResponseWriter, c call) {
	var body struct {
		Topic string `json:"topic"`
		Since int64  `json:"since"`
		Until int64  `json:"until"`
	}
	page, err := strconv.Atoi(c.URL.Query().Get("page_num"))
	size, err2 := strconv.Atoi(c.URL.Query().Get("page_size"))
	if !c.json(&body) || body.Topic == "" || err != nil || err2 != nil || page < 1 || size < 1 {
		envelope(w, http.StatusBadRequest, "CODE_PARAMS_INVALID", nil)
		return
	}
	hits := []map[string]any{}
	for _, e := range slices.Backward(d.log) {
		if at, _ := e["at"].(int64); at >= body.Since && (body.Until == 0 || at <= body.Until) {
			hits = append(hits, e)
		}
	}
	from := min((page-1)*size, len(hits))
	envelope(w, http.StatusOK, "SUCCESS", map[string]any{"hits": hits[from:min(from+size, len(hits))], "page": page, "total": len(hits)})
}

// Unlocking makes the signed webhook that a door was unlocked, by our key when there is one.
func (d *Doors) Unlocking(to, doorID, key string) Webhook {
	var extra map[string]any
	if key != "" {
		extra = map[string]any{"clubos_key": key}
	}
	return d.report(to, doorID, "access.door.unlock", nfc("Access Granted"), extra)
}

// DoorReport is something that a door reports by itself.
type DoorReport string

// The reports.
const (
	DoorGranted  DoorReport = "granted"
	DoorDenied   DoorReport = "denied"
	DoorHeldOpen DoorReport = "held_open"
	DoorForced   DoorReport = "forced"
	DoorClosed   DoorReport = "closed"
	DoorRung     DoorReport = "rung"
)

// DoorReports lists every report.
func DoorReports() []DoorReport {
	return []DoorReport{DoorGranted, DoorDenied, DoorHeldOpen, DoorForced, DoorClosed, DoorRung}
}

// Reporting makes the signed webhook of what a door reports.
func (d *Doors) Reporting(to, doorID string, r DoorReport) Webhook {
	contact := func(kind, status string) map[string]any {
		return map[string]any{"event_type": kind, "status": status}
	}
	switch r {
	case DoorGranted:
		return d.report(to, doorID, "access.door.unlock", nfc("Access Granted"), nil)
	case DoorDenied:
		return d.report(to, doorID, "access.door.unlock", nfc("Access Denied"), nil)
	case DoorHeldOpen:
		return d.report(to, doorID, "access.device.dps_status", contact("door_held_open", "alarm"), nil)
	case DoorForced:
		return d.report(to, doorID, "access.device.dps_status", contact("forced_open", "alarm"), nil)
	case DoorClosed:
		return d.report(to, doorID, "access.device.dps_status", contact("dps_change", "close"), nil)
	case DoorRung:
	}
	return d.report(to, doorID, "access.doorbell.incoming", map[string]any{}, nil)
}

func nfc(result string) map[string]any {
	return map[string]any{"authentication_type": "NFC", "authentication_value": "", "result": result}
}

func (d *Doors) report(to, doorID, event string, object, extra map[string]any) Webhook {
	d.world.Lock()
	defer d.world.Unlock()
	name := ""
	if l := d.doors[doorID]; l != nil {
		name = l.Name
	}
	data := map[string]any{
		"location": map[string]any{"id": doorID, "name": name, "location_type": "door"}, "device": map[string]any{"id": "hub-" + doorID},
		"actor": map[string]any{"id": "u1", "name": "Simulated Person", "type": "user"}, "object": object,
	}
	if extra != nil {
		data["extra"] = extra
	}
	body, _ := json.Marshal(map[string]any{"event": event, "event_object_id": newID(""), "data": data})
	return Webhook{URL: to, Header: unifiSign(d.cfg.WebhookSecret, d.clock.Now(), body), Body: body}
}
