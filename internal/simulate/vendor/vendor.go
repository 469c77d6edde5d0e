// Package vendor holds stand-ins for the vendors that ClubOS calls: text messages (Quo and Twilio on
// the wire), device management (NinjaOne), doors (UniFi Access, with TLS and a certificate of its
// own), Slack, PagerDuty, a mail server and a server of vectors. Each listens on loopback, checks what the real one checks, and keeps a record of
// every effect that its world has seen, so that a test can say what really happened whatever the
// answers were.
//
// The stand-ins share no code with the connectors: a mistake there shows here. Each operation can be
// given a [Fault]. Time passes by the clock that they are given; nothing in here runs by itself. All
// types are safe for concurrent use. They hold synthetic data only.
package vendor

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"clubos/internal/club"
)

// Effect is something that really happened in a vendor's world.
type Effect struct {
	At      time.Time
	Vendor  string // "sms", "rmm", "doors", "slack", "pagerduty", "mail", "embeddings"
	Op      string // "send", "reboot", "script", "unlock", "post", "update", "trigger", "acknowledge", "resolve", "mail", "embed"
	Target  string // number, device, door, channel, dedup key, address, model
	Key     string // our id, where one came along in the request; else ""
	Request string // the X-Request-Id of the call
	Text    string // what was sent, or the reason, or the parameters
	ID      string // the vendor's own id of what came of it
}

// ourID finds an id of ClubOS in a request's body.
var ourID = regexp.MustCompile(`\b[a-z]{3,5}_[0-7][0-9a-hjkmnp-tv-z]{25}\b`)

// server is one listener with its faults and its record.
type server struct {
	name  string
	clock club.Clock
	tls   *tls.Config
	mux   *http.ServeMux
	raw   func(net.Conn) // speaks instead of mux, where the vendor's protocol is not HTTP

	mu      sync.Mutex // guards all below
	addr    string
	http    *http.Server
	conns   *talks // of raw
	effects []Effect
	faults  map[string]*Fault
	release chan struct{}
}

func newServer(name string, clock club.Clock, tlsConfig *tls.Config) *server {
	if clock == nil {
		clock = club.SystemClock{}
	}
	return &server{name: name, clock: clock, tls: tlsConfig, mux: http.NewServeMux(), faults: map[string]*Fault{}, release: make(chan struct{})}
}

// listen takes a port the first time, and then the same.
func (s *server) listen(ctx context.Context) (net.Listener, error) {
	if s.addr == "" {
		return ListenSomewhere(ctx)
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", s.addr)
}

// Up starts listening; after Down, on the same port as before.
func (s *server) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil || s.conns != nil {
		return nil
	}
	l, err := s.listen(context.Background())
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	if s.raw != nil {
		s.conns = listen(l, s.raw)
		return nil
	}
	if s.tls != nil {
		l = tls.NewListener(l, s.tls)
	}
	s.http = &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func(h *http.Server) { _ = h.Serve(l) }(s.http)
	return nil
}

// Down closes the listener and all connections: callers are refused until Up.
func (s *server) Down() {
	s.mu.Lock()
	h, t := s.http, s.conns
	s.http, s.conns = nil, nil
	s.mu.Unlock()
	if h != nil {
		_ = h.Close()
	}
	if t != nil {
		t.end()
	}
}

// URL is where the vendor listens.
func (s *server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tls != nil {
		return "https://" + s.addr
	}
	return "http://" + s.addr
}

// Effects lists what has happened, in order.
func (s *server) Effects() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.effects)
}

// Forget empties the record.
func (s *server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.effects = nil
}

// record notes an effect of a request.
func (s *server) record(r *http.Request, body []byte, e Effect) {
	e.Vendor, e.At, e.Request = s.name, s.clock.Now(), r.Header.Get("X-Request-Id")
	if e.Key == "" {
		e.Key = string(ourID.Find(body))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.effects = append(s.effects, e)
}

// Config says what the vendors' world looks like. Zero fields get sensible synthetic values.
type Config struct {
	Clock      club.Clock // default: the machine's
	SMS        SMSConfig
	RMM        RMMConfig
	Doors      DoorsConfig
	Slack      SlackConfig
	Pager      PagerConfig
	Mail       MailConfig
	Embeddings EmbeddingsConfig
}

// Vendors are all stand-ins together.
type Vendors struct {
	SMS        *SMS
	RMM        *RMM
	Doors      *Doors
	Slack      *Slack
	Pager      *Pager
	Mail       *Mail
	Embeddings *Embeddings
}

// Start starts every vendor on a free port of 127.0.0.1.
func Start(cfg Config) (*Vendors, error) {
	doors, err := NewDoors(cfg.Doors, cfg.Clock)
	if err != nil {
		return nil, err
	}
	mail, err := NewMail(cfg.Mail, cfg.Clock)
	if err != nil {
		return nil, err
	}
	v := &Vendors{SMS: NewSMS(cfg.SMS, cfg.Clock), RMM: NewRMM(cfg.RMM, cfg.Clock), Doors: doors, Slack: NewSlack(cfg.Slack, cfg.Clock), Pager: NewPager(cfg.Pager, cfg.Clock), Mail: mail,
		Embeddings: NewEmbeddings(cfg.Embeddings, cfg.Clock)}
	for _, s := range v.servers() {
		if err := s.Up(); err != nil {
			return nil, errors.Join(err, v.Close())
		}
	}
	return v, nil
}

func (v *Vendors) servers() []*server {
	return []*server{v.SMS.server, v.RMM.server, v.Doors.server, v.Slack.server, v.Pager.server, v.Mail.server, v.Embeddings.server}
}

// Effects lists what happened at all vendors, in the order of time.
func (v *Vendors) Effects() []Effect {
	var all []Effect
	for _, s := range v.servers() {
		all = append(all, s.Effects()...)
	}
	slices.SortStableFunc(all, func(a, b Effect) int { return a.At.Compare(b.At) })
	return all
}

// Close stops every vendor and lets hung requests go. It may be called more than once.
func (v *Vendors) Close() error {
	for _, s := range v.servers() {
		s.Heal()
		s.Down()
	}
	return nil
}
