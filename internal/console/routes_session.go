package console

import (
	"net/http"
	"net/url"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
)

func (c *console) sessionRoutes() []route {
	return append([]route{
		{method: http.MethodGet, pattern: "/{$}", perm: public, handle: showStart, outside: true},
		{method: http.MethodGet, pattern: "/c/{$}", perm: public, handle: func(v *visit) error { return v.redirect("/") }, outside: true},
		get("/{$}", public, func(v *visit) error { return v.redirect(v.at("inbox")) }),
		get("/sign-in", public, showSignIn),
		post("/sign-in", public, signIn),
		get("/sign-in/link", public, func(v *visit) error {
			return v.show(http.StatusOK, page.SignInLink(page.SignInLinkPage{Shell: v.gate("Sign in")}))
		}),
		post("/sign-in/link", public, signInByLink),
	}, whileDue(
		post("/sign-out", signedIn, signOut),
		get("/password", signedIn, func(v *visit) error { return showPassword(v, http.StatusOK, v.query("next"), nil) }),
		post("/password", signedIn, choosePassword),
	)...)
}

// showStart leads to the club in which the browser has signed in, else to the only one, or asks for the
// club's short name; it names no club. The session's claim is proved by the page that it leads to.
func showStart(v *visit) error {
	ctx := v.r.Context()
	p := page.ClubsPage{Shell: page.Shell{Title: "Your club", Theme: v.theme(), Now: v.now}, Slug: v.query("club")}
	if p.Slug == "" {
		all, err := v.c.Cluster.FindTenants(ctx)
		if err != nil {
			return err
		}
		if len(all) == 1 {
			return v.redirect("/c/" + all[0].Slug.String() + "/inbox")
		}
		if slug, ok := v.claimed(); ok {
			if _, err := v.c.Cluster.Tenant(ctx, slug); err == nil {
				return v.redirect("/c/" + slug.String() + "/inbox")
			}
		}
		p.None = len(all) == 0
		return v.show(http.StatusOK, page.Clubs(p))
	}
	slug, err := club.ParseSlug(p.Slug)
	if err == nil {
		_, err = v.c.Cluster.Tenant(ctx, slug)
	}
	switch club.CodeOf(err) {
	case "", club.CodeForbidden: // of a suspended club, its own page says so
		return v.redirect("/c/" + slug.String() + "/inbox")
	case club.CodeNotFound, club.CodeInvalid:
		p.Error = "There is no club of that name here."
		return v.show(http.StatusNotFound, page.Clubs(p))
	}
	return err
}

// claimed is the club that the browser's session says it is of.
func (v *visit) claimed() (club.Slug, bool) {
	if v.query("choose") != "" {
		return "", false
	}
	token, ok := v.c.Cookies.Token(v.r)
	if !ok {
		return "", false
	}
	return identity.TokenTenant(token)
}

func (v *visit) signInPage() page.SignInPage {
	p := page.SignInPage{Shell: v.gate("Sign in")}
	if v.c.Demo != nil {
		p.Demo = v.c.Demo(v.slug)
	}
	return p
}

func showSignIn(v *visit) error {
	p := v.signInPage()
	p.Next = v.safeNext(v.query("next"))
	if v.query("out") != "" {
		p.Notice = "You have been signed out."
	}
	return v.show(http.StatusOK, page.SignIn(p))
}

func signIn(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	next := v.safeNext(v.field("next"))
	s, err := v.dir.SignIn(v.r.Context(), identity.SignIn{Email: v.field("email"), Password: v.r.PostForm.Get("password"), Addr: identity.ClientAddr(v.r, v.c.TrustedProxies), Agent: v.r.UserAgent()})
	switch code := club.CodeOf(err); code {
	case "":
		return v.begin(s, next)
	case club.CodeUnauthenticated, club.CodeLimited, club.CodeInvalid:
		p := v.signInPage()
		p.Email, p.Next, p.Error = v.field("email"), next, sentence(club.MessageOf(err))
		return v.show(statusOf(code), page.SignIn(p))
	}
	return err
}

func signInByLink(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	s, err := v.dir.SignInByLink(v.r.Context(), v.field("code"), identity.ClientAddr(v.r, v.c.TrustedProxies), v.r.UserAgent())
	switch code := club.CodeOf(err); code {
	case "":
		return v.begin(s, v.at("inbox"))
	case club.CodeUnauthenticated, club.CodeLimited:
		return v.show(statusOf(code), page.SignInLink(page.SignInLinkPage{Shell: v.gate("Sign in"), Error: sentence(club.MessageOf(err))}))
	}
	return err
}

// begin sets the session's cookie. Whatever session the browser had before is none of this one's.
func (v *visit) begin(s identity.Session, next string) error {
	http.SetCookie(v.w, v.c.Cookies.Session(s.Token, s.ExpiresAt))
	v.forgetNames() // an invited user is active from here on
	if s.Principal.PasswordDue {
		return v.redirect(v.at("password") + "?" + url.Values{"next": {next}}.Encode())
	}
	return v.redirect(next)
}

func signOut(v *visit) error {
	if err := v.dir.SignOut(v.r.Context(), v.p); err != nil {
		return err
	}
	http.SetCookie(v.w, v.c.Cookies.Clear())
	return v.redirect(v.at("sign-in") + "?out=1")
}

// showPassword shows the page on which somebody chooses a password who has none, or an old one.
func showPassword(v *visit, status int, next string, errs map[string]string) error {
	me, err := v.dir.FindUser(v.r.Context(), v.p, v.p.UserID)
	if err != nil {
		return err
	}
	return v.show(status, page.Password(page.PasswordPage{Shell: v.gate("Password"), Email: me.Email, Next: v.safeNext(next), Current: me.HasPassword, Errors: errs}))
}

func choosePassword(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	errs, err := v.changePassword()
	if err != nil {
		return err
	}
	if len(errs) > 0 {
		return showPassword(v, http.StatusUnprocessableEntity, v.field("next"), errs)
	}
	return v.done(v.safeNext(v.field("next")), "Your password has been saved.")
}

// changePassword changes the reader's own password by the posted form. It returns what is wrong by field.
func (v *visit) changePassword() (map[string]string, error) {
	next := v.r.PostForm.Get("password")
	if next != v.r.PostForm.Get("again") {
		return map[string]string{"again": "The two do not agree."}, nil
	}
	err := v.dir.ChangePassword(v.r.Context(), v.p, v.r.PostForm.Get("current"), next)
	switch club.CodeOf(err) {
	case club.CodeInvalid:
		return map[string]string{"password": sentence(club.MessageOf(err))}, nil
	case club.CodeForbidden, club.CodeLimited:
		return map[string]string{"current": sentence(club.MessageOf(err))}, nil
	}
	return nil, err
}
