// Package email hands mail to a mail server by SMTP, over TLS alone: STARTTLS, which it insists on, or TLS
// from the first byte. It reads nothing.
//
// It stands on net/smtp, which speaks the protocol and leaves deadlines, the choice of certificates and
// the account of failures to us: a 4xx may be tried again, a 5xx is final, and a connection that breaks
// after the words were sent leaves open whether the mail is under way. Safe for concurrent use; each mail
// has a connection of its own.
package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Provider is this vendor's name in errors.
const Provider = "email"

// Config describes one mail server.
type Config struct {
	Host      string
	Port      int    // default 587, or 465 with TLS from the first byte
	Implicit  bool   // TLS from the first byte; else STARTTLS. Port 465 means it
	Username  string // "" signs in to nothing
	Password  string
	From      string        // "Fairway 24 <calls@club.example>"
	PinSHA256 string        // of a self-signed certificate; "" means the system's roots
	Timeout   time.Duration // of one mail, from dial to the last answer; default 15 s
}

// Client sends mail.
type Client struct {
	cfg   Config
	from  mail.Address
	tls   *tls.Config
	clock club.Clock
	log   *slog.Logger
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	cfg.Implicit = cfg.Implicit || cfg.Port == 465
	if cfg.Port == 0 {
		cfg.Port = 587
		if cfg.Implicit {
			cfg.Port = 465
		}
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Host == "" || strings.ContainsAny(cfg.Host, " /:\r\n") && net.ParseIP(cfg.Host) == nil {
		return nil, club.Invalid("email: the host is a name like smtp.example.com, without port and scheme")
	}
	if cfg.Port < 1 || cfg.Port > 65535 {
		return nil, club.Invalid("email: the port is a number from 1 to 65535")
	}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, club.Invalid("email: the sender is an address like calls@club.example")
	}
	if (cfg.Username == "") != (cfg.Password == "") {
		return nil, club.Invalid("email: user name and password go together")
	}
	t, err := connector.TLS(cfg.Host, cfg.PinSHA256)
	if err != nil {
		return nil, fmt.Errorf("email: %w", err)
	}
	c := &Client{cfg: cfg, from: *from, tls: t, clock: deps.Clock, log: deps.Log}
	if c.clock == nil {
		c.clock = club.SystemClock{}
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Send hands one mail to the server, once. Who it is for stands in no error.
func (c *Client) Send(ctx context.Context, m Message) error {
	const op = "send mail"
	to, err := mail.ParseAddress(m.To)
	if err != nil {
		return &club.VendorError{Vendor: Provider, Op: op, Rejected: true, VendorCode: "no address"}
	}
	body, err := m.encode(c.from, *to, c.clock.Now())
	if err != nil {
		return &club.VendorError{Vendor: Provider, Op: op, Rejected: true, Err: err}
	}
	return c.with(ctx, op, func(s *smtp.Client, sent func()) error {
		if err := s.Mail(c.from.Address); err != nil {
			return err
		}
		if err := s.Rcpt(to.Address); err != nil {
			return err
		}
		w, err := s.Data()
		if err != nil {
			return err
		}
		sent() // from here on the server may have it, whatever we hear
		if _, err := w.Write(body); err != nil {
			return err
		}
		return w.Close()
	})
}

// Check connects and signs in, and sends nothing.
func (c *Client) Check(ctx context.Context) error {
	return c.with(ctx, "sign in", func(s *smtp.Client, _ func()) error { return s.Noop() })
}

// with runs fn on a connection that is encrypted and signed in.
func (c *Client) with(ctx context.Context, op string, fn func(s *smtp.Client, sent func()) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	start := c.clock.Now()
	fail := &club.VendorError{Vendor: Provider, Op: op}
	err := c.talk(ctx, func(s *smtp.Client) error { return fn(s, func() { fail.Reached = true }) })
	log := c.log.With("service.target.name", Provider, "event.action", op, "event.duration", c.clock.Now().Sub(start).Nanoseconds())
	if err == nil {
		log.DebugContext(ctx, "vendor call", "event.outcome", "success")
		return nil
	}
	explain(fail, err)
	log.DebugContext(ctx, "vendor call", "event.outcome", "failure", "error.message", fail.Error())
	return fail
}

func (c *Client) talk(ctx context.Context, fn func(*smtp.Client) error) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(c.cfg.Host, strconv.Itoa(c.cfg.Port)))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if at, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(at); err != nil {
			return err
		}
	}
	// A caller that goes away ends the talk at once.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if c.cfg.Implicit {
		t := tls.Client(conn, c.tls)
		if err := t.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = t
	}
	s, err := smtp.NewClient(conn, c.cfg.Host)
	if err != nil {
		return err
	}
	if err := c.signIn(s); err != nil {
		return err
	}
	if err := fn(s); err != nil {
		return err
	}
	// The mail is accepted: a farewell that fails changes nothing.
	_ = s.Quit()
	return nil
}

// errPlain is a server that offers no encryption. Neither password nor mail is shown to it.
var errPlain = errors.New("the server does not offer STARTTLS")

var errNoAuth = errors.New("the server offers no way to sign in that we know (PLAIN or LOGIN)")

func (c *Client) signIn(s *smtp.Client) error {
	if err := s.Hello("localhost"); err != nil {
		return err
	}
	if !c.cfg.Implicit {
		if ok, _ := s.Extension("STARTTLS"); !ok {
			return errPlain
		}
		if err := s.StartTLS(c.tls); err != nil {
			return err
		}
	}
	if c.cfg.Username == "" {
		return nil
	}
	_, offered := s.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	for _, w := range ways {
		switch w {
		case "PLAIN":
			return s.Auth(smtp.PlainAuth("", c.cfg.Username, c.cfg.Password, c.cfg.Host))
		case "LOGIN":
			return s.Auth(&login{user: c.cfg.Username, password: c.cfg.Password})
		}
	}
	return errNoAuth
}

// login is the LOGIN mechanism, which some servers offer alone. It is used after TLS only.
type login struct{ user, password string }

func (l *login) Start(info *smtp.ServerInfo) (string, []byte, error) {
	if !info.TLS {
		return "", nil, errPlain
	}
	return "LOGIN", nil, nil
}

func (l *login) Next(prompt []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	switch p := strings.ToLower(string(prompt)); {
	case strings.HasPrefix(p, "user"):
		return []byte(l.user), nil
	case strings.HasPrefix(p, "pass"):
		return []byte(l.password), nil
	}
	return nil, errors.New("the server asks something that is not understood")
}

// explain fills in what an error means. Servers quote addresses in their words, so only their number is kept.
func explain(fail *club.VendorError, err error) {
	var answer *textproto.Error
	switch {
	case errors.As(err, &answer):
		fail.Status, fail.Rejected = answer.Code, true
		fail.Retryable = answer.Code/100 == 4
		fail.Err = errors.New("the server said no")
	case errors.Is(err, errPlain), errors.Is(err, errNoAuth):
		fail.Rejected, fail.Err = true, err
	default:
		fail.Retryable, fail.Err = true, withoutAddress(err)
	}
}

func withoutAddress(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return err
}
