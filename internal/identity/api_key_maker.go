package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Why a key is stopped, for people.
const (
	stoppedDisabled  = "its maker is disabled"
	stoppedNoScope   = "its maker may do none of it any more"
	stoppedNowhere   = "its maker works at none of its locations any more"
	stoppedNoAccount = "its maker has no account any more"
)

// limit narrows a key to what its maker may do at present: a key is its maker's hand, and must not
// reach further than its maker, nor longer. A key that the system made (the command line) has nobody
// to be measured by.
func (k *APIKey) limit(ctx context.Context, tx *store.Tx) error {
	maker, ok := club.ParseActor(k.CreatedBy)
	if !ok || maker.Kind != club.ActorUser {
		return nil
	}
	row, err := tx.FindUser(ctx, club.UserID(maker.ID))
	if errors.Is(err, sql.ErrNoRows) {
		k.Stopped = stoppedNoAccount
		return nil
	}
	if err != nil {
		return fmt.Errorf("find key's maker: %w", err)
	}
	at, err := tx.FindUserLocations(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("find key's maker's locations: %w", err)
	}
	k.limitTo(UserStatus(row.Status), row.Role, at)
	return nil
}

// limitTo narrows a key to a maker. An empty list of locations means everywhere, so that two lists
// without a common place must stop the key, not widen it.
func (k *APIKey) limitTo(status UserStatus, role club.Role, at []club.LocationID) {
	k.Stopped = ""
	if status == UserDisabled {
		k.Stopped = stoppedDisabled
		return
	}
	may := RolePermissions(role)
	k.Rights = slices.DeleteFunc(slices.Clone(k.Scopes), func(p Permission) bool { return !slices.Contains(may, p) })
	if len(k.Rights) == 0 {
		k.Stopped = stoppedNoScope
		return
	}
	switch {
	case len(at) == 0:
		k.Reach = k.Locations
	case len(k.Locations) == 0:
		k.Reach = at
	default:
		k.Reach = slices.DeleteFunc(slices.Clone(k.Locations), func(l club.LocationID) bool { return !slices.Contains(at, l) })
		if len(k.Reach) == 0 {
			k.Stopped = stoppedNowhere
		}
	}
}

// recordKeys audits what a change of a user does to the keys that the user made.
func recordKeys(ctx context.Context, tx *store.Tx, by club.Actor, before, after User) error {
	rows, err := tx.FindAPIKeysOfMaker(ctx, actorOf(after).String())
	if err != nil {
		return fmt.Errorf("find user's keys: %w", err)
	}
	for _, row := range rows {
		was, err := keyOf(row)
		if err != nil {
			return err
		}
		if !was.Active(tx.Now) {
			continue
		}
		now := was
		was.limitTo(before.Status, before.Role, before.Locations)
		now.limitTo(after.Status, after.Role, after.Locations)
		detail := map[string]any{"user": after.ID}
		var action string
		switch {
		case was.Stopped != "" && now.Stopped != "", slices.Equal(was.Rights, now.Rights) && slices.Equal(was.Reach, now.Reach) && was.Stopped == now.Stopped:
			continue
		case now.Stopped != "":
			action, detail["reason"] = "key.stopped", now.Stopped
		case was.Stopped != "":
			action, detail["scopes"], detail["locations"] = "key.resumed", now.Rights, now.Reach
		default:
			action, detail["scopes"], detail["locations"] = "key.changed", now.Rights, now.Reach
		}
		if err := record(ctx, tx, by, action, row.ID.String(), detail); err != nil {
			return err
		}
	}
	return nil
}
