package console

import (
	"net/http"
	"strings"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/store"
)

func (c *console) accountRoutes() []route {
	return append([]route{
		get("/account", signedIn, func(v *visit) error { return showAccount(v, http.StatusOK, nil) }),
		post("/account/password", signedIn, changeOwnPassword),
		post("/account/sessions/others", signedIn, endOtherSessions),
		post("/account/sessions/{id}", signedIn, endSession),
	}, whileDue(post("/account/theme", signedIn, chooseTheme))...)
}

func showAccount(v *visit, status int, errs map[string]string) error {
	ctx := v.r.Context()
	me, err := v.dir.FindUser(ctx, v.p, v.p.UserID)
	if err != nil {
		return err
	}
	sessions, err := v.dir.FindSessions(ctx, v.p, v.p.UserID)
	if err != nil {
		return err
	}
	p := page.AccountPage{Email: me.Email, Errors: errs}
	err = v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "account", "Account")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		p.Scope = scopeText(f, me.Locations)
		row, err := tx.FindUser(ctx, me.ID)
		if err == nil && row.PasswordChangedAt != nil {
			p.Changed, p.Expires = *row.PasswordChangedAt, row.PasswordChangedAt.Add(identity.PasswordMaxAge)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, page.SessionRow{ID: s.ID, Device: deviceOf(s.Agent), Address: s.Address, Since: s.CreatedAt, Seen: s.SeenAt, Current: s.ID == v.p.SessionID})
	}
	p.Flash = v.found().flash()
	return v.show(status, page.Account(p))
}

// scopeText names a user's locations; "" for one who may work everywhere.
func scopeText(f frame, at []club.LocationID) string {
	var names []string
	for _, id := range at {
		if n := f.locationName(id); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

func changeOwnPassword(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	errs, err := v.changePassword()
	if err != nil {
		return err
	}
	if len(errs) > 0 {
		return showAccount(v, http.StatusUnprocessableEntity, errs)
	}
	return v.done(v.at("account"), "Your password has been changed; all your other sessions have ended.")
}

func endOtherSessions(v *visit) error {
	sessions, err := v.dir.FindSessions(v.r.Context(), v.p, v.p.UserID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.ID == v.p.SessionID {
			continue
		}
		if err := v.dir.RevokeSession(v.r.Context(), v.p, s.ID); err != nil && club.CodeOf(err) != club.CodeNotFound {
			return err
		}
	}
	return v.done(v.at("account"), "All your other sessions have ended.")
}

func endSession(v *visit) error {
	id, err := pathID[club.SessionID](v)
	if err != nil {
		return err
	}
	if err := v.dir.RevokeSession(v.r.Context(), v.p, id); err != nil {
		return err
	}
	return v.done(v.at("account"), "The session has ended.")
}

func chooseTheme(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	k := &http.Cookie{Name: themeCookie, Value: v.field("theme"), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: !v.c.Cookies.PlainHTTP, SameSite: http.SameSiteLaxMode}
	if k.Value != "light" && k.Value != "dark" {
		k.Value, k.MaxAge = "", -1
	}
	http.SetCookie(v.w, k)
	return v.redirect(v.safeNext(v.field("next")))
}

// deviceOf reads a browser and a system out of a user agent, for people to recognise.
func deviceOf(agent string) string {
	browser, system := "", ""
	for _, b := range [][2]string{{"Edg", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}} {
		if strings.Contains(agent, b[0]) {
			browser = b[1]
			break
		}
	}
	for _, s := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, s[0]) {
			system = s[1]
			break
		}
	}
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	}
	return "Unknown device"
}
