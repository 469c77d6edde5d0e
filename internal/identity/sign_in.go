package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// SignIn is an attempt to come in by password.
type SignIn struct {
	Email    string
	Password string
	Addr     netip.Addr // by ClientAddr
	Agent    string     // the User-Agent header; shown in the list of sessions
}

// Session is a session that has just begun. Token goes into the cookie and nowhere else.
type Session struct {
	Token     string
	ExpiresAt time.Time
	Principal Principal
}

// errSignIn is the one answer to every failed sign-in: it does not tell whether the account exists.
func errSignIn() error {
	return club.Unauthenticated("the e-mail address or the password is not right")
}

// SignIn begins a session for who knows the password of an active account. Unauthenticated, always in
// the same words and after the same work, for a wrong password, an unknown address and a disabled
// account; Limited, with the time to wait, after too many attempts.
func (d *Directory) SignIn(ctx context.Context, in SignIn) (Session, error) {
	keys := d.attemptKeys(strings.ToLower(strings.TrimSpace(clip(in.Email, 254))), AddrKey(in.Addr))
	if err := d.countAttempt(ctx, keys); err != nil {
		d.log.WarnContext(ctx, "sign-in was throttled", "event.action", "sign_in_throttled", "event.outcome", "failure")
		return Session{}, err
	}
	row, err := d.findByEmail(ctx, in.Email)
	if err != nil {
		return Session{}, err
	}
	ok, err := d.hasher.Verify(ctx, in.Password, row.PasswordHash)
	if err != nil {
		return Session{}, err
	}
	if !ok || row.Status != string(UserActive) {
		d.log.InfoContext(ctx, "sign-in failed", "event.action", "sign_in_failed", "event.outcome", "failure", "user.id", row.ID.String())
		return Session{}, errSignIn()
	}
	var s Session
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		now, u, err := d.holdUser(ctx, tx, row.ID)
		if err != nil {
			return err
		}
		if now.PasswordHash != row.PasswordHash || now.Status != string(UserActive) {
			return errSignIn() // changed while the password was being verified
		}
		if err := forgive(ctx, tx, keys); err != nil {
			return err
		}
		s, err = d.begin(ctx, tx, u, in.Addr, in.Agent, "password")
		return err
	})
	return s, err
}

// SignInByLink begins a session for who holds the token of a sign-in link. An invited user becomes
// active by it. Unauthenticated when the link is unknown, used or too old.
func (d *Directory) SignInByLink(ctx context.Context, token string, addr netip.Addr, agent string) (Session, error) {
	refuse := club.Unauthenticated("this sign-in link was used already or is too old; please ask for another one")
	if slug, ok := TokenTenant(token); !ok || slug != d.db.Slug {
		return Session{}, refuse
	}
	var s Session
	err := d.db.Write(ctx, func(tx *store.Tx) error {
		id, err := tx.UseSignInLink(ctx, store.UseSignInLinkParams{TokenHash: hashToken(token), Now: &tx.Now})
		if errors.Is(err, sql.ErrNoRows) {
			return refuse
		}
		if err != nil {
			return fmt.Errorf("use sign-in link: %w", err)
		}
		row, u, err := d.holdUser(ctx, tx, id)
		if err != nil {
			return err
		}
		switch u.Status {
		case UserDisabled:
			return refuse
		case UserInvited:
			row.Status, u.Status = string(UserActive), UserActive
			if err := putUser(ctx, tx, &row, row.UpdatedAt); err != nil {
				return err
			}
			if err := record(ctx, tx, actorOf(u), "user.activated", u.ID.String(), nil); err != nil {
				return err
			}
		}
		s, err = d.begin(ctx, tx, u, addr, agent, "link")
		return err
	})
	return s, err
}

// holdUser is findUser for who is about to begin a session: disabling the user, or changing the
// password, at the same moment waits for it and then ends that session too.
func (d *Directory) holdUser(ctx context.Context, tx *store.Tx, id club.UserID) (store.User, User, error) {
	if err := tx.HoldUser(ctx, id); err != nil {
		return store.User{}, User{}, fmt.Errorf("hold user: %w", err)
	}
	return d.findUser(ctx, tx, id)
}

