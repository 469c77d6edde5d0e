package api

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
)

// Me is who asks.
type Me struct {
	Club        string   `json:"club"`
	Kind        string   `json:"kind" enum:"user,api_key"`
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Role        string   `json:"role,omitempty" doc:"Of a user."`
	Permissions []string `json:"permissions" nullable:"false"`
	LocationIDs []string `json:"location_ids" nullable:"false" doc:"Empty: every location."`
	PasswordDue bool     `json:"password_due" doc:"Of a session: choose a password before anything else."`
}

// User is a member of the club's staff.
type User struct {
	ID          string    `json:"id"`
	Email       string    `json:"email"`
	Name        string    `json:"name"`
	Role        string    `json:"role" enum:"owner,admin,operator,tech,viewer"`
	LocationIDs []string  `json:"location_ids" nullable:"false" doc:"Empty: every location."`
	Status      string    `json:"status" enum:"invited,active,disabled"`
	SlackUserID string    `json:"slack_user_id,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func showUser(u identity.User) (User, error) {
	return User{ID: u.ID.String(), Email: u.Email, Name: u.Name, Role: string(u.Role), LocationIDs: texts(u.Locations), Status: string(u.Status), SlackUserID: u.SlackUserID,
		CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC()}, nil
}

type newUser struct {
	InClub
	Body struct {
		Email       string   `json:"email"`
		Name        string   `json:"name"`
		Role        string   `json:"role" enum:"owner,admin,operator,tech,viewer"`
		LocationIDs []string `json:"location_ids,omitempty" maxItems:"500" doc:"Absent or empty: every location."`
	}
}

type editUser struct {
	ByID
	Edit
	Body struct {
		Name        *string   `json:"name,omitempty"`
		Role        *string   `json:"role,omitempty" enum:"owner,admin,operator,tech,viewer"`
		LocationIDs *[]string `json:"location_ids,omitempty" maxItems:"500" doc:"Empty: every location."`
		Status      *string   `json:"status,omitempty" enum:"active,disabled" doc:"Disabling ends the user's sessions at once."`
		SlackUserID *string   `json:"slack_user_id,omitempty" doc:"Empty unlinks."`
	}
}

type newPassword struct {
	InClub
	Body struct {
		Current string `json:"current,omitempty" maxLength:"1000" doc:"The present password; absent when you have none."`
		New     string `json:"new" maxLength:"1000"`
	}
}

// signedOut takes the cookie away from the browser that sent it.
type signedOut struct {
	Cookie string `header:"Set-Cookie"`
}

func errNoSession() error {
	return club.Forbidden("only a person can do this: with a session, not with a key")
}

func (a *api) registerUsers() {
	register(a, "get-me", func(_ context.Context, c *call, _ *InClub) (*oneOut[Me], error) {
		me := Me{Club: c.by.Tenant.String(), Kind: string(c.by.Actor.Kind), ID: c.by.Actor.ID, Name: c.by.Actor.Name, Role: string(c.by.Role), Permissions: []string{}, LocationIDs: texts(c.by.Locations),
			PasswordDue: c.by.RequirePassword() != nil}
		for _, p := range identity.Permissions() {
			if c.by.Can(p) {
				me.Permissions = append(me.Permissions, string(p))
			}
		}
		return &oneOut[Me]{Body: me}, nil
	})
	register(a, "change-password", func(ctx context.Context, c *call, in *newPassword) (*noneOut, error) {
		if c.by.SessionID.IsZero() {
			return nil, errNoSession()
		}
		return &noneOut{}, c.people.ChangePassword(ctx, c.by, in.Body.Current, in.Body.New)
	})
	register(a, "sign-out", func(ctx context.Context, c *call, _ *InClub) (*signedOut, error) {
		if c.by.SessionID.IsZero() {
			return nil, errNoSession()
		}
		return &signedOut{Cookie: a.cfg.Cookies.Clear().String()}, c.people.SignOut(ctx, c.by)
	})
	register(a, "list-users", func(ctx context.Context, c *call, in *Paging) (*pageOut[User], error) {
		all, err := c.people.FindUsers(ctx, c.by)
		if err != nil {
			return nil, err
		}
		return cut(*in, all, func(u identity.User) string { return u.ID.String() }, showUser)
	})
	register(a, "get-user", func(ctx context.Context, c *call, in *ByID) (*oneOut[User], error) {
		u, err := c.people.FindUser(ctx, c.by, club.UserID(in.ID))
		return oneUser(u, err)
	})
	register(a, "create-user", func(ctx context.Context, c *call, in *newUser) (*madeOut[User], error) {
		u, err := c.people.CreateUser(ctx, c.by, identity.NewUser{Email: in.Body.Email, Name: in.Body.Name, Role: club.Role(in.Body.Role), Locations: ids[club.LocationID](in.Body.LocationIDs)})
		out, err := oneUser(u, err)
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/users", out.Body.ID, out.ETag, out.Body), nil
	})
	register(a, "update-user", func(ctx context.Context, c *call, in *editUser) (*oneOut[User], error) {
		was, err := in.instant()
		if err != nil {
			return nil, err
		}
		b, id := in.Body, club.UserID(in.ID)
		change := identity.UserChange{Name: b.Name, Role: as[club.Role](b.Role), Status: as[identity.UserStatus](b.Status), SlackUserID: b.SlackUserID, IfUpdatedAt: was}
		if b.LocationIDs != nil {
			at := ids[club.LocationID](*b.LocationIDs)
			change.Locations = &at
		}
		u, err := c.people.UpdateUser(ctx, c.by, id, change)
		if club.CodeOf(err) == club.CodeConflict && !was.IsZero() {
			// The room says conflict of an old version as of a rule; which it was shows in the row.
			if now, ferr := c.people.FindUser(ctx, c.by, id); ferr == nil && !now.UpdatedAt.Equal(was) {
				return nil, stale()
			}
		}
		return oneUser(u, err)
	})
}

func oneUser(u identity.User, err error) (*oneOut[User], error) {
	if err != nil {
		return nil, err
	}
	body, err := showUser(u)
	return &oneOut[User]{ETag: etagAt(u.UpdatedAt), Body: body}, err
}

// Key is an API key without the key itself.
type Key struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Prefix      string     `json:"prefix" doc:"How the key begins."`
	Scopes      []string   `json:"scopes" nullable:"false"`
	LocationIDs []string   `json:"location_ids" nullable:"false" doc:"Empty: every location."`
	CreatedBy   string     `json:"created_by"`
	CreatedAt   time.Time  `json:"created_at"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
	RevokedAt   *time.Time `json:"revoked_at,omitempty"`
	LastUsedAt  *time.Time `json:"last_used_at,omitempty" doc:"To about a minute."`
	Rights      []string   `json:"rights" nullable:"false" doc:"What is left of the scopes: a key may do no more than its maker may at present."`
	Stopped     string     `json:"stopped,omitempty" doc:"Why the key is refused though it is neither revoked nor expired, like: its maker is disabled."`
}

