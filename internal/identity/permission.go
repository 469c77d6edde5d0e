package identity

import (
	"slices"

	"clubos/internal/club"
)

// Permission is one thing that a principal may do. API keys carry permissions as their scopes.
type Permission string

// The permissions. The list is closed: every route and operation asks for one of them.
const (
	ThreadsRead     Permission = "threads.read"     // threads, messages, escalations
	ThreadsWrite    Permission = "threads.write"    // reply, claim, escalate, hand back, resolve, merge
	ProposalsDecide Permission = "proposals.decide" // approve, edit, reject
	ActionsExecute  Permission = "actions.execute"  // run an action of the catalogue; the gate still decides
	ActionsForce    Permission = "actions.force"    // try one, with a reason, although its device is not seen; a person's alone
	TicketsRead     Permission = "tickets.read"
	TicketsWrite    Permission = "tickets.write"
	SOPsRead        Permission = "sops.read"
	SOPsWrite       Permission = "sops.write"   // drafts
	SOPsPublish     Permission = "sops.publish" // make a version live, roll back
	MembersRead     Permission = "members.read" // the directory of members; a thread shows its own member without it
	MembersWrite    Permission = "members.write"
	BookingsRead    Permission = "bookings.read"
	BookingsWrite   Permission = "bookings.write"
	PlacesRead      Permission = "places.read" // locations and bays
	PlacesWrite     Permission = "places.write"
	DevicesRead     Permission = "devices.read"
	DevicesWrite    Permission = "devices.write"
	DecisionsRead   Permission = "decisions.read" // decisions, proposals, executions and their evidence
	AuditRead       Permission = "audit.read"
	UsersRead       Permission = "users.read"
	UsersWrite      Permission = "users.write" // owners can be changed by owners only
	KeysRead        Permission = "keys.read"
	KeysWrite       Permission = "keys.write" // a key carries at most what its maker may do
	SettingsRead    Permission = "settings.read"
	SettingsWrite   Permission = "settings.write"
	HealthRead      Permission = "health.read"
	MemoryRead      Permission = "memory.read"   // what was learned, and what came of it
	MemoryManage    Permission = "memory.manage" // pause, pin, correct, merge, forget; close breakers
	OnCallRead      Permission = "oncall.read"   // who is on call when
	OnCallWrite     Permission = "oncall.write"  // shifts and covers; how one is called oneself needs no permission
)

// Permissions lists every permission.
func Permissions() []Permission {
	return []Permission{ThreadsRead, ThreadsWrite, ProposalsDecide, ActionsExecute, ActionsForce, TicketsRead, TicketsWrite, SOPsRead, SOPsWrite, SOPsPublish,
		MembersRead, MembersWrite, BookingsRead, BookingsWrite, PlacesRead, PlacesWrite, DevicesRead, DevicesWrite, DecisionsRead, AuditRead,
		UsersRead, UsersWrite, KeysRead, KeysWrite, SettingsRead, SettingsWrite, HealthRead, MemoryRead, MemoryManage, OnCallRead, OnCallWrite}
}

// ParsePermission reads a permission's name.
func ParsePermission(s string) (Permission, error) {
	if slices.Contains(Permissions(), Permission(s)) {
		return Permission(s), nil
	}
	return "", club.Invalid("%.40q is not a permission", s)
}

// viewerPermissions is what everybody with an account may do: read what runs, but not leaf through the
// members.
func viewerPermissions() []Permission {
	return []Permission{ThreadsRead, TicketsRead, SOPsRead, BookingsRead, PlacesRead, DevicesRead, DecisionsRead, HealthRead, OnCallRead}
}

// RolePermissions lists what a role may do; nothing for an unknown role.
func RolePermissions(r club.Role) []Permission {
	switch r {
	case club.RoleOwner, club.RoleAdmin: // what tells them apart is whom they may change, see mayManage
		return Permissions()
	case club.RoleOperator:
		return append(viewerPermissions(), ThreadsWrite, ProposalsDecide, ActionsExecute, ActionsForce, TicketsWrite, MembersRead, MembersWrite, BookingsWrite, UsersRead, MemoryRead, OnCallWrite)
	case club.RoleTech:
		return append(viewerPermissions(), ActionsExecute, ActionsForce, TicketsWrite, DevicesWrite)
	case club.RoleViewer:
		return viewerPermissions()
	}
	return nil
}
