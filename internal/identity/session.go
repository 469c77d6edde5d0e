package identity

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// SessionInfo is a running session, for the list in which users recognise their devices.
type SessionInfo struct {
	ID        club.SessionID
	UserID    club.UserID
	Address   string
	Agent     string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

func errEnded() error { return club.Unauthenticated("your session has ended; please sign in again") }

// Authenticate returns the principal behind a session token. A user who was disabled, or has another role
// or other locations since the last request, is treated so from this one on: what is kept of sessions and
// users is forgotten with the change, on every replica. Unauthenticated when the session is unknown, past its 8 hours or idle for 2.
func (d *Directory) Authenticate(ctx context.Context, token string) (Principal, error) {
	if slug, ok := TokenTenant(token); !ok || slug != d.db.Slug {
		return Principal{}, errEnded()
	}
	var p Principal
	var stale time.Time // when the row of the session is to be told that it was used
	err := d.db.Look(ctx, func(tx *store.Tx) error {
		row, err := tx.FindSessionUser(ctx, hashToken(token))
		if errors.Is(err, sql.ErrNoRows) {
			return errEnded()
		}
		if err != nil {
			return fmt.Errorf("find session: %w", err)
		}
		if !tx.Now.Before(row.ExpiresAt) || tx.Now.Sub(row.SeenAt) >= SessionMaxIdle || row.Status != string(UserActive) {
			return errEnded()
		}
		at, err := tx.FindUserLocations(ctx, row.UserID)
		if err != nil {
			return fmt.Errorf("find user's locations: %w", err)
		}
		name, err := d.open("users.name", row.UserID.String(), row.Name)
		if err != nil {
			return err
		}
		p = d.principalOf(User{ID: row.UserID, Name: name, Role: row.Role, Locations: at, PasswordDue: passwordDue(row.PasswordChangedAt, tx.Now)})
		p.SessionID, p.AuthenticatedAt = row.SessionID, row.SessionCreatedAt
		if tx.Now.Sub(row.SeenAt) >= touchEvery {
			stale = tx.Now
		}
		return nil
	})
	if err != nil || stale.IsZero() {
		return p, err
	}
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		return tx.TouchSession(ctx, store.TouchSessionParams{SeenAt: stale, ID: p.SessionID})
	})
	d.forgo(ctx, err, "session_touch")
	return p, nil
}

// forgo logs an error that must not fail the request: a session or key whose last use is not written
// is proved all the same.
func (d *Directory) forgo(ctx context.Context, err error, action string) {
	if err != nil && ctx.Err() == nil {
		d.log.WarnContext(ctx, "time of last use was not written", "event.action", action, "error.message", err.Error())
	}
}

// FindPrincipalBySlackID returns the principal of the active user whom a Slack account is linked to, so
// that a click in Slack counts for exactly what the clicker may do. Forbidden when there is none.
func (d *Directory) FindPrincipalBySlackID(ctx context.Context, slackUserID string) (Principal, error) {
	refuse := club.Forbidden("this Slack account is not linked to a user of the club")
	if slackUserID == "" {
		return Principal{}, refuse
	}
	var p Principal
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		row, err := tx.FindUserBySlackID(ctx, &slackUserID)
		if errors.Is(err, sql.ErrNoRows) || err == nil && row.Status != string(UserActive) {
			return refuse
		}
		if err != nil {
			return fmt.Errorf("find user by Slack account: %w", err)
		}
		_, u, err := d.findUser(ctx, tx, row.ID)
		p = d.principalOf(u)
		return err
	})
	if err != nil {
		return Principal{}, err
	}
	return p, nil
}

// SignOut ends the principal's own session.
func (d *Directory) SignOut(ctx context.Context, p Principal) error {
	if !d.isSelf(p, p.UserID) || p.SessionID.IsZero() {
		return nil
	}
	return d.db.Write(ctx, func(tx *store.Tx) error { return endSession(ctx, tx, p, p.SessionID, p.UserID) })
}

// FindSessions returns a user's running sessions, newest first. Those of others need UsersWrite.
func (d *Directory) FindSessions(ctx context.Context, by Principal, id club.UserID) ([]SessionInfo, error) {
	list := []SessionInfo{}
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		if err := d.mayEndSessions(ctx, tx, by, id); err != nil {
			return err
		}
		rows, err := tx.FindSessions(ctx, store.FindSessionsParams{UserID: id, Now: tx.Now, SeenAfter: tx.Now.Add(-SessionMaxIdle)})
		if err != nil {
			return fmt.Errorf("find sessions: %w", err)
		}
		for _, r := range rows {
			address, err := d.openAddress(r.ID, r.Address)
			if err != nil {
				return err
			}
			list = append(list, SessionInfo{ID: r.ID, UserID: r.UserID, Address: address, Agent: r.Agent, CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, ExpiresAt: r.ExpiresAt})
		}
		return nil
	})
	return list, err
}

// RevokeSession ends a session: one's own, or with UsersWrite somebody else's.
func (d *Directory) RevokeSession(ctx context.Context, by Principal, id club.SessionID) error {
	none := club.NotFound("there is no such session")
	return d.db.Write(ctx, func(tx *store.Tx) error {
		row, err := tx.FindSession(ctx, id)
		if errors.Is(err, sql.ErrNoRows) {
			return none
		}
		if err != nil {
			return fmt.Errorf("find session: %w", err)
		}
		if err := d.mayEndSessions(ctx, tx, by, row.UserID); err != nil {
			if club.CodeOf(err) == club.CodeForbidden {
				return none // whose it is, is not told
			}
			return err
		}
		return endSession(ctx, tx, by, id, row.UserID)
	})
}

func (d *Directory) mayEndSessions(ctx context.Context, tx *store.Tx, by Principal, id club.UserID) error {
	if d.isSelf(by, id) {
		return nil
	}
	if err := d.require(by, UsersWrite); err != nil {
		return err
	}
	_, u, err := d.findUser(ctx, tx, id)
	if err != nil {
		return err
	}
	if !by.sees(u) {
		return errNoUser()
	}
	return by.mustManage(u.Role, u.Locations)
}

func endSession(ctx context.Context, tx *store.Tx, by Principal, id club.SessionID, of club.UserID) error {
	n, err := tx.DeleteSession(ctx, id)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	if n == 0 {
		return nil // ended already
	}
	return record(ctx, tx, by.Actor, "session.ended", id.String(), map[string]any{"user": of})
}

// The address a session began at is personal data, in a TEXT column: sealed, in base64.

func (d *Directory) sealAddress(id club.SessionID, a netip.Addr) (string, error) {
	if !a.IsValid() {
		return "", nil
	}
	sealed, err := d.seal("sessions.address", id.String(), a.String())
	return base64.RawStdEncoding.EncodeToString(sealed), err
}

func (d *Directory) openAddress(id club.SessionID, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	sealed, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("open address of session: %w", err)
	}
	return d.open("sessions.address", id.String(), sealed)
}
