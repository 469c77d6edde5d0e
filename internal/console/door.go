package console

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// maxBody bounds a posted form: the longest is a SOP.
const maxBody = 512 << 10

// visit is one request on its way through the console. It belongs to its handler.
type visit struct {
	c   *console
	rt  route
	w   http.ResponseWriter
	r   *http.Request
	now time.Time

	// Set for routes of a club.
	slug   club.Slug
	tenant *store.Tenant
	keys   *vault.Tenant
	dir    *identity.Directory
	p      identity.Principal // zero on public routes

	wrote bool // an answer has begun
}

// door returns the handler of a route: what every request needs before it, and what its end means.
func (c *console) door(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := c.Cluster.Clock().Now()
		ctx := club.WithCorrelation(r.Context(), club.NewCorrelationID(now))
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			ctx = store.Looking(ctx)
		}
		r = r.WithContext(ctx)
		v := &visit{c: c, rt: rt, w: w, r: r, now: now}
		v.headers()
		defer func() {
			cause := recover()
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			if cause != nil {
				v.fail(fmt.Errorf("BUG: handler panicked: %v\n%s", cause, debug.Stack()))
			}
		}()
		err := v.enter()
		if err == nil {
			err = rt.handle(v)
		}
		if err != nil {
			v.fail(err)
		}
	})
}

// enter proves what a route asks for. The order matters: a forged post must not learn whether the
// session behind it is good.
func (v *visit) enter() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, cmp.Or(v.rt.limit, maxBody))
	if err := v.c.csrf.Check(v.r); err != nil {
		return &club.Error{Code: club.CodeForbidden, Msg: "This form was sent from another site. Open the page here and try again.", Err: err}
	}
	if err := v.limitStranger(); err != nil {
		return err
	}
	if v.rt.outside || v.r.PathValue("tenant") == "" {
		return nil
	}
	if err := v.findClub(); err != nil {
		return err
	}
	if v.rt.perm == public {
		return nil
	}
	if err := v.authenticate(); err != nil {
		return err
	}
	if err := v.limit(); err != nil {
		return err
	}
	if err := v.p.RequirePassword(); err != nil && !v.rt.due {
		return err
	}
	if v.rt.perm == signedIn {
		return nil
	}
	return v.p.Require(v.rt.perm)
}

// limitStranger counts what is posted by somebody who has not signed in, for the address it comes from.
func (v *visit) limitStranger() error {
	l := v.c.Limits
	if l == nil || v.rt.perm != public || v.r.Method != http.MethodPost {
		return nil
	}
	return l.Admit(v.r.Context(), v.w.Header(), l.Stranger, identity.AddrKey(identity.ClientAddr(v.r, v.c.TrustedProxies)))
}

// limit counts what a person asks for. What a page fetches by itself, to follow the club, is not: who has
// many conversations before them must not be locked out by them.
func (v *visit) limit() error {
	l := v.c.Limits
	if l == nil || v.r.Method == http.MethodGet && (v.fragment() || strings.HasSuffix(v.rt.pattern, "/live")) {
		return nil
	}
	return l.Admit(v.r.Context(), v.w.Header(), l.Operator, v.slug.String()+":"+v.p.UserID.String())
}

// errSuspended is what every address of a suspended club says.
var errSuspended = &club.Error{Code: club.CodeForbidden, Err: store.ErrSuspended,
	Msg: "Members' texts are kept; nothing is answered or done until whoever runs this installation resumes the club."}

// findClub opens the club of the address. None and a name that cannot be one look the same from outside.
func (v *visit) findClub() error {
	nowhere := club.NotFound("There is no such club here.")
	slug, err := club.ParseSlug(v.r.PathValue("tenant"))
	if err != nil {
		return nowhere
	}
	t, err := v.c.Cluster.Tenant(v.r.Context(), slug)
	switch club.CodeOf(err) {
	case "":
	case club.CodeNotFound:
		return nowhere
	default:
		if errors.Is(err, store.ErrSuspended) {
			return errSuspended
		}
		return err
	}
	v.slug, v.tenant = slug, t
	if v.keys, err = v.c.Ring.For(slug, t.Keyset); err != nil {
		return err
	}
	v.dir, err = v.c.Directories(v.r.Context(), slug)
	return err
}

// authenticate reads the session's cookie. A token of another club is no token here.
func (v *visit) authenticate() (err error) {
	token, ok := v.c.Cookies.Token(v.r)
	if !ok {
		return club.Unauthenticated("Please sign in.")
	}
	if of, ok := identity.TokenTenant(token); !ok || of != v.slug {
		return club.Unauthenticated("Please sign in to this club.")
	}
	v.p, err = v.dir.Authenticate(v.r.Context(), token)
	if err == nil && v.p.Tenant != v.slug {
		return club.Unauthenticated("Please sign in to this club.")
	}
	return err
}

// policy lets pages load from this server and do nothing else: no inline script or style, no frame, no
// form to elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (v *visit) headers() {
	v.c.headers(v.w.Header())
	v.w.Header().Set("X-Request-Id", club.CorrelationFrom(v.r.Context()).String())
}

// headers are those of every page.
func (c *console) headers(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	if !c.Cookies.PlainHTTP {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// at returns an address of this club.
func (v *visit) at(parts ...string) string {
	out := "/c/" + v.slug.String()
	for _, p := range parts {
		out += "/" + url.PathEscape(p)
	}
	return out
}

// safeNext returns next if it is a path of this club, else the inbox. Backslashes and control characters
// are what some browsers read as the beginning of a host.
func (v *visit) safeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || path.Clean(u.Path) != u.Path || !strings.HasPrefix(next, v.at()+"/") || strings.ContainsFunc(next, func(r rune) bool { return r == '\\' || r < ' ' }) {
		return v.at("inbox")
	}
	if strings.HasPrefix(next, v.at("sign-in")) || strings.HasPrefix(next, v.at("password")) || strings.HasPrefix(next, v.at("live")) {
		return v.at("inbox")
	}
	return next
}

// fragment reports whether a script asked, which wants a part of a page or a bare answer.
func (v *visit) fragment() bool { return v.r.Header.Get("X-Fragment") != "" }

// redirect answers 303: the browser gets the next page, and going back or reloading posts nothing.
func (v *visit) redirect(to string) error {
	v.wrote = true
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}
