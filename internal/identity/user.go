package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// UserStatus is where an account stands.
type UserStatus string

// The statuses of a user.
const (
	UserInvited  UserStatus = "invited"  // has never signed in
	UserActive   UserStatus = "active"   //
	UserDisabled UserStatus = "disabled" // cannot sign in; kept for the record
)

// User is a member of the club's staff. Name and Email are personal data: for the screen, not for logs.
type User struct {
	ID          club.UserID
	Email       string
	Name        string
	Role        club.Role
	Locations   []club.LocationID // empty: every location
	Status      UserStatus
	HasPassword bool
	PasswordDue bool
	SlackUserID string // "": not linked
	CreatedAt   time.Time
	UpdatedAt   time.Time // the version of the row, for optimistic changes
}

// NewUser describes a user to create.
type NewUser struct {
	Email     string
	Name      string
	Role      club.Role
	Locations []club.LocationID // empty: every location; owners have none
	Password  string            // "": the user is invited and comes in by a sign-in link
}

const maxName = 80 // characters

// normaliseEmail returns the address as it is stored and looked up: lower case.
func normaliseEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s || len(s) > 254 {
		return "", club.Invalid("this is not an e-mail address")
	}
	return s, nil
}

func checkName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if n := utf8.RuneCountInString(s); n == 0 || n > maxName || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", club.Invalid("a name has 1 to %d characters", maxName)
	}
	return s, nil
}

func checkReach(r club.Role, locations []club.LocationID) error {
	if _, err := club.ParseRole(string(r)); err != nil {
		return err
	}
	if r == club.RoleOwner && len(locations) > 0 {
		return club.Invalid("an owner cannot be limited to locations")
	}
	return nil
}

// CreateUser adds a user: active when there is a password, else invited. Conflict when the e-mail
// address has an account already; Forbidden when the role or the locations go beyond the principal's.
func (d *Directory) CreateUser(ctx context.Context, by Principal, n NewUser) (User, error) {
	if err := d.require(by, UsersWrite); err != nil {
		return User{}, err
	}
	email, err := normaliseEmail(n.Email)
	if err != nil {
		return User{}, err
	}
	name, err := checkName(n.Name)
	if err != nil {
		return User{}, err
	}
	if err := checkReach(n.Role, n.Locations); err != nil {
		return User{}, err
	}
	if err := by.mustManage(n.Role, n.Locations); err != nil {
		return User{}, err
	}
	var hash string
	if n.Password != "" {
		if err := CheckPassword(n.Password, email); err != nil {
			return User{}, err
		}
		if hash, err = d.hasher.Hash(ctx, n.Password); err != nil {
			return User{}, err
		}
	}
	var u User
	err = d.db.Write(ctx, func(tx *store.Tx) (err error) {
		u, err = d.insertUser(ctx, tx, by, email, name, hash, n)
		return err
	})
	return u, err
}

func (d *Directory) insertUser(ctx context.Context, tx *store.Tx, by Principal, email, name, hash string, n NewUser) (User, error) {
	id := club.NewUserID(tx.Now)
	sealedEmail, err := d.seal("users.email", id.String(), email)
	if err != nil {
		return User{}, err
	}
	sealedName, err := d.seal("users.name", id.String(), name)
	if err != nil {
		return User{}, err
	}
	row := store.User{
		ID: id, EmailIndex: d.vault.Index(vault.IndexEmail, email), Email: sealedEmail, Name: sealedName,
		Role: n.Role, Status: string(UserInvited), PasswordHash: hash, CreatedAt: tx.Now, UpdatedAt: tx.Now,
	}
	if hash != "" {
		row.Status, row.PasswordChangedAt = string(UserActive), &tx.Now
	}
	if err := tx.CreateUser(ctx, store.CreateUserParams(row)); err != nil {
		if store.IsUnique(err) {
			return User{}, club.Conflict("this e-mail address has an account already")
		}
		return User{}, fmt.Errorf("create user: %w", err)
	}
	if err := putLocations(ctx, tx, id, n.Locations); err != nil {
		return User{}, err
	}
	if err := record(ctx, tx, by.Actor, "user.created", id.String(), map[string]any{"role": n.Role, "locations": n.Locations, "status": row.Status}); err != nil {
		return User{}, err
	}
	return d.userOf(row, n.Locations, tx.Now)
}

