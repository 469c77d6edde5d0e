package vendor

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"clubos/internal/club"
)

// MailConfig describes the mail server.
type MailConfig struct {
	Username string // default "clubos"
	Password string // default "sim-mail-password"
	Auth     string // the mechanisms that it offers; default "PLAIN LOGIN"
	Plain    bool   // it offers no STARTTLS
	Implicit bool   // TLS from the first byte
}

// Mail is a mail server: SMTP with STARTTLS and a certificate of its own, which takes mail for anybody from
// whoever signs in. Its operations are "connect", "auth" and "mail"; a fault's status is an SMTP code.
type Mail struct {
	*server
	cfg MailConfig
	pin string
	tls *tls.Config

	box  sync.Mutex // guards letters
	took []Letter
}

// Letter is a mail that arrived.
type Letter struct {
	From, To, Subject, Text, ID, References string
	Header                                  mail.Header
}

// NewMail makes the server; Up starts it.
func NewMail(cfg MailConfig, clock club.Clock) (*Mail, error) {
	cfg.Username = cmp.Or(cfg.Username, "clubos")
	cfg.Password = cmp.Or(cfg.Password, "sim-mail-password")
	cfg.Auth = cmp.Or(cfg.Auth, "PLAIN LOGIN")
	cert, err := selfSigned()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(cert.Certificate[0])
	m := &Mail{server: newServer("mail", clock, nil), cfg: cfg, pin: hex.EncodeToString(sum[:]), tls: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}}
	m.raw = m.serve
	return m, nil
}

// Config returns what the server was made with, defaults filled in.
func (m *Mail) Config() MailConfig { return m.cfg }

// Pin is the hex SHA-256 of the server's certificate.
func (m *Mail) Pin() string { return m.pin }

// Address is where the server listens: host and port.
func (m *Mail) Address() (host, port string) {
	host, port, _ = net.SplitHostPort(strings.TrimPrefix(m.URL(), "http://"))
	return host, port
}

// Letters lists the mail that an address got, oldest first; "" lists all.
func (m *Mail) Letters(to string) []Letter {
	m.box.Lock()
	defer m.box.Unlock()
	return slices.DeleteFunc(slices.Clone(m.took), func(l Letter) bool { return to != "" && l.To != to })
}

// talk is one connection.
type talk struct {
	*textproto.Conn
	m         *Mail
	conn      net.Conn
	encrypted bool
	signedIn  bool
	from      string
	to        []string
}

var errHangUp = errors.New("hang up")

func (m *Mail) serve(conn net.Conn) {
	t := &talk{m: m, conn: conn}
	if m.cfg.Implicit {
		t.conn, t.encrypted = tls.Server(conn, m.tls), true
	}
	t.Conn = textproto.NewConn(t.conn)
	defer func() { _ = t.Close() }()
	if ok := t.goesWrong("connect"); ok {
		return
	}
	t.say(220, "mail.sim ESMTP")
	for {
		line, err := t.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		if err := t.command(strings.ToUpper(verb), rest); err != nil {
			return
		}
	}
}

func (t *talk) say(code int, words string) { _ = t.PrintfLine("%d %s", code, words) }

// goesWrong carries a fault of an operation out and reports whether the command is done with.
func (t *talk) goesWrong(op string) bool {
	f, release := t.m.fault(op)
	switch f.mode {
	case modeFail:
		t.say(f.status, "simulated")
		return true
	case modeHang:
		<-release
		return true
	case modeSlow:
		wait(f.delay, release)
	}
	return false
}

// wait lets a delay go by, or less when the fault is healed.
func wait(d time.Duration, release <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-release:
	}
}

func (t *talk) command(verb, rest string) error {
	switch verb {
	case "EHLO", "HELO":
		t.greet()
	case "STARTTLS":
		return t.startTLS()
	case "AUTH":
		t.auth(rest)
	case "MAIL":
		t.mailFrom(rest)
	case "RCPT":
		t.rcptTo(rest)
	case "DATA":
		return t.data()
	case "NOOP", "RSET":
		t.say(250, "OK")
	case "QUIT":
		t.say(221, "bye")
		return errHangUp
	default:
		t.say(502, "not implemented")
	}
	return nil
}

func (t *talk) greet() {
	_ = t.PrintfLine("250-mail.sim")
	if !t.encrypted && !t.m.cfg.Plain {
		_ = t.PrintfLine("250-STARTTLS")
	}
	if t.encrypted {
		_ = t.PrintfLine("250-AUTH %s", t.m.cfg.Auth)
	}
	t.say(250, "8BITMIME")
}

func (t *talk) startTLS() error {
	if t.encrypted || t.m.cfg.Plain {
		t.say(503, "no")
		return nil
	}
	t.say(220, "go ahead")
	c := tls.Server(t.conn, t.m.tls)
	if err := c.HandshakeContext(context.Background()); err != nil {
		return err
	}
	t.conn, t.encrypted, t.Conn = c, true, textproto.NewConn(c)
	return nil
}

