package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// touchEvery is how often the time of a session's or key's last use is written: often enough to read
// it as a person does, seldom enough that reading requests stay reads.
const touchEvery = time.Minute

// Config is what a Directory works with. Every field is required.
type Config struct {
	DB     *store.Tenant
	Vault  *vault.Tenant
	Hasher *Hasher // one for the whole process
	Log    *slog.Logger
}

// Directory is one tenant's users, sessions and keys.
type Directory struct {
	db     *store.Tenant
	vault  *vault.Tenant
	hasher *Hasher
	log    *slog.Logger
}

// NewDirectory returns the directory of the tenant whose database it is given.
func NewDirectory(c Config) *Directory {
	return &Directory{db: c.DB, vault: c.Vault, hasher: c.Hasher, log: c.Log}
}

// require is the door of every operation: the principal must be this tenant's and hold the permission.
func (d *Directory) require(by Principal, perm Permission) error {
	if by.Tenant != d.db.Slug {
		return club.Unauthenticated("please sign in to this club")
	}
	return by.Require(perm)
}

// isSelf reports whether the principal is the user.
func (d *Directory) isSelf(by Principal, id club.UserID) bool {
	return by.Tenant == d.db.Slug && by.Actor.Kind == club.ActorUser && by.UserID == id && !id.IsZero()
}

// record writes the audit entry of a change in its transaction, and announces the change.
func record(ctx context.Context, tx *store.Tx, by club.Actor, action, object string, detail map[string]any) error {
	noun, _, _ := strings.Cut(action, ".")
	tx.Changed(noun, object)
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: action, Object: object, Detail: detail})
}

// seal and open keep a cell of a staff row. Staff have no subject keys: they are not the club's
// customers, and a user's row is deleted by nobody.
func (d *Directory) seal(cell, row, text string) ([]byte, error) {
	return d.vault.SealSecret(cell+"/"+row, []byte(text))
}

func (d *Directory) open(cell, row string, sealed []byte) (string, error) {
	p, err := d.vault.OpenSecret(cell+"/"+row, sealed)
	return string(p), err
}

// sweepBatch is how many rows are deleted in a transaction, so that nothing waits long for SQLite's writer.
const sweepBatch = 500

// Sweep deletes what has ended: sessions, links and counts of attempts. A job runs it now and then;
// nothing depends on it, because whatever has ended is not accepted anyway.
func (d *Directory) Sweep(ctx context.Context) error {
	_, _, account := throttles()
	for _, s := range []struct {
		what string
		some func(*store.Tx) (int64, error)
	}{
		{"ended sessions", func(tx *store.Tx) (int64, error) {
			return tx.DeleteEndedSessions(ctx, store.DeleteEndedSessionsParams{Now: tx.Now, SeenBefore: tx.Now.Add(-SessionMaxIdle), Size: sweepBatch})
		}},
		{"old sign-in links", func(tx *store.Tx) (int64, error) {
			return tx.DeleteOldSignInLinks(ctx, store.DeleteOldSignInLinksParams{Now: tx.Now, Size: sweepBatch})
		}},
		{"old sign-in attempts", func(tx *store.Tx) (int64, error) {
			return tx.DeleteOldSignInAttempts(ctx, store.DeleteOldSignInAttemptsParams{Before: tx.Now.Add(-account.forget), Size: sweepBatch})
		}},
	} {
		for gone := int64(sweepBatch); gone == sweepBatch; {
			if err := d.db.Write(ctx, func(tx *store.Tx) (err error) { gone, err = s.some(tx); return err }); err != nil {
				return fmt.Errorf("delete %s: %w", s.what, err)
			}
		}
	}
	return nil
}

// encodeList and decodeList keep lists of ids and scopes in JSON columns; "[]" for none.
func encodeList[S ~string](list []S) (string, error) {
	if len(list) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

func decodeList[S ~string](text string) ([]S, error) {
	var list []S
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("decode list: %w", err)
	}
	return list, nil
}

// clip shortens a foreign text to n bytes, and drops what is not text.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}
