package ninjaone

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Keeper keeps the account's token for all replicas. The vendor takes a refresh token once and gives
// another with the answer, so that one replica at a time may renew it, and all must learn the next one.
type Keeper interface {
	// Find returns the newest token.
	Find(ctx context.Context) (club.VendorToken, error)
	// Claim takes the right to renew a token. False when another has it, or has renewed it already.
	Claim(ctx context.Context, seen club.VendorToken) (bool, error)
	// Keep stores what came of a claimed token, and gives the claim back.
	Keep(ctx context.Context, claimed, next club.VendorToken) error
	// Release gives a claim back without another token. trouble says why a person is needed; "" when
	// none is.
	Release(ctx context.Context, claimed club.VendorToken, trouble string) error
}

// tokens keeps one access token and renews it, one caller at a time.
type tokens struct {
	cfg    Config
	http   *connector.Client
	clock  club.Clock
	log    *slog.Logger
	keeper Keeper

	turn    chan struct{} // holds one value; who has it may touch the fields below
	access  string
	expires time.Time
	refused string   // an access token that the vendor takes no more
	unkept  *renewal // what could not be stored yet
}

// renewal is a claimed token and what the vendor gave for it.
type renewal struct{ claimed, next club.VendorToken }

func newTokens(cfg Config, h *connector.Client, deps connector.Deps) *tokens {
	t := &tokens{cfg: cfg, http: h, clock: deps.Clock, log: deps.Log, keeper: cfg.Keeper, turn: make(chan struct{}, 1)}
	if t.clock == nil {
		t.clock = club.SystemClock{}
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if t.keeper == nil || cfg.RefreshToken == "" {
		t.keeper = &memory{token: club.VendorToken{Refresh: cfg.RefreshToken}}
	}
	t.turn <- struct{}{}
	return t
}

const (
	early    = time.Minute            // how long before its end a token is renewed, so that none ends on the way
	lookFor  = 15 * time.Second       // how long another replica's renewal is waited for
	lookNext = 100 * time.Millisecond // between two looks
	keepTime = 5 * time.Second        // to store a token, whatever has become of the caller
	keepTry  = 3
)

// get returns a token that is good for at least a minute.
func (t *tokens) get(ctx context.Context) (string, error) {
	select {
	case <-t.turn:
	case <-ctx.Done():
		return "", waited(ctx.Err())
	}
	defer func() { t.turn <- struct{}{} }()
	if t.access != "" && t.fresh(t.expires) {
		return t.access, nil
	}
	if t.unkept != nil {
		t.keep(ctx, *t.unkept)
	}
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	for {
		token, renew, err := t.look(ctx)
		if err != nil {
			return "", err
		}
		if renew {
			return t.renew(ctx, token)
		}
		if t.access != "" {
			return t.access, nil
		}
		select {
		case <-time.After(lookNext):
		case <-ctx.Done():
			return "", waited(errors.New("another process is signing in"))
		}
	}
}

func (t *tokens) fresh(expires time.Time) bool { return t.clock.Now().Before(expires.Add(-early)) }

func waited(err error) error {
	return &club.VendorError{Vendor: Provider, Op: "sign in", Retryable: true, Err: err}
}

// look takes over what another replica has renewed, or the right to renew it.
func (t *tokens) look(ctx context.Context) (token club.VendorToken, renew bool, err error) {
	if token, err = t.keeper.Find(ctx); err != nil {
		return token, false, waited(err)
	}
	if token.Access != "" && token.Access != t.refused && t.fresh(token.Expires) {
		t.access, t.expires = token.Access, token.Expires
		return token, false, nil
	}
	if t.unkept != nil && t.unkept.claimed.Version == token.Version {
		token = t.unkept.next // only this process knows it
		token.Version = t.unkept.claimed.Version
	}
	if renew, err = t.keeper.Claim(ctx, token); err != nil {
		return token, false, waited(err)
	}
	return token, renew, nil
}

// renew asks for another token and stores it. Once asked it goes on without the caller: an answer that
// nobody reads would be the end of the account's token.
func (t *tokens) renew(ctx context.Context, token club.VendorToken) (string, error) {
	ctx = context.WithoutCancel(ctx)
	next, err := t.exchange(ctx, token.Refresh)
	if err != nil {
		t.release(ctx, token, trouble(err, token))
		return "", err
	}
	t.access, t.expires, t.refused = next.Access, next.Expires, ""
	t.keep(ctx, renewal{token, next})
	return next.Access, nil
}

func (t *tokens) exchange(ctx context.Context, refresh string) (next club.VendorToken, err error) {
	form := url.Values{"client_id": {t.cfg.ClientID}, "client_secret": {t.cfg.ClientSecret}}
	if refresh != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", refresh)
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
		return next, err
	}
	if out.Access == "" {
		return next, &club.VendorError{Vendor: Provider, Op: "sign in", Reached: true, VendorCode: "no access token"}
	}
	if out.Expires <= 0 {
		out.Expires = 3600
	}
	next = club.VendorToken{Refresh: refresh, Access: out.Access, Expires: asked.Add(time.Duration(min(out.Expires, 86400)) * time.Second)}
	if refresh != "" && out.Refresh != "" {
		next.Refresh = out.Refresh
	}
	return next, nil
}

