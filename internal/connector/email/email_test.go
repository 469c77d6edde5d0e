package email_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/email"
	"clubos/internal/simulate/vendor"
)

// server is the stand-in, listening.
func server(t *testing.T, cfg vendor.MailConfig) *vendor.Mail {
	t.Helper()
	m, err := vendor.NewMail(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Heal(); m.Down() })
	return m
}

// config is how the server is reached by whoever knows everything about it.
func config(m *vendor.Mail) email.Config {
	host, port := m.Address()
	n, _ := strconv.Atoi(port)
	c := m.Config()
	return email.Config{Host: host, Port: n, Implicit: c.Implicit, Username: c.Username, Password: c.Password, From: "Fairway 24 <calls@club.example>", PinSHA256: m.Pin(), Timeout: 2 * time.Second}
}

func client(t *testing.T, cfg email.Config) *email.Client {
	t.Helper()
	c, err := email.New(cfg, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func message() email.Message {
	return email.Message{To: "opal@club.example", Subject: "EMERGENCY at Café Nord", Text: "Somebody is hurt.\n.\nÖffne: https://club.example/x\n", ID: "ntf_1", Matter: "esc_1", Urgent: true}
}

func TestMailArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]vendor.MailConfig{"STARTTLS": {}, "TLS from the first byte": {Implicit: true}, "LOGIN alone": {Auth: "LOGIN"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := server(t, cfg)
			c := client(t, config(m))
			if err := c.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.Send(t.Context(), message()); err != nil {
				t.Fatal(err)
			}
			got := m.Letters("opal@club.example")
			if len(got) != 1 || got[0].Subject != message().Subject || strings.TrimSpace(got[0].Text) != strings.TrimSpace(message().Text) {
				t.Fatalf("letters %+v", got)
			}
			if l := got[0]; l.ID != "<ntf_1@club.example>" || l.References != "<esc_1@club.example>" || l.Header.Get("In-Reply-To") != l.References || l.Header.Get("Importance") != "high" || !strings.Contains(l.From, "Fairway 24") {
				t.Errorf("headers %v", l.Header)
			}
		})
	}
}

func TestNothingInAHeaderBeginsAnother(t *testing.T) {
	t.Parallel()
	m := server(t, vendor.MailConfig{})
	c := client(t, config(m))
	x := message()
	x.Subject, x.ID, x.Matter = "Help\r\nBcc: all@example.com\n\nhello", "a>\r\nBcc: x@example.com", "b\r\nX: y"
	if err := c.Send(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	l := m.Letters("")[0]
	if l.Header.Get("Bcc") != "" || l.Header.Get("X") != "" || l.Subject != "Help Bcc: all@example.com hello" || strings.Contains(l.ID, " ") {
		t.Errorf("headers %v", l.Header)
	}
	for _, to := range []string{"a@example.com\r\nRCPT TO:<b@example.com>", "nobody", ""} {
		x.To = to
		var v *club.VendorError
		if err := c.Send(t.Context(), x); !errors.As(err, &v) || !v.Rejected || v.Reached {
			t.Errorf("%q: %v", to, err)
		}
	}
	if len(m.Letters("")) != 1 {
		t.Error("a mail went to an address that is none")
	}
}

func TestFailureSaysWhetherAFurtherTryHelps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server                       vendor.MailConfig
		change                       func(*email.Config)
		op                           string
		fault                        vendor.Fault
		retryable, rejected, reached bool
		status                       int
	}{
		"4xx":                   {op: "mail", fault: vendor.Fail(451), retryable: true, rejected: true, status: 451},
		"5xx":                   {op: "mail", fault: vendor.Fail(552), rejected: true, status: 552},
		"busy at the door":      {op: "connect", fault: vendor.Fail(421), retryable: true, rejected: true, status: 421},
		"hangs":                 {op: "mail", fault: vendor.Hang(), retryable: true},
		"answer lost":           {op: "mail", fault: vendor.LoseAnswer(), retryable: true, reached: true},
		"wrong password":        {change: func(c *email.Config) { c.Password = "wrong" }, rejected: true, status: 535},
		"no encryption offered": {server: vendor.MailConfig{Plain: true}, rejected: true},
		"no way to sign in":     {server: vendor.MailConfig{Auth: "GSSAPI"}, rejected: true},
		"another certificate":   {change: func(c *email.Config) { c.PinSHA256 = strings.Repeat("ab", 32) }, retryable: true},
		"certificate of nobody": {change: func(c *email.Config) { c.PinSHA256 = "" }, retryable: true},
		"nobody listens":        {change: func(c *email.Config) { c.Port = 1 }, retryable: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := server(t, c.server)
			cfg := config(m)
			cfg.Timeout = 500 * time.Millisecond
			if c.change != nil {
				c.change(&cfg)
			}
			if c.op != "" {
				m.Break(c.op, c.fault)
			}
			var v *club.VendorError
			err := client(t, cfg).Send(t.Context(), message())
			if !errors.As(err, &v) || v.Retryable != c.retryable || v.Rejected != c.rejected || v.Reached != c.reached || v.Status != c.status {
				t.Errorf("error %+v", v)
			}
			for _, secret := range []string{"opal", "sim-mail-password", "wrong", "hurt"} {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q: %v", secret, err)
				}
			}
			if n := len(m.Letters("")); n > 0 && !c.reached {
				t.Errorf("%d letters", n)
			}
		})
	}
}

func TestCallerThatGoesAwayEndsTheTalk(t *testing.T) {
	t.Parallel()
	m := server(t, vendor.MailConfig{})
	m.Break("connect", vendor.Hang())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	cfg := config(m)
	cfg.Timeout = time.Minute
	c := client(t, cfg)
	go func() { done <- c.Check(ctx) }()
	cancel()
	select {
	case err := <-done:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(5 * time.Second):
		t.Error("it hangs")
	}
}

func TestWhatCannotWorkIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	good := email.Config{Host: "smtp.example.com", From: "a@example.com"}
	if _, err := email.New(good, connector.Deps{}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*email.Config){
		"no host":        func(c *email.Config) { c.Host = "" },
		"host with port": func(c *email.Config) { c.Host = "smtp.example.com:25" },
		"port":           func(c *email.Config) { c.Port = 70000 },
		"sender":         func(c *email.Config) { c.From = "nobody" },
		"half a sign-in": func(c *email.Config) { c.Username = "x" },
		"pin":            func(c *email.Config) { c.PinSHA256 = "abc" },
	} {
		cfg := good
		change(&cfg)
		if _, err := email.New(cfg, connector.Deps{}); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
