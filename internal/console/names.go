package console

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/identity"
	"clubos/internal/pattern"
)

// namesLife is how long the names of a club's users are kept; they are sealed, and pages name users all
// the time.
const namesLife = time.Minute

type nameList struct {
	at    time.Time
	users map[club.UserID]identity.User
}

// users returns the club's users by id, for showing who has or did something. It is asked before a
// page's transaction, never within: the directory reads in one of its own.
func (v *visit) users() (map[club.UserID]identity.User, error) {
	v.c.mu.Lock()
	have, ok := v.c.names[v.slug]
	v.c.mu.Unlock()
	if ok && v.now.Sub(have.at) < namesLife && !v.now.Before(have.at) {
		return have.users, nil
	}
	return v.freshUsers(v.r.Context())
}

func (v *visit) freshUsers(ctx context.Context) (map[club.UserID]identity.User, error) {
	rows, err := v.dir.FindUsers(ctx, identity.System(v.slug, "console"))
	if err != nil {
		return nil, err
	}
	users := make(map[club.UserID]identity.User, len(rows))
	for _, u := range rows {
		users[u.ID] = u
	}
	v.c.mu.Lock()
	defer v.c.mu.Unlock()
	v.c.names[v.slug] = nameList{v.now, users}
	return users, nil
}

// forgetNames makes the next page read the users afresh.
func (v *visit) forgetNames() {
	v.c.mu.Lock()
	defer v.c.mu.Unlock()
	delete(v.c.names, v.slug)
}

// actorName shows who did something, by an actor's text, a user's id or, where it was kept so, a name.
func actorName(users map[club.UserID]identity.User, actor string) string {
	a, ok := club.ParseActor(actor)
	switch {
	case !ok && idOf[club.UserID](actor) != "":
		a = club.Actor{Kind: club.ActorUser, ID: actor}
	case !ok:
		return actor // a name already
	}
	switch a.Kind {
	case club.ActorUser:
		if u, ok := users[club.UserID(a.ID)]; ok {
			return u.Name
		}
		if a.ID == "vendor_app" {
			return "a colleague in the phone app"
		}
		return "a former user"
	case club.ActorAPIKey:
		return "API key"
	case club.ActorMember:
		return "the member"
	}
	return "ClubOS"
}

// assignees lists the users who may have work at a place, by name.
func assignees(users map[club.UserID]identity.User, perm identity.Permission, at club.LocationID) []identity.User {
	var out []identity.User
	for _, u := range users {
		p := identity.Principal{Locations: u.Locations}
		if u.Status == identity.UserActive && slices.Contains(identity.RolePermissions(u.Role), perm) && p.AllowsLocation(at) {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b identity.User) int { return cmp.Compare(a.Name+a.ID.String(), b.Name+b.ID.String()) })
	return out
}

// maskPhone shows a number so that its owner could be recognised and nobody else rung up.
func maskPhone(number string) string {
	r := []rune(number)
	digits := 0
	for _, c := range r {
		if unicode.IsDigit(c) {
			digits++
		}
	}
	if digits < 7 {
		return number // a short code or a name: nobody's number
	}
	return string(r[:2]) + " ••• ••• " + string(r[len(r)-4:])
}

// title names whoever writes: by name for those who may see members, else by a masked number.
func (v *visit) title(name, phone string) string {
	if name != "" && v.p.Can(identity.MembersRead) {
		return name
	}
	switch {
	case phone == event.Reporter:
		return "Reported"
	case phone != "":
		return maskPhone(phone)
	case name != "":
		return "Member"
	}
	return "Unknown"
}

// reportTitle names a thread in which nobody has written, by what its situation is about.
func reportTitle(domain string) string {
	switch pattern.Domain(domain) {
	case pattern.DomainError:
		return "Device"
	case pattern.DomainAccess:
		return "Door"
	case pattern.DomainBooking:
		return "Bookings"
	case pattern.DomainDecision:
	}
	return "Reported"
}
