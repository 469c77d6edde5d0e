package console

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (c *console) userRoutes() []route {
	return []route{
		get("/users", identity.UsersRead, func(v *visit) error { return showUsers(v, http.StatusOK, page.InviteForm{}) }),
		post("/users", identity.UsersWrite, inviteUser),
		post("/users/{id}", identity.UsersWrite, changeUser),
		post("/users/{id}/state", identity.UsersWrite, switchUser),
		post("/users/{id}/link", identity.UsersWrite, linkUser),
	}
}

func showUsers(v *visit, status int, form page.InviteForm) error {
	rows, err := v.dir.FindUsers(v.r.Context(), v.p)
	if err != nil {
		return err
	}
	n := v.found()
	p := page.UsersPage{Invite: form, Link: n.Secret}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "users", "Users")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		for _, l := range f.locations {
			p.Locations = append(p.Locations, page.Option{Value: l.ID.String(), Label: l.Name})
		}
		seen, err := tx.FindLastSeen(v.r.Context())
		if err != nil {
			return err
		}
		last := map[club.UserID]time.Time{}
		for _, s := range seen {
			last[s.UserID] = s.SeenAt
		}
		for _, u := range rows {
			p.Rows = append(p.Rows, v.userRow(f, u, last[u.ID]))
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Roles = v.roles()
	p.Flash = n.flash()
	return v.show(status, page.Users(p))
}

// roles are those that the reader may give: only owners make owners.
func (v *visit) roles() []page.Option {
	if !v.p.Can(identity.UsersWrite) {
		return nil
	}
	var out []page.Option
	for _, r := range slices.Backward(club.Roles()) {
		if r != club.RoleOwner || v.p.Role == club.RoleOwner {
			out = append(out, page.Option{Value: string(r), Label: capital(string(r))})
		}
	}
	return out
}

func (v *visit) userRow(f frame, u identity.User, seen time.Time) page.UserRow {
	r := page.UserRow{ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role, ScopeOf: orText(scopeText(f, u.Locations), "Everywhere"), Disabled: u.Status == identity.UserDisabled,
		Invited: u.Status == identity.UserInvited, LastSeen: seen, Self: u.ID == v.p.UserID, May: v.p.Can(identity.UsersWrite) && (u.Role != club.RoleOwner || v.p.Role == club.RoleOwner)}
	for _, l := range u.Locations {
		r.Scope = append(r.Scope, l.String())
	}
	return r
}

// scope reads the ticked locations.
func (v *visit) scope() ([]club.LocationID, error) {
	out := []club.LocationID{}
	for _, s := range v.r.PostForm["scope"] {
		id := idOf[club.LocationID](s)
		if id == "" {
			return nil, club.Invalid("There is no such location.")
		}
		out = append(out, id)
	}
	return out, nil
}

func inviteUser(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	at, err := v.scope()
	if err != nil {
		return err
	}
	n := identity.NewUser{Email: v.field("email"), Name: v.field("name"), Role: club.Role(v.field("role")), Locations: at}
	u, err := v.dir.CreateUser(v.r.Context(), v.p, n)
	switch code := club.CodeOf(err); code {
	case "":
		v.forgetNames()
		return v.giveLink(u, "Invited. Hand the link over yourself.")
	case club.CodeInvalid, club.CodeConflict, club.CodeForbidden:
		return showUsers(v, statusOf(code), page.InviteForm{Name: n.Name, Email: n.Email, Role: n.Role, Scope: v.r.PostForm["scope"], Error: sentence(club.MessageOf(err))})
	}
	return err
}

// giveLink makes a sign-in link and shows it once, on the next page. The token stands behind #, which
// browsers send to nobody.
func (v *visit) giveLink(u identity.User, said string) error {
	token, err := v.dir.CreateSignInLink(v.r.Context(), v.p, u.ID)
	if err != nil {
		return err
	}
	base, err := v.address()
	if err != nil {
		return err
	}
	v.leave(note{Tone: page.ToneOK, Text: said, Name: u.Name, Secret: base + "/sign-in/link#" + token})
	return v.redirect(v.at("users"))
}

// address is where the club's console is reached: by its setting, else as the reader reached it.
func (v *visit) address() (string, error) {
	var s setting.Settings
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		s, err = setting.Load(v.r.Context(), tx)
		return err
	})
	switch {
	case err != nil:
		return "", err
	case s.ConsoleURL != "":
		return strings.TrimSuffix(s.ConsoleURL, "/"), nil
	case v.c.Cookies.PlainHTTP:
		return "http://" + v.r.Host + v.at(), nil
	}
	return "https://" + v.r.Host + v.at(), nil
}

func linkUser(v *visit) error {
	return v.onUser(func(id club.UserID) error {
		u, err := v.dir.FindUser(v.r.Context(), v.p, id)
		if err != nil {
			return err
		}
		return v.giveLink(u, "A fresh sign-in link for "+u.Name+".")
	})
}

func changeUser(v *visit) error {
	return v.onUser(func(id club.UserID) error {
		at, err := v.scope()
		if err != nil {
			return err
		}
		role, err := club.ParseRole(v.field("role"))
		if err != nil {
			return err
		}
		if _, err := v.dir.UpdateUser(v.r.Context(), v.p, id, identity.UserChange{Role: &role, Locations: &at}); err != nil {
			return err
		}
		return v.done(v.at("users"), "Changed; it counts from their next click on.")
	})
}

func switchUser(v *visit) error {
	return v.onUser(func(id club.UserID) error {
		status, said := identity.UserActive, "Enabled."
		if v.field("disabled") == "yes" {
			status, said = identity.UserDisabled, "Disabled, and signed out everywhere."
		}
		if _, err := v.dir.UpdateUser(v.r.Context(), v.p, id, identity.UserChange{Status: &status}); err != nil {
			return err
		}
		return v.done(v.at("users"), said)
	})
}

// onUser runs an act on a user and comes back to the list.
func (v *visit) onUser(act func(club.UserID) error) error {
	id, err := pathID[club.UserID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	defer v.forgetNames()
	err = act(id)
	switch club.CodeOf(err) {
	case club.CodeInvalid, club.CodeConflict, club.CodeForbidden:
		return v.warn(v.at("users"), sentence(club.MessageOf(err)))
	}
	return err
}
