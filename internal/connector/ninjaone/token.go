package ninjaone

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// tokens keeps one access token and renews it, one caller at a time.
type tokens struct {
	cfg   Config
	http  *connector.Client
	clock club.Clock
	log   *slog.Logger

	turn    chan struct{} // holds one value; who has it may touch the fields below
	access  string
	expires time.Time
	refresh string
}

func newTokens(cfg Config, h *connector.Client, deps connector.Deps) *tokens {
	t := &tokens{cfg: cfg, http: h, clock: deps.Clock, log: deps.Log, refresh: cfg.RefreshToken, turn: make(chan struct{}, 1)}
	if t.clock == nil {
		t.clock = club.SystemClock{}
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.turn <- struct{}{}
	return t
}

// early is how long before its end a token is renewed, so that none ends on the way.
const early = time.Minute

// get returns a token that is good for at least a minute.
func (t *tokens) get(ctx context.Context) (string, error) {
	select {
	case <-t.turn:
	case <-ctx.Done():
		return "", &club.VendorError{Vendor: Provider, Op: "sign in", Retryable: true, Err: ctx.Err()}
	}
	defer func() { t.turn <- struct{}{} }()
	if t.access != "" && t.clock.Now().Before(t.expires.Add(-early)) {
		return t.access, nil
	}
	return t.renew(ctx)
}

func (t *tokens) renew(ctx context.Context) (string, error) {
	form := url.Values{"client_id": {t.cfg.ClientID}, "client_secret": {t.cfg.ClientSecret}}
	if t.refresh != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", t.refresh)
	} else {
		form.Set("grant_type", "client_credentials")
		form.Set("scope", strings.Join(t.cfg.Scopes, " "))
	}
	var out struct {
		Access  string `json:"access_token"`
		Expires int64  `json:"expires_in"`
		Refresh string `json:"refresh_token"`
	}
	asked := t.clock.Now()
	if _, err := t.http.Do(ctx, connector.Request{Op: "sign in", Method: http.MethodPost, Path: "ws/oauth/token", Form: form, Into: &out}); err != nil {
		return "", err
	}
	if out.Access == "" {
		return "", &club.VendorError{Vendor: Provider, Op: "sign in", Reached: true, VendorCode: "no access token"}
	}
	if out.Expires <= 0 {
		out.Expires = 3600
	}
	t.access, t.expires = out.Access, asked.Add(time.Duration(min(out.Expires, 86400))*time.Second)
	if t.refresh != "" && out.Refresh != "" && out.Refresh != t.refresh {
		t.refresh = out.Refresh
		if t.cfg.Rotated != nil {
			if err := t.cfg.Rotated(ctx, out.Refresh); err != nil {
				t.log.ErrorContext(ctx, "the rotated refresh token could not be kept; after a restart somebody must sign in again",
					"service.target.name", Provider, "event.action", "rotate refresh token", "error.message", err.Error())
			}
		}
	}
	return t.access, nil
}

// drop forgets a token that the vendor refused, unless another has replaced it already.
func (t *tokens) drop(access string) {
	<-t.turn
	defer func() { t.turn <- struct{}{} }()
	if t.access == access {
		t.access = ""
	}
}

// notReached turns a failed sign-in into what it means for the call it was for: that was never made.
func notReached(err error, op string) error {
	var v *club.VendorError
	if !errors.As(err, &v) {
		return err
	}
	w := *v
	w.Op, w.Reached = op+" (sign in)", false
	return &w
}

func status(err error) int {
	var v *club.VendorError
	if errors.As(err, &v) {
		return v.Status
	}
	return 0
}