func (t *talk) auth(rest string) {
	if !t.encrypted {
		t.say(530, "Must issue a STARTTLS command first")
		return
	}
	if t.goesWrong("auth") {
		return
	}
	mechanism, initial, _ := strings.Cut(rest, " ")
	var user, password string
	switch {
	case mechanism == "PLAIN" && strings.Contains(t.m.cfg.Auth, "PLAIN"):
		raw, _ := base64.StdEncoding.DecodeString(initial)
		if parts := strings.Split(string(raw), "\x00"); len(parts) == 3 {
			user, password = parts[1], parts[2]
		}
	case mechanism == "LOGIN" && strings.Contains(t.m.cfg.Auth, "LOGIN"):
		user, password = t.ask("Username:"), t.ask("Password:")
	default:
		t.say(504, "unrecognized authentication type")
		return
	}
	if user != t.m.cfg.Username || password != t.m.cfg.Password {
		t.say(535, "5.7.8 Authentication credentials invalid")
		return
	}
	t.signedIn = true
	t.say(235, "2.7.0 Authentication successful")
}

func (t *talk) ask(prompt string) string {
	t.say(334, base64.StdEncoding.EncodeToString([]byte(prompt)))
	line, _ := t.ReadLine()
	raw, _ := base64.StdEncoding.DecodeString(line)
	return string(raw)
}

func (t *talk) mailFrom(rest string) {
	switch from := address(rest, "FROM:"); {
	case !t.encrypted:
		t.say(530, "Must issue a STARTTLS command first")
	case !t.signedIn:
		t.say(530, "5.7.0 Authentication required")
	case from == "":
		t.say(501, "bad sender")
	default:
		t.from, t.to = from, nil
		t.say(250, "OK")
	}
}

func (t *talk) rcptTo(rest string) {
	switch to := address(rest, "TO:"); {
	case t.from == "":
		t.say(503, "MAIL first")
	case to == "" || !strings.Contains(to, "@"):
		t.say(550, "5.1.1 no such user")
	default:
		t.to = append(t.to, to)
		t.say(250, "OK")
	}
}

// address finds <a@b> behind a keyword.
func address(rest, keyword string) string {
	if len(rest) < len(keyword) || !strings.EqualFold(rest[:len(keyword)], keyword) {
		return ""
	}
	_, after, ok := strings.Cut(rest, "<")
	inner, _, closed := strings.Cut(after, ">")
	if !ok || !closed {
		return ""
	}
	return inner
}

func (t *talk) data() error {
	if t.from == "" || len(t.to) == 0 {
		t.say(503, "RCPT first")
		return nil
	}
	f, release := t.m.fault("mail")
	switch f.mode {
	case modeFail:
		t.say(f.status, "simulated")
		return nil
	case modeHang:
		<-release
		return errHangUp
	case modeSlow:
		wait(f.delay, release)
	}
	t.say(354, "end with a dot")
	raw, err := t.ReadDotBytes()
	if err != nil {
		return err
	}
	if f.mode != modeLie {
		if err := t.m.keep(t.to, raw); err != nil {
			t.say(554, "5.6.0 not a message")
			return nil
		}
	}
	t.from = ""
	if f.mode == modeLose {
		return errHangUp
	}
	t.say(250, "2.0.0 queued")
	return nil
}

// keep takes a message that is one: with the headers that RFC 5322 asks for and without bare line ends.
func (m *Mail) keep(to []string, raw []byte) error {
	msg, err := mail.ReadMessage(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return err
	}
	for _, name := range []string{"From", "Date", "Message-Id"} {
		if msg.Header.Get(name) == "" {
			return fmt.Errorf("no %s", name)
		}
	}
	if _, err := msg.Header.Date(); err != nil {
		return err
	}
	body := msg.Body
	if msg.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		return err
	}
	for _, rcpt := range to {
		l := Letter{From: msg.Header.Get("From"), To: rcpt, Subject: subject, Text: strings.ReplaceAll(string(text), "\r\n", "\n"), ID: msg.Header.Get("Message-Id"), References: msg.Header.Get("References"), Header: msg.Header}
		m.box.Lock()
		m.took = append(m.took, l)
		m.box.Unlock()
		m.record(&http.Request{Header: http.Header{}}, raw, Effect{Op: "mail", Target: rcpt, Text: subject + "\n" + l.Text, ID: l.ID})
	}
	return nil
}

// talks are the connections of a listener that does not speak HTTP.
type talks struct {
	l  net.Listener
	mu sync.Mutex // guards open
	// open is nil after the end.
	open map[net.Conn]bool
}

func listen(l net.Listener, speak func(net.Conn)) *talks {
	t := &talks{l: l, open: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.mu.Lock()
			if t.open == nil {
				t.mu.Unlock()
				_ = conn.Close()
				return
			}
			t.open[conn] = true
			t.mu.Unlock()
			go func() {
				speak(conn)
				_ = conn.Close()
				t.mu.Lock()
				delete(t.open, conn)
				t.mu.Unlock()
			}()
		}
	}()
	return t
}

// end closes the listener and every connection.
func (t *talks) end() {
	_ = t.l.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	for conn := range t.open {
		_ = conn.Close()
	}
	t.open = nil
}
