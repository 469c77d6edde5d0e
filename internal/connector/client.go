package connector

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"clubos/internal/club"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
)

// Limits bound what one vendor may cost us. The zero value means the defaults.
type Limits struct {
	Timeout  time.Duration // of one call, from dial to the last byte of the answer; default 10 s
	Body     int64         // bytes of an answer that are read; default 4 MiB
	Failures uint          // consecutive failures that open the breaker; default 5
	Cooldown time.Duration // how long an open breaker refuses calls before it tries one; default 15 s
}

// Rate is a client-side rate limit: at most Calls in each Per. Zero Calls means no limit.
type Rate struct {
	Calls   uint
	Per     time.Duration
	MaxWait time.Duration // how long a call may wait for its turn before it is given up; 0 means not at all
}

// Deps are what every vendor's client gets from the program.
type Deps struct {
	Clock club.Clock   // default: the machine's
	Log   *slog.Logger // default: discards
}

// Config describes a vendor to New.
type Config struct {
	Vendor    string // the name in errors and logs, "ninjaone" for example
	BaseURL   string // https, or http on a loopback address; requests' paths are appended
	PinSHA256 string // hex SHA-256 of the one certificate (DER) to accept, for self-signed consoles; "" means the system's roots
	Header    http.Header
	Limits    Limits
	Rate      Rate
	// Explain reads a vendor's own error code from the body of an answer that is not 2xx. What it
	// returns appears in errors, so it must not hold what a member wrote. Nil means no code.
	Explain func(status int, body []byte) (code string)
}

// Client calls one vendor.
type Client struct {
	cfg     Config
	base    *url.URL
	http    *http.Client
	clock   club.Clock
	log     *slog.Logger
	breaker circuitbreaker.CircuitBreaker[any]
	rate    ratelimiter.RateLimiter[any] // nil when there is no limit
}

// New returns a client for the vendor that cfg describes. Invalid when the address is not https (or
// http on a loopback address), or the pin is not a SHA-256.
func New(cfg Config, deps Deps) (*Client, error) {
	base, err := parseBase(cfg.Vendor, cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.PinSHA256 != "" {
		if tlsConfig, err = pinned(cfg.PinSHA256); err != nil {
			return nil, fmt.Errorf("%s: %w", cfg.Vendor, err)
		}
	}
	setDefaults(&cfg, &deps)
	c := &Client{
		cfg: cfg, base: base, clock: deps.Clock, log: deps.Log,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
				TLSClientConfig:     tlsConfig,
				TLSHandshakeTimeout: 5 * time.Second,
				ForceAttemptHTTP2:   true,
				MaxIdleConnsPerHost: 8,
				MaxConnsPerHost:     32,
				// Shorter than servers keep theirs: a request on a connection that the server is just
				// closing ends with an effect that nobody knows.
				IdleConnTimeout:        15 * time.Second,
				MaxResponseHeaderBytes: 64 << 10,
			},
			// A redirect could carry credentials to another host, and the vendors' APIs use none.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		breaker: circuitbreaker.NewBuilder[any]().WithFailureThreshold(cfg.Limits.Failures).WithSuccessThreshold(1).
			WithDelay(cfg.Limits.Cooldown).Build(),
	}
	if cfg.Rate.Calls > 0 {
		c.rate = ratelimiter.NewBursty[any](cfg.Rate.Calls, cfg.Rate.Per)
	}
	return c, nil
}

func setDefaults(cfg *Config, deps *Deps) {
	if deps.Clock == nil {
		deps.Clock = club.SystemClock{}
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Limits.Timeout <= 0 {
		cfg.Limits.Timeout = 10 * time.Second
	}
	if cfg.Limits.Body <= 0 {
		cfg.Limits.Body = 4 << 20
	}
	if cfg.Limits.Failures == 0 {
		cfg.Limits.Failures = 5
	}
	if cfg.Limits.Cooldown <= 0 {
		cfg.Limits.Cooldown = 15 * time.Second
	}
	if cfg.Rate.Calls > 0 && cfg.Rate.Per <= 0 {
		cfg.Rate.Per = time.Second
	}
}

// parseBase never repeats the address in its error: an address may hold a secret.
func parseBase(vendor, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, club.Invalid("%s: the address must be a full URL without a user name in it", vendor)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	default:
		return nil, club.Invalid("%s: the address must begin with https://", vendor)
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Request is one call.
type Request struct {
	Op     string     // what is attempted, for people: "send text"
	Method string     // default GET
	Path   string     // appended to the base address; its variable parts already escaped
	Query  url.Values // likewise
	Header http.Header
	JSON   any        // a body to send as JSON
	Form   url.Values // a body to send as a form; at most one of JSON and Form
	Into   any        // where a 2xx JSON answer goes; nil when the body does not matter
}

// Response is an answer with a 2xx status, or 304.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Close lets idle connections go. Calls in flight are not disturbed.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Do makes one call, once. The error is a *club.VendorError.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if err := c.admit(ctx, r); err != nil {
		return Response{}, err
	}
	started := c.clock.Now()
	res, err := c.call(ctx, r)
	c.settle(ctx, err)

	log := c.log.With("service.target.name", c.cfg.Vendor, "event.action", r.Op, "event.duration", c.clock.Now().Sub(started).Nanoseconds())
	if id := club.CorrelationFrom(ctx); !id.IsZero() {
		log = log.With("http.request.id", id.String())
	}
	if err != nil {
		log.DebugContext(ctx, "vendor call", "event.outcome", "failure", "http.response.status_code", err.Status, "error.message", err.Error())
		return res, err
	}
	log.DebugContext(ctx, "vendor call", "event.outcome", "success", "http.response.status_code", res.Status)
	return res, nil
}

