package identity

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
)

func user(r club.Role, locations ...club.LocationID) Principal {
	return Principal{Tenant: "north", Actor: club.Actor{Kind: club.ActorUser, ID: "usr_1"}, Role: r, Locations: locations}
}

func TestNobodyMayDoNothing(t *testing.T) {
	t.Parallel()
	member := Principal{Tenant: "north", Actor: club.Actor{Kind: club.ActorMember, ID: "mem_1"}, Role: club.RoleOwner, Scopes: Permissions()}
	nowhere := user(club.RoleOwner)
	nowhere.Tenant = ""
	for _, p := range []Principal{{}, member, nowhere, user("root"), {Tenant: "north", Role: club.RoleOwner}} {
		for _, perm := range Permissions() {
			if p.Can(perm) || p.Require(perm) == nil {
				t.Errorf("%v may %s", p.Actor, perm)
			}
		}
	}
	if err := (Principal{}).Require(ThreadsRead); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("nobody: %v", err)
	}
	if err := user(club.RoleViewer).Require(ThreadsWrite); club.CodeOf(err) != club.CodeForbidden || !strings.Contains(club.MessageOf(err), "threads.write") {
		t.Errorf("viewer: %v", err)
	}
}

func TestRolesHoldWhatTheirWorkNeedsAndNoMore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role club.Role
		can  []Permission
		not  []Permission
	}{
		{club.RoleViewer, []Permission{ThreadsRead, DecisionsRead, HealthRead}, []Permission{ThreadsWrite, ActionsExecute, ProposalsDecide, MembersRead, AuditRead, UsersRead, SettingsRead, KeysRead}},
		{club.RoleTech, []Permission{TicketsWrite, DevicesWrite, ActionsExecute}, []Permission{ThreadsWrite, ProposalsDecide, MembersRead, SOPsWrite, SettingsRead}},
		{club.RoleOperator, []Permission{ThreadsWrite, ProposalsDecide, ActionsExecute, TicketsWrite, MembersWrite}, []Permission{SOPsWrite, SOPsPublish, UsersWrite, KeysRead, KeysWrite, SettingsRead, SettingsWrite, AuditRead, PlacesWrite}},
		{club.RoleAdmin, Permissions(), nil},
		{club.RoleOwner, Permissions(), nil},
	} {
		for _, perm := range tt.can {
			if !user(tt.role).Can(perm) {
				t.Errorf("%s may not %s", tt.role, perm)
			}
		}
		for _, perm := range tt.not {
			if user(tt.role).Can(perm) {
				t.Errorf("%s may %s", tt.role, perm)
			}
		}
		perms := RolePermissions(tt.role)
		slices.Sort(perms)
		if len(slices.Compact(slices.Clone(perms))) != len(perms) {
			t.Errorf("%s lists a permission twice", tt.role)
		}
	}
	if _, err := ParsePermission("everything"); club.CodeOf(err) != club.CodeInvalid {
		t.Error("an unknown permission was parsed")
	}
	if p, err := ParsePermission("sops.publish"); p != SOPsPublish || err != nil {
		t.Error(p, err)
	}
}

func TestKeyMayDoWhatItsScopesSayWhateverItsRole(t *testing.T) {
	t.Parallel()
	k := Principal{Tenant: "north", Actor: club.Actor{Kind: club.ActorAPIKey, ID: "key_1"}, Role: club.RoleOwner, Scopes: []Permission{TicketsRead}}
	if !k.Can(TicketsRead) || k.Can(TicketsWrite) {
		t.Error("a key does not follow its scopes")
	}
	if !System("north", "cli").Can(UsersWrite) || System("", "cli").Can(UsersWrite) {
		t.Error("system principal")
	}
}

func TestLocationsNarrowWhatIsSeen(t *testing.T) {
	t.Parallel()
	all, one := user(club.RoleOperator), user(club.RoleOperator, "loc_a", "loc_b")
	for _, tt := range []struct {
		p    Principal
		id   club.LocationID
		want bool
	}{{all, "loc_a", true}, {all, "", true}, {one, "loc_a", true}, {one, "loc_c", false}, {one, "", true}} {
		if got := tt.p.AllowsLocation(tt.id); got != tt.want {
			t.Errorf("%v allows %q: %v", tt.p.Locations, tt.id, got)
		}
		if err := tt.p.RequireLocation(tt.id); (err == nil) != tt.want || err != nil && club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("RequireLocation(%q): %v", tt.id, err)
		}
	}
	if all.LocationScope() != "" || one.LocationScope() != ",loc_a,loc_b," {
		t.Errorf("scopes %q, %q", all.LocationScope(), one.LocationScope())
	}
}

func TestOldSessionIsNotFresh(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := user(club.RoleOwner)
	p.AuthenticatedAt = now.Add(-11 * time.Minute)
	if p.RequireFresh(now, 15*time.Minute) != nil || club.CodeOf(p.RequireFresh(now, 10*time.Minute)) != club.CodeUnauthenticated {
		t.Error("freshness of a user")
	}
	if System("north", "cli").RequireFresh(now, 0) != nil {
		t.Error("ClubOS itself has no session to be stale")
	}
}

func TestOnlyOwnersManageOwners(t *testing.T) {
	t.Parallel()
	if user(club.RoleAdmin).mayManage(club.RoleOwner) || !user(club.RoleAdmin).mayManage(club.RoleAdmin) || user(club.RoleOperator).mayManage(club.RoleViewer) ||
		!user(club.RoleOwner).mayManage(club.RoleOwner) || !System("north", "cli").mayManage(club.RoleOwner) {
		t.Error("who manages whom")
	}
	key := Principal{Tenant: "north", Actor: club.Actor{Kind: club.ActorAPIKey, ID: "key_1"}, Scopes: Permissions()}
	if key.mayManage(club.RoleOwner) {
		t.Error("a key manages owners")
	}
}
