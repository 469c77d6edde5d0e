package identity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// UserChange is what to change of a user; nil leaves a field as it is.
type UserChange struct {
	Name        *string
	Role        *club.Role
	Locations   *[]club.LocationID
	Status      *UserStatus // active or disabled; disabling ends the user's sessions at once
	SlackUserID *string     // "" unlinks
	// IfUpdatedAt, when set, makes the change conditional on the version that its maker saw.
	IfUpdatedAt time.Time
}

// UpdateUser changes a user. Users may change their own name; all else needs UsersWrite, and only owners
// change owners or make them. The last active owner can be neither disabled nor made less: Conflict, as
// when somebody else changed the user meanwhile.
func (d *Directory) UpdateUser(ctx context.Context, by Principal, id club.UserID, c UserChange) (User, error) {
	ownName := d.isSelf(by, id) && c.Role == nil && c.Locations == nil && c.Status == nil && c.SlackUserID == nil
	if !ownName {
		if err := d.require(by, UsersWrite); err != nil {
			return User{}, err
		}
	}
	var after User
	err := d.db.Write(ctx, func(tx *store.Tx) error {
		row, before, err := d.findUser(ctx, tx, id)
		if err != nil {
			return err
		}
		if !ownName {
			if !by.sees(before) {
				return errNoUser()
			}
			if err := by.mustManage(before.Role, before.Locations); err != nil {
				return err
			}
		}
		if !c.IfUpdatedAt.IsZero() && !c.IfUpdatedAt.Equal(row.UpdatedAt) {
			return errChanged()
		}
		if after, err = c.apply(before); err != nil {
			return err
		}
		if !ownName {
			if err := by.mustManage(after.Role, after.Locations); err != nil {
				return err
			}
		}
		if err := keepAnOwner(ctx, tx, before, after); err != nil {
			return err
		}
		return d.saveUser(ctx, tx, by, row, before, &after)
	})
	if err != nil {
		return User{}, err
	}
	return after, nil
}

func errChanged() error {
	return club.Conflict("somebody else changed this meanwhile; please look again")
}

// apply returns the user as the change wants it, or says what is wrong with it.
func (c UserChange) apply(u User) (User, error) {
	var err error
	if c.Name != nil {
		if u.Name, err = checkName(*c.Name); err != nil {
			return u, err
		}
	}
	if c.Role != nil {
		u.Role = *c.Role
	}
	if c.Locations != nil {
		u.Locations = slices.Clone(*c.Locations)
		slices.Sort(u.Locations)
		u.Locations = slices.Compact(u.Locations)
	}
	if c.SlackUserID != nil {
		u.SlackUserID = clip(*c.SlackUserID, 40)
	}
	if c.Status != nil && *c.Status != u.Status {
		if *c.Status != UserActive && *c.Status != UserDisabled {
			return u, club.Invalid("a user can be made active or disabled")
		}
		u.Status = *c.Status
	}
	return u, checkReach(u.Role, u.Locations)
}

// keepAnOwner refuses to lose the last active owner. It holds all owners' rows, so that two owners who
// remove each other at once find one of them left.
func keepAnOwner(ctx context.Context, tx *store.Tx, before, after User) error {
	was := before.Role == club.RoleOwner && before.Status == UserActive
	if !was || after.Role == club.RoleOwner && after.Status == UserActive {
		return nil
	}
	n, err := tx.LockOwners(ctx)
	if err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if n < 2 {
		return club.Conflict("this is the club's last owner; make somebody else an owner first")
	}
	return nil
}

func (d *Directory) saveUser(ctx context.Context, tx *store.Tx, by Principal, row store.User, before User, after *User) error {
	was := row.UpdatedAt
	var err error
	if after.Name != before.Name {
		if row.Name, err = d.seal("users.name", row.ID.String(), after.Name); err != nil {
			return err
		}
	}
	row.Role, row.Status, row.SlackUserID = after.Role, string(after.Status), nil
	if after.SlackUserID != "" {
		row.SlackUserID = &after.SlackUserID
	}
	if err := putUser(ctx, tx, &row, was); err != nil {
		return err
	}
	after.UpdatedAt = row.UpdatedAt
	if !slices.Equal(before.Locations, after.Locations) {
		if err := putLocations(ctx, tx, row.ID, after.Locations); err != nil {
			return err
		}
	}
	if after.Status == UserDisabled && before.Status != UserDisabled {
		if err := endProofs(ctx, tx, row.ID, ""); err != nil {
			return err
		}
	}
	if err := recordKeys(ctx, tx, by.Actor, before, *after); err != nil {
		return err
	}
	return record(ctx, tx, by.Actor, changeAction(before, *after), row.ID.String(), changeDetail(before, *after))
}

// putUser writes a row whose version is still was, and gives it its next version.
func putUser(ctx context.Context, tx *store.Tx, row *store.User, was time.Time) error {
	row.UpdatedAt = tx.Now
	if !row.UpdatedAt.After(was) {
		row.UpdatedAt = was.Add(time.Microsecond)
	}
	n, err := tx.UpdateUser(ctx, store.UpdateUserParams{
		Name: row.Name, Role: row.Role, Status: row.Status, PasswordHash: row.PasswordHash, PasswordChangedAt: row.PasswordChangedAt,
		SlackUserID: row.SlackUserID, UpdatedAt: row.UpdatedAt, ID: row.ID, WasUpdatedAt: was,
	})
	if store.IsUnique(err) {
		return club.Conflict("this Slack account is linked to another user")
	}
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	if n == 0 {
		return errChanged()
	}
	return nil
}

// endProofs ends a user's sessions, but for one, and voids their unused sign-in links.
func endProofs(ctx context.Context, tx *store.Tx, id club.UserID, but club.SessionID) error {
	if _, err := tx.DeleteSessionsOfUser(ctx, store.DeleteSessionsOfUserParams{UserID: id, But: but.String()}); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if err := tx.DeleteSignInLinksOfUser(ctx, id); err != nil {
		return fmt.Errorf("void sign-in links: %w", err)
	}
	return nil
}

func changeAction(before, after User) string {
	switch {
	case before.Status != after.Status && after.Status == UserDisabled:
		return "user.disabled"
	case before.Status == UserDisabled && after.Status != UserDisabled:
		return "user.enabled"
	}
	return "user.changed"
}

// changeDetail tells what changed, without the name itself.
func changeDetail(before, after User) map[string]any {
	d := map[string]any{}
	if before.Name != after.Name {
		d["name"] = "changed"
	}
	if before.Role != after.Role {
		d["role"] = []club.Role{before.Role, after.Role}
	}
	if before.Status != after.Status {
		d["status"] = []UserStatus{before.Status, after.Status}
	}
	if !slices.Equal(before.Locations, after.Locations) {
		d["locations"] = [][]club.LocationID{before.Locations, after.Locations}
	}
	if before.SlackUserID != after.SlackUserID {
		d["slack"] = "changed"
	}
	return d
}