// admit asks the rate limit and then the breaker. The breaker is last because a permit that it gave
// while half open must be followed by a result.
func (c *Client) admit(ctx context.Context, r Request) error {
	fail := func(wait time.Duration, err error) error {
		return &club.VendorError{Vendor: c.cfg.Vendor, Op: r.Op, Retryable: true, RetryAfter: wait, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(0, err)
	}
	if c.rate != nil {
		if err := c.rate.AcquirePermitWithMaxWait(ctx, c.cfg.Rate.MaxWait); err != nil {
			return fail(c.cfg.Rate.Per/time.Duration(c.cfg.Rate.Calls), fmt.Errorf("our own limit on calls: %w", err))
		}
	}
	if !c.breaker.TryAcquirePermit() {
		return fail(c.breaker.RemainingDelay(), circuitbreaker.ErrOpen)
	}
	return nil
}

// settle tells the breaker how a call went. An answer that says no is a sign of health; a caller that
// went away says nothing about the vendor, but a trial call must have some result.
func (c *Client) settle(ctx context.Context, err *club.VendorError) {
	switch {
	case err == nil, err.Rejected:
		c.breaker.RecordSuccess()
	case errors.Is(ctx.Err(), context.Canceled) && !c.breaker.IsHalfOpen():
	default:
		c.breaker.RecordFailure()
	}
}

func (c *Client) call(ctx context.Context, r Request) (Response, *club.VendorError) {
	fail := &club.VendorError{Vendor: c.cfg.Vendor, Op: r.Op}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Limits.Timeout)
	defer cancel()
	wrote := &atomic.Bool{}
	req, err := c.request(withTrace(ctx, r.Method, wrote), r)
	if err != nil {
		fail.Err = err
		return Response{}, fail
	}
	resp, err := c.http.Do(req)
	if err != nil {
		fail.Reached, fail.Retryable, fail.Err = wrote.Load(), true, withoutURL(err)
		return Response{}, fail
	}
	defer resp.Body.Close()
	fail.Reached, fail.Status = true, resp.StatusCode
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.cfg.Limits.Body+1))
	if int64(len(body)) > c.cfg.Limits.Body {
		err, body = fmt.Errorf("the answer is longer than %d bytes", c.cfg.Limits.Body), nil
	}
	res := Response{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if resp.StatusCode/100 != 2 && resp.StatusCode != http.StatusNotModified {
		c.refused(fail, res)
		return res, fail
	}
	if err != nil {
		fail.Retryable, fail.Err = true, withoutURL(err)
		return res, fail
	}
	if r.Into != nil && resp.StatusCode != http.StatusNotModified {
		if err := json.Unmarshal(body, r.Into); err != nil {
			fail.Err = errors.New("the answer is not the JSON that was expected")
			return res, fail
		}
	}
	return res, nil
}

// refused fills in what a status that is not 2xx means. A 4xx is a no. After a 5xx or a redirect
// nobody can say what the vendor did.
func (c *Client) refused(fail *club.VendorError, res Response) {
	if c.cfg.Explain != nil {
		fail.VendorCode = c.cfg.Explain(res.Status, res.Body)
	}
	fail.Rejected = res.Status/100 == 4
	switch res.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		fail.Retryable = true
	default:
		fail.Retryable = res.Status >= 500
	}
	fail.RetryAfter = retryAfter(res.Header.Get("Retry-After"), c.clock.Now())
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	u := *c.base
	if r.Path != "" {
		u = *c.base.JoinPath(r.Path)
	}
	if len(r.Query) > 0 {
		u.RawQuery = r.Query.Encode()
	}
	var body io.Reader
	kind := ""
	switch {
	case r.JSON != nil:
		b, err := json.Marshal(r.JSON)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body, kind = bytes.NewReader(b), "application/json"
	case r.Form != nil:
		body, kind = strings.NewReader(r.Form.Encode()), "application/x-www-form-urlencoded"
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), body)
	if err != nil {
		return nil, withoutURL(err)
	}
	for _, h := range []http.Header{c.cfg.Header, r.Header} {
		for k, v := range h {
			req.Header[http.CanonicalHeaderKey(k)] = v
		}
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("User-Agent", "clubos/1")
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	if id := club.CorrelationFrom(ctx); !id.IsZero() {
		req.Header.Set("X-Request-Id", id.String())
	}
	return req, nil
}

// withTrace sets wrote once a byte of the request may have left. The transport repeats a request
// other than GET only when nothing of it had been written (RFC 9110 section 9.2.2), so each new
// connection starts afresh.
func withTrace(ctx context.Context, method string, wrote *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			if method != http.MethodGet {
				wrote.Store(false)
			}
		},
		WroteHeaders: func() { wrote.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { wrote.Store(true) },
	})
}

// withoutURL strips the address that net/http puts into its errors.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// retryAfter reads the header's two forms, seconds and an HTTP date (RFC 9110 section 10.2.3), and
// keeps the result within an hour. 0 when there is none.
func retryAfter(v string, now time.Time) time.Duration {
	var d time.Duration
	if s, err := time.ParseDuration(strings.TrimSpace(v) + "s"); err == nil {
		d = s
	} else if at, err := http.ParseTime(v); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), time.Hour)
}