// FindUsers returns the users by age of their accounts, oldest first. A principal with limited
// locations sees those who work at one of them.
func (d *Directory) FindUsers(ctx context.Context, by Principal) ([]User, error) {
	if err := d.require(by, UsersRead); err != nil {
		return nil, err
	}
	users := []User{}
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindUsers(ctx)
		if err != nil {
			return fmt.Errorf("find users: %w", err)
		}
		places, err := tx.FindAllUserLocations(ctx)
		if err != nil {
			return fmt.Errorf("find users' locations: %w", err)
		}
		at := map[club.UserID][]club.LocationID{}
		for _, p := range places {
			at[p.UserID] = append(at[p.UserID], p.LocationID)
		}
		for _, row := range rows {
			u, err := d.userOf(row, at[row.ID], tx.Now)
			if err != nil {
				return err
			}
			if by.sees(u) {
				users = append(users, u)
			}
		}
		return nil
	})
	return users, err
}

// FindUser returns one user. Everybody may find themselves; others need UsersRead.
func (d *Directory) FindUser(ctx context.Context, by Principal, id club.UserID) (User, error) {
	self := d.isSelf(by, id)
	if !self {
		if err := d.require(by, UsersRead); err != nil {
			return User{}, err
		}
	}
	var u User
	err := d.db.Read(ctx, func(tx *store.Tx) (err error) {
		if _, u, err = d.findUser(ctx, tx, id); err == nil && !self && !by.sees(u) {
			return errNoUser()
		}
		return err
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

func errNoUser() error { return club.NotFound("there is no such user") }

// sees reports whether the user works where the principal may look.
func (p Principal) sees(u User) bool {
	return p.Everywhere() || len(u.Locations) == 0 || slices.ContainsFunc(u.Locations, p.AllowsLocation)
}

// mustManage refuses roles and locations beyond the principal's own.
func (p Principal) mustManage(r club.Role, locations []club.LocationID) error {
	if !p.mayManage(r) {
		return club.Forbidden("only an owner can do this to an owner")
	}
	if !p.covers(locations) {
		return club.Forbidden("this reaches beyond your own locations")
	}
	return nil
}

func (d *Directory) findUser(ctx context.Context, tx *store.Tx, id club.UserID) (store.User, User, error) {
	row, err := tx.FindUser(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return row, User{}, errNoUser()
	}
	if err != nil {
		return row, User{}, fmt.Errorf("find user: %w", err)
	}
	at, err := tx.FindUserLocations(ctx, id)
	if err != nil {
		return row, User{}, fmt.Errorf("find user's locations: %w", err)
	}
	u, err := d.userOf(row, at, tx.Now)
	return row, u, err
}

func (d *Directory) userOf(row store.User, at []club.LocationID, now time.Time) (User, error) {
	u := User{
		ID: row.ID, Role: row.Role, Locations: at, Status: UserStatus(row.Status), HasPassword: row.PasswordHash != "",
		PasswordDue: passwordDue(row.PasswordChangedAt, now), CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if row.SlackUserID != nil {
		u.SlackUserID = *row.SlackUserID
	}
	var err error
	if u.Email, err = d.open("users.email", row.ID.String(), row.Email); err != nil {
		return User{}, err
	}
	u.Name, err = d.open("users.name", row.ID.String(), row.Name)
	return u, err
}

func putLocations(ctx context.Context, tx *store.Tx, id club.UserID, locations []club.LocationID) error {
	if err := tx.DeleteUserLocations(ctx, id); err != nil {
		return fmt.Errorf("put user's locations: %w", err)
	}
	locations = slices.Clone(locations)
	slices.Sort(locations)
	for _, l := range slices.Compact(locations) {
		if _, err := tx.FindLocation(ctx, l); errors.Is(err, sql.ErrNoRows) {
			return club.Invalid("there is no location %.40q", l)
		} else if err != nil {
			return fmt.Errorf("put user's locations: %w", err)
		}
		if err := tx.AddUserLocation(ctx, store.AddUserLocationParams{UserID: id, LocationID: l}); err != nil {
			return fmt.Errorf("put user's locations: %w", err)
		}
	}
	return nil
}
