package simulate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
)

// wire is a connection of a load: a plain HTTP/1.1 client that writes into buffers of its own. The load
// shares the machine's cores with the server, and what it takes for itself the server does not get;
// net/http's client takes more than the server needs for a text.
type wire struct {
	target  *url.URL
	timeout time.Duration
	write   func(i int, now time.Time) // puts the i-th request into out

	head string // of a text: request line and headers that are the same for all
	mac  hash.Hash
	key  []byte // run and number of the text

	conn net.Conn
	in   *bufio.Reader
	body []byte
	out  []byte
}

func parseTarget(address string) (*url.URL, error) {
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, club.Invalid("the load's target must look like http://host:port")
	}
	return target, nil
}

func (c LoadConfig) newWire() (*wire, error) {
	target, err := parseTarget(c.Target)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(c.Secret, "whsec_"))
	if err != nil {
		return nil, club.Invalid("the webhook's secret must be whsec_ and base64")
	}
	w := &wire{target: target, timeout: c.Timeout, mac: hmac.New(sha256.New, key),
		head: "POST " + strings.TrimRight(target.Path, "/") + "/hooks/" + c.Tenant.String() + "/openphone HTTP/1.1\r\nHost: " + target.Host +
			"\r\nContent-Type: application/json\r\nwebhook-id: msg_"}
	w.write = func(i int, now time.Time) { w.request(&c, i, now) }
	return w, nil
}

// exchange sends the i-th request and returns the status of the answer. After an error the next call connects
// again.
func (w *wire) exchange(ctx context.Context, i int) (status int, err error) {
	if w.conn == nil {
		if err := w.dial(ctx); err != nil {
			return 0, err
		}
	}
	now := time.Now()
	if err := w.conn.SetDeadline(now.Add(w.timeout)); err != nil {
		return 0, w.broken(err)
	}
	w.write(i, now.UTC())
	if _, err := w.conn.Write(w.out); err != nil {
		return 0, w.broken(err)
	}
	status, again, err := w.answer()
	if err != nil {
		return 0, w.broken(err)
	}
	if !again {
		w.close()
	}
	return status, nil
}

func (w *wire) dial(ctx context.Context) (err error) {
	address := w.target.Host
	if w.target.Port() == "" {
		address = net.JoinHostPort(w.target.Hostname(), w.target.Scheme)
	}
	dialer := &net.Dialer{Timeout: w.timeout}
	if w.target.Scheme == "https" {
		w.conn, err = (&tls.Dialer{NetDialer: dialer}).DialContext(ctx, "tcp", address)
	} else {
		w.conn, err = dialer.DialContext(ctx, "tcp", address)
	}
	if err != nil {
		w.conn = nil
		return err
	}
	w.in = bufio.NewReaderSize(w.conn, 4096)
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

func (w *wire) broken(err error) error {
	w.close()
	return err
}

// request writes the i-th webhook in Quo's format, signed as Standard Webhooks says.
func (w *wire) request(c *LoadConfig, i int, now time.Time) {
	w.key = append(w.key[:0], c.Run...)
	w.key = fmt.Appendf(w.key, "%08d", i)
	w.body = c.body(w.body[:0], w.key, i, now)
	var ts [20]byte
	stamp := strconv.AppendInt(ts[:0], now.Unix(), 10)

	w.mac.Reset()
	w.mac.Write([]byte("msg_"))
	w.mac.Write(w.key)
	w.mac.Write([]byte{'.'})
	w.mac.Write(stamp)
	w.mac.Write([]byte{'.'})
	w.mac.Write(w.body)
	var sum [sha256.Size]byte
	signature := w.mac.Sum(sum[:0])

	w.out = append(append(w.out[:0], w.head...), w.key...)
	w.out = append(append(w.out, "\r\nwebhook-timestamp: "...), stamp...)
	w.out = base64.StdEncoding.AppendEncode(append(w.out, "\r\nwebhook-signature: v1,"...), signature)
	w.out = strconv.AppendInt(append(w.out, "\r\nContent-Length: "...), int64(len(w.body)), 10)
	w.out = append(append(w.out, "\r\n\r\n"...), w.body...)
}

// answer reads an answer to its end. again reports whether the connection may be used once more.
func (w *wire) answer() (status int, again bool, err error) {
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, false, errors.New("not an answer of HTTP/1.1")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, errors.New("an answer without a status")
	}
	again = true
	length, chunked := int64(0), false
	for {
		if line, err = w.in.ReadSlice('\n'); err != nil {
			return 0, false, err
		}
		name, value, found := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if !found {
			break
		}
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, false, errors.New("an answer of no certain length")
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("Connection")):
			again = !bytes.EqualFold(value, []byte("close"))
		}
	}
	switch {
	case status == http.StatusNoContent:
	case chunked:
		if _, err = io.Copy(io.Discard, httputil.NewChunkedReader(w.in)); err == nil {
			err = w.skipTrailer()
		}
	default:
		_, err = io.CopyN(io.Discard, w.in, length)
	}
	return status, again, err
}

// skipTrailer reads what may follow the last chunk, to the empty line that ends it.
func (w *wire) skipTrailer() error {
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			return nil
		}
	}
}

// body appends the i-th event of Quo to b.
func (c *LoadConfig) body(b, key []byte, i int, now time.Time) []byte {
	from := memberNumber(c.FirstSender + i%c.Senders)
	var at [40]byte
	stamp := now.AppendFormat(at[:0], time.RFC3339Nano)
	put := func(parts ...string) {
		for _, p := range parts {
			b = append(b, p...)
		}
	}
	put(`{"id":"EV`)
	b = append(b, key...)
	put(`","apiVersion":"2026-03-30","createdAt":"`)
	b = append(b, stamp...)
	put(`","type":"message.received","data":{"resource":{"id":"AC`)
	b = append(b, key...)
	put(`","direction":"incoming","text":`)
	b = c.quoted(b, i)
	put(`,"media":[],"status":"received","createdAt":"`)
	b = append(b, stamp...)
	put(`"},"context":{"orgId":"ORload","phoneNumberId":"PNload","conversationId":"CN`, from,
		`","contacts":{"ids":[],"lookupStatus":"none"},"senderIdentifier":"`, from, `","recipientIdentifiers":["`, c.Line, `"]}}}`)
	return b
}

// quoted appends the i-th text as JSON.
func (c *LoadConfig) quoted(b []byte, i int) []byte {
	if c.Text == nil {
		return append(strconv.AppendInt(append(b, `"what's the wifi password? (`...), int64(i), 10), `)"`...)
	}
	text, err := json.Marshal(c.Text(i))
	if err != nil {
		return append(b, `""`...) // a string never fails to encode
	}
	return append(b, text...)
}
