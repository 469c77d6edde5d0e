package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/store"
)

// ChangePassword gives a signed-in user another password and ends all their other sessions. current is
// needed when the user has a password; a wrong one counts as an attempt to sign in.
func (d *Directory) ChangePassword(ctx context.Context, by Principal, current, next string) error {
	if !d.isSelf(by, by.UserID) || by.SessionID.IsZero() {
		return club.Unauthenticated("please sign in to change your password")
	}
	var row store.User
	var u User
	err := d.db.Read(ctx, func(tx *store.Tx) (err error) {
		row, u, err = d.findUser(ctx, tx, by.UserID)
		return err
	})
	if err != nil {
		return err
	}
	if err := CheckPassword(next, u.Email); err != nil {
		return err
	}
	if u.HasPassword {
		if next == current {
			return club.Invalid("the new password must differ from the present one")
		}
		if err := d.proveCurrent(ctx, row, current); err != nil {
			return err
		}
	}
	return d.putPassword(ctx, by, row, next, by.SessionID)
}

func (d *Directory) proveCurrent(ctx context.Context, row store.User, current string) error {
	keys := d.attemptKeys("password of "+row.ID.String(), "")
	if err := d.countAttempt(ctx, keys[:1]); err != nil {
		return err
	}
	ok, err := d.hasher.Verify(ctx, current, row.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return club.Forbidden("the present password is not right")
	}
	return d.db.Write(ctx, func(tx *store.Tx) error { return forgive(ctx, tx, keys[:1]) })
}

// SetPassword gives a user a password without asking for the present one, and ends all their sessions.
// It is for the command line and for seeding; people in the console use sign-in links.
func (d *Directory) SetPassword(ctx context.Context, by Principal, id club.UserID, next string) error {
	row, u, err := d.managed(ctx, by, id)
	if err != nil {
		return err
	}
	if err := CheckPassword(next, u.Email); err != nil {
		return err
	}
	return d.putPassword(ctx, by, row, next, "")
}

// putPassword stores the password, provided that the row is still the one the caller looked at.
func (d *Directory) putPassword(ctx context.Context, by Principal, row store.User, password string, but club.SessionID) error {
	hash, err := d.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		next := row
		next.PasswordHash, next.PasswordChangedAt = hash, &tx.Now
		if next.Status == string(UserInvited) {
			next.Status = string(UserActive)
		}
		if err := putUser(ctx, tx, &next, row.UpdatedAt); err != nil {
			return err
		}
		if err := endProofs(ctx, tx, row.ID, but); err != nil {
			return err
		}
		return record(ctx, tx, by.Actor, "user.password_changed", row.ID.String(), nil)
	})
}

// ResetPassword removes a user's password, ends their sessions, and returns a sign-in link's token with
// which they come in and choose another one.
func (d *Directory) ResetPassword(ctx context.Context, by Principal, id club.UserID) (token string, err error) {
	row, _, err := d.managed(ctx, by, id)
	if err != nil {
		return "", err
	}
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		next := row
		next.PasswordHash, next.PasswordChangedAt = "", nil
		if err := putUser(ctx, tx, &next, row.UpdatedAt); err != nil {
			return err
		}
		if err := endProofs(ctx, tx, row.ID, ""); err != nil {
			return err
		}
		if err := record(ctx, tx, by.Actor, "user.password_reset", row.ID.String(), nil); err != nil {
			return err
		}
		token, err = d.createLink(ctx, tx, by, row.ID)
		return err
	})
	return token, err
}

// CreateSignInLink returns the token of a link that signs the user in once, within LinkMaxAge. Whoever
// holds it is that user, so only who may manage the user can make one, and it is shown once.
func (d *Directory) CreateSignInLink(ctx context.Context, by Principal, id club.UserID) (token string, err error) {
	if _, _, err := d.managed(ctx, by, id); err != nil {
		return "", err
	}
	err = d.db.Write(ctx, func(tx *store.Tx) (err error) {
		token, err = d.createLink(ctx, tx, by, id)
		return err
	})
	return token, err
}

func (d *Directory) createLink(ctx context.Context, tx *store.Tx, by Principal, id club.UserID) (string, error) {
	token, err := newProof(d.db.Slug)
	if err != nil {
		return "", err
	}
	if err := tx.CreateSignInLink(ctx, store.CreateSignInLinkParams{TokenHash: hashToken(token), UserID: id, ExpiresAt: tx.Now.Add(LinkMaxAge), CreatedAt: tx.Now}); err != nil {
		return "", fmt.Errorf("create sign-in link: %w", err)
	}
	return token, record(ctx, tx, by.Actor, "user.link_created", id.String(), nil)
}

// managed returns a user whom the principal may manage and who may come in.
func (d *Directory) managed(ctx context.Context, by Principal, id club.UserID) (row store.User, u User, err error) {
	if err := d.require(by, UsersWrite); err != nil {
		return row, u, err
	}
	err = d.db.Read(ctx, func(tx *store.Tx) (err error) {
		row, u, err = d.findUser(ctx, tx, id)
		return err
	})
	switch {
	case err != nil:
		return row, u, err
	case !by.sees(u):
		return row, u, errNoUser()
	case u.Status == UserDisabled:
		return row, u, club.Conflict("this user is disabled")
	}
	return row, u, by.mustManage(u.Role, u.Locations)
}

// FindUserIDByEmail returns the user who has the e-mail address. NotFound when nobody has.
func (d *Directory) FindUserIDByEmail(ctx context.Context, by Principal, email string) (club.UserID, error) {
	if err := d.require(by, UsersRead); err != nil {
		return "", err
	}
	row, err := d.findByEmail(ctx, email)
	if err != nil {
		return "", err
	}
	if row.ID.IsZero() {
		return "", errNoUser()
	}
	if _, err := d.FindUser(ctx, by, row.ID); err != nil {
		return "", err
	}
	return row.ID, nil
}

// findByEmail returns the row, or the zero row when nobody has the address.
func (d *Directory) findByEmail(ctx context.Context, email string) (row store.User, err error) {
	err = d.db.Read(ctx, func(tx *store.Tx) (err error) {
		row, err = tx.FindUserByEmail(ctx, d.emailIndex(email))
		if errors.Is(err, sql.ErrNoRows) {
			row = store.User{}
			return nil
		}
		return err
	})
	return row, err
}
