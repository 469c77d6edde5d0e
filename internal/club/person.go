package club

import (
	"slices"
	"strings"
)

// Role is what a user may do in a tenant, before location scope narrows it.
type Role string

// The roles, from the widest to the narrowest.
const (
	RoleOwner    Role = "owner"    // everything, owners included
	RoleAdmin    Role = "admin"    // procedures, settings, users, keys
	RoleOperator Role = "operator" // threads, proposals, actions, tickets
	RoleTech     Role = "tech"     // devices and tickets
	RoleViewer   Role = "viewer"   // reads
)

// Roles lists every role, widest first.
func Roles() []Role { return []Role{RoleOwner, RoleAdmin, RoleOperator, RoleTech, RoleViewer} }

// ParseRole reads a role's name.
func ParseRole(s string) (Role, error) {
	if slices.Contains(Roles(), Role(s)) {
		return Role(s), nil
	}
	return "", Invalid("%q is not a role; the roles are owner, admin, operator, tech and viewer", clip(s, 40))
}

// ActorKind says who caused a state change.
type ActorKind string

// The kinds of actors.
const (
	ActorUser   ActorKind = "user"    // a person in the console, by CLI or by Slack
	ActorAPIKey ActorKind = "api_key" // an integrator's program
	ActorMember ActorKind = "member"  // a customer, by text
	ActorSystem ActorKind = "system"  // ClubOS itself: a job, a rule, a decision
)

// Actor is who did something. ID is the id of the user, key or member; for the system it names the
// part that acted ("decide", "desk"). Name is for display and never holds personal data of members.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id"`
	Name string    `json:"name,omitempty"`
}

// System returns the actor for a part of ClubOS itself.
func System(part string) Actor { return Actor{Kind: ActorSystem, ID: part, Name: "ClubOS"} }

// IsPerson reports whether a human being stands behind the act.
func (a Actor) IsPerson() bool { return a.Kind == ActorUser }

func (a Actor) String() string { return string(a.Kind) + ":" + a.ID }

// ParseActor reads what String wrote.
func ParseActor(s string) (Actor, bool) {
	k, id, ok := strings.Cut(s, ":")
	return Actor{Kind: ActorKind(k), ID: id}, ok
}