// NewKey is a key that was just made.
type NewKey struct {
	Key   Key    `json:"key"`
	Token string `json:"token" doc:"The key itself. It is shown here only."`
}

func showKey(k identity.APIKey) (Key, error) {
	return Key{ID: k.ID.String(), Name: k.Name, Prefix: k.Prefix, Scopes: texts(k.Scopes), LocationIDs: texts(k.Locations), CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt.UTC(),
		ExpiresAt: utc(k.ExpiresAt), RevokedAt: utc(k.RevokedAt), LastUsedAt: utc(k.LastUsedAt), Rights: rightsOf(k), Stopped: k.Stopped}, nil
}

// rightsOf lists what a key may do at present.
func rightsOf(k identity.APIKey) []string {
	if k.Stopped != "" {
		return []string{}
	}
	return texts(k.Rights)
}

type newKey struct {
	InClub
	Body struct {
		Name        string     `json:"name"`
		Scopes      []string   `json:"scopes" minItems:"1" maxItems:"100" doc:"Permissions, each one that you have."`
		LocationIDs []string   `json:"location_ids,omitempty" maxItems:"500"`
		ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"Absent: never."`
	}
}

func (a *api) registerKeys() {
	register(a, "list-keys", func(ctx context.Context, c *call, in *Paging) (*pageOut[Key], error) {
		all, err := c.people.FindAPIKeys(ctx, c.by)
		if err != nil {
			return nil, err
		}
		return cut(*in, all, func(k identity.APIKey) string { return k.ID.String() }, showKey)
	})
	register(a, "create-key", func(ctx context.Context, c *call, in *newKey) (*madeOut[NewKey], error) {
		n := identity.NewAPIKey{Name: in.Body.Name, Scopes: ids[identity.Permission](in.Body.Scopes), Locations: ids[club.LocationID](in.Body.LocationIDs)}
		if in.Body.ExpiresAt != nil {
			n.ExpiresAt = *in.Body.ExpiresAt
		}
		k, token, err := c.people.CreateAPIKey(ctx, c.by, n)
		if err != nil {
			return nil, err
		}
		body, err := showKey(k)
		return made(in.InClub, "/keys", body.ID, "", NewKey{Key: body, Token: token}), err
	})
	register(a, "revoke-key", func(ctx context.Context, c *call, in *ByID) (*noneOut, error) {
		return &noneOut{}, c.people.RevokeAPIKey(ctx, c.by, club.APIKeyID(in.ID))
	})
}
