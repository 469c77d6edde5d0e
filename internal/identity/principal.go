package identity

import (
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
)

// Principal is who asks, proved for the present request. The zero value is nobody and may do nothing.
type Principal struct {
	Tenant club.Slug
	Actor  club.Actor // a user, an API key, or ClubOS itself

	Role      club.Role         // of a user
	Scopes    []Permission      // of an API key
	Locations []club.LocationID // empty: every location

	UserID          club.UserID    // of a user
	KeyID           club.APIKeyID  // of an API key
	SessionID       club.SessionID // of a user who signed in; zero for one who acts through Slack
	AuthenticatedAt time.Time      // when the session began
	PasswordDue     bool           // the user has no password yet, or it is past PasswordMaxAge: lead them to change it
}

// System returns the principal of a part of ClubOS itself ("cli", "demo", "desk"): it may do everything
// in the tenant.
func System(tenant club.Slug, part string) Principal {
	return Principal{Tenant: tenant, Actor: club.System(part)}
}

// Can reports whether the principal holds the permission.
func (p Principal) Can(perm Permission) bool {
	if p.Tenant == "" {
		return false
	}
	switch p.Actor.Kind {
	case club.ActorUser:
		return slices.Contains(RolePermissions(p.Role), perm)
	case club.ActorAPIKey:
		return slices.Contains(p.Scopes, perm)
	case club.ActorSystem:
		return true
	}
	return false
}

// Require returns nil if the principal holds the permission, Unauthenticated if it is nobody, and
// Forbidden otherwise.
func (p Principal) Require(perm Permission) error {
	if p.Actor.Kind == "" || p.Tenant == "" {
		return club.Unauthenticated("please sign in")
	}
	if !p.Can(perm) {
		return club.Forbidden("this needs the permission %s, which you do not have", perm)
	}
	return nil
}

// ErrPasswordDue is what RequirePassword returns. It is Forbidden.
var ErrPasswordDue = club.Forbidden("your password is due: choose another one first, in the console under Password or by PUT /me/password")

// RequirePassword returns ErrPasswordDue when the principal came by a session and must choose a password
// before anything else. The doors of the console and of the API ask it for everything but looking at
// oneself, choosing the password and signing out. Who acts through Slack or by a key used no password.
func (p Principal) RequirePassword() error {
	if p.PasswordDue && !p.SessionID.IsZero() {
		return ErrPasswordDue
	}
	return nil
}

// Everywhere reports whether the principal is limited to no location.
func (p Principal) Everywhere() bool { return len(p.Locations) == 0 }

// AllowsLocation reports whether the principal may see and act on rows of the location. Rows without a
// location (an unknown sender's thread, a ticket about the club) belong to everybody: withholding them
// from the restricted would leave them to nobody at night.
func (p Principal) AllowsLocation(id club.LocationID) bool {
	return id.IsZero() || p.Everywhere() || slices.Contains(p.Locations, id)
}

// RequireLocation returns NotFound where AllowsLocation is false: outside its locations a principal
// does not learn what exists.
func (p Principal) RequireLocation(id club.LocationID) error {
	if !p.AllowsLocation(id) {
		return club.NotFound("there is no such thing at your locations")
	}
	return nil
}

// LocationScope returns the principal's locations as one text for SQL: "" for everywhere, else
// ",loc_a,loc_b,". A query narrows its rows by
//
//	$scope = '' OR location_id IS NULL OR $scope LIKE '%,' || location_id || ',%'
//
// which is the same rule as AllowsLocation and the same text on both databases.
func (p Principal) LocationScope() string {
	if p.Everywhere() {
		return ""
	}
	var b strings.Builder
	b.WriteByte(',')
	for _, id := range p.Locations {
		b.WriteString(id.String())
		b.WriteByte(',')
	}
	return b.String()
}

// RequireFresh returns Unauthenticated when the session began longer than age ago. It guards what a
// found, unlocked screen must not do. API keys and ClubOS itself have no session and pass.
func (p Principal) RequireFresh(now time.Time, age time.Duration) error {
	if p.Actor.Kind == club.ActorUser && now.Sub(p.AuthenticatedAt) > age {
		return club.Unauthenticated("please sign in again to do this")
	}
	return nil
}

// mayManage reports whether the principal may create, change or disable users of the role. Only owners
// touch owners.
func (p Principal) mayManage(r club.Role) bool {
	return p.Can(UsersWrite) && (r != club.RoleOwner || p.Role == club.RoleOwner || p.Actor.Kind == club.ActorSystem)
}

// covers reports whether every one of the locations is within the principal's own; none means
// everywhere.
func (p Principal) covers(locations []club.LocationID) bool {
	if p.Everywhere() {
		return true
	}
	if len(locations) == 0 {
		return false
	}
	for _, id := range locations {
		if !slices.Contains(p.Locations, id) {
			return false
		}
	}
	return true
}