// begin creates the session's row.
func (d *Directory) begin(ctx context.Context, tx *store.Tx, u User, addr netip.Addr, agent, method string) (Session, error) {
	token, err := newProof(d.db.Slug)
	if err != nil {
		return Session{}, err
	}
	id := club.NewSessionID(tx.Now)
	address, err := d.sealAddress(id, addr)
	if err != nil {
		return Session{}, err
	}
	s := Session{Token: token, ExpiresAt: tx.Now.Add(SessionMaxAge), Principal: d.principalOf(u)}
	s.Principal.SessionID, s.Principal.AuthenticatedAt = id, tx.Now
	err = tx.CreateSession(ctx, store.CreateSessionParams{
		ID: id, TokenHash: hashToken(token), UserID: u.ID, Address: address, Agent: clip(agent, 200),
		CreatedAt: tx.Now, SeenAt: tx.Now, ExpiresAt: s.ExpiresAt,
	})
	if err != nil {
		return Session{}, fmt.Errorf("create session: %w", err)
	}
	return s, record(ctx, tx, s.Principal.Actor, "session.started", id.String(), map[string]any{"user": u.ID, "method": method})
}

func actorOf(u User) club.Actor {
	return club.Actor{Kind: club.ActorUser, ID: u.ID.String(), Name: u.Name}
}

func (d *Directory) principalOf(u User) Principal {
	return Principal{Tenant: d.db.Slug, Actor: actorOf(u), Role: u.Role, Locations: u.Locations, UserID: u.ID, PasswordDue: u.PasswordDue}
}

func (d *Directory) emailIndex(email string) string {
	return d.vault.Index(vault.IndexEmail, strings.ToLower(strings.TrimSpace(email)))
}

// attemptKey is a key of the table of attempts and the throttle that rules it.
type attemptKey struct {
	throttle
	key string
}

// attemptKeys returns the keys an attempt counts for: pair, account, address.
func (d *Directory) attemptKeys(account, addr string) []attemptKey {
	pair, address, acc := throttles()
	key := func(t throttle, parts ...string) attemptKey {
		return attemptKey{t, d.vault.Index(vault.IndexSignIn, t.name+"\x00"+strings.Join(parts, "\x00"))}
	}
	return []attemptKey{key(pair, account, addr), key(acc, account), key(address, addr)}
}

// countAttempt counts an attempt for every key, or for none when one of them is blocked: Limited.
func (d *Directory) countAttempt(ctx context.Context, keys []attemptKey) error {
	return d.db.Write(ctx, func(tx *store.Tx) error {
		for _, k := range keys {
			n, err := tx.CountSignInAttempt(ctx, store.CountSignInAttemptParams{Key: k.key, Now: tx.Now, ForgetBefore: tx.Now.Add(-k.forget)})
			if errors.Is(err, sql.ErrNoRows) {
				return errBlocked(ctx, tx, k)
			}
			if err != nil {
				return fmt.Errorf("count sign-in attempt: %w", err)
			}
			if wait := k.wait(n); wait > 0 {
				until := tx.Now.Add(wait)
				if err := tx.BlockSignIn(ctx, store.BlockSignInParams{BlockedUntil: &until, Key: k.key}); err != nil {
					return fmt.Errorf("block sign-in: %w", err)
				}
			}
		}
		return nil
	})
}

func errBlocked(ctx context.Context, tx *store.Tx, k attemptKey) error {
	row, err := tx.FindSignInAttempt(ctx, k.key)
	if err != nil || row.BlockedUntil == nil {
		return club.Limited("there were too many attempts to sign in; please wait a little")
	}
	wait := row.BlockedUntil.Sub(tx.Now).Truncate(time.Second) + time.Second
	return club.Limited("there were too many attempts to sign in; please wait %s", wait)
}

// forgive takes back what countAttempt counted, after a success. The account's own count starts anew;
// the address's goes down by one only, lest one good account wash an attacker's address clean.
func forgive(ctx context.Context, tx *store.Tx, keys []attemptKey) error {
	for _, k := range keys {
		var err error
		if k.name == "pair" {
			err = tx.DeleteSignInAttempt(ctx, k.key)
		} else {
			err = tx.ForgiveSignInAttempt(ctx, k.key)
		}
		if err != nil {
			return fmt.Errorf("forgive sign-in attempt: %w", err)
		}
	}
	return nil
}
