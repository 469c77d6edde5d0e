package email

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// Message is a plain mail to one person.
type Message struct {
	To, Subject, Text string
	// ID names the mail: a second sending of the same one is told by it. Matter names what it is about: mail
	// programs show mails about one matter together. Both are ours and opaque.
	ID, Matter string
	Urgent     bool
}

// encode writes the message as RFC 5322 wants it, lines ended by CR and LF.
func (m Message) encode(from, to mail.Address, now time.Time) ([]byte, error) {
	_, domain, _ := strings.Cut(from.Address, "@")
	var b bytes.Buffer
	head := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, oneLine(value)) }
	head("From", from.String())
	head("To", to.String())
	head("Subject", mime.QEncoding.Encode("utf-8", oneLine(m.Subject)))
	head("Date", now.UTC().Format(time.RFC1123Z))
	head("Message-ID", "<"+atom(m.ID)+"@"+domain+">")
	if m.Matter != "" {
		// The matter is the root of its thread, though no mail has its name.
		head("In-Reply-To", "<"+atom(m.Matter)+"@"+domain+">")
		head("References", "<"+atom(m.Matter)+"@"+domain+">")
	}
	if m.Urgent {
		head("X-Priority", "1")
		head("Importance", "high")
	}
	head("Auto-Submitted", "auto-generated")
	head("MIME-Version", "1.0")
	head("Content-Type", "text/plain; charset=utf-8")
	head("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r", ""), "\n", "\r\n"))); err != nil {
		return nil, fmt.Errorf("encode mail: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode mail: %w", err)
	}
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

// oneLine keeps a value from ending its header and beginning another.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 }), " ")
}

// atom keeps of an id what may stand in a Message-ID.
func atom(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-' {
			return r
		}
		return -1
	}, s)
}