// keep stores a renewal. What cannot be stored is kept here and tried again before the next renewal.
func (t *tokens) keep(ctx context.Context, r renewal) {
	var err error
	for range keepTry {
		tryCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
		err = t.keeper.Keep(tryCtx, r.claimed, r.next)
		cancel()
		if err == nil || club.CodeOf(err) == club.CodeConflict {
			t.unkept = nil // stored, or another one is: then that one counts
			return
		}
	}
	t.unkept = &r
	t.log.ErrorContext(ctx, "the token that replaces the one before could not be stored; if this process ends first, somebody must sign in again",
		"service.target.name", Provider, "event.action", "keep token", "event.outcome", "failure", "error.message", err.Error())
}

func (t *tokens) release(ctx context.Context, token club.VendorToken, trouble string) {
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	if err := t.keeper.Release(ctx, token, trouble); err != nil {
		t.log.ErrorContext(ctx, "a failed sign-in could not be recorded", "service.target.name", Provider, "event.action", "sign in", "event.outcome", "failure", "error.message", err.Error())
	}
}

// trouble says for people what a failed renewal means, where trying again cannot help.
func trouble(err error, token club.VendorToken) string {
	var v *club.VendorError
	if !errors.As(err, &v) || !v.Rejected || v.Retryable {
		return ""
	}
	if v.VendorCode == "invalid_client" {
		return "NinjaOne does not accept the client id or its secret. Enter them again: clubos vendor set ninjaone client_id=… client_secret=@-"
	}
	why := ""
	if token.Doubtful {
		why = " A process ended while it was renewing the token, before the next one was stored."
	}
	return "NinjaOne does not accept the refresh token any more." + why + " No PC can be looked at or restarted until somebody signs in to NinjaOne again and enters the new token: clubos vendor set ninjaone refresh_token=@-"
}

// drop forgets a token that the vendor refused, unless another has replaced it already.
func (t *tokens) drop(access string) {
	<-t.turn
	defer func() { t.turn <- struct{}{} }()
	if t.access == access {
		t.access, t.refused = "", access
	}
}

// memory is the Keeper of an account whose tokens need not be shared.
type memory struct {
	mu    sync.Mutex // guards token
	token club.VendorToken
}

func (m *memory) Find(context.Context) (club.VendorToken, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.token, nil
}

func (m *memory) Claim(context.Context, club.VendorToken) (bool, error) { return true, nil }

func (m *memory) Keep(_ context.Context, _, next club.VendorToken) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token = next
	return nil
}

func (m *memory) Release(context.Context, club.VendorToken, string) error { return nil }

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
