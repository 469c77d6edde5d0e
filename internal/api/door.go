package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// maxBody is the size of a request's body, in bytes.
const maxBody = 1 << 20

// call is a request that has passed the door.
type call struct {
	by     identity.Principal
	tenant *store.Tenant
	keys   *vault.Tenant
	people *identity.Directory
	// once names the request where the caller gave an Idempotency-Key, else this one request. Rooms that
	// store one cause once take it as the name of the cause.
	once string
}

type callKey struct{}

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// doorMux puts the door before every operation that the framework mounts.
type doorMux struct {
	*http.ServeMux
	a *api
}

// HandleFunc mounts an operation of the table behind the door; anything else is refused at the start.
func (m doorMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	op := m.a.byPattern[pattern]
	if op == nil {
		panic("BUG: " + pattern + " is not in the table of operations")
	}
	m.ServeMux.Handle(pattern, m.a.door(op, handler))
}

// door is the one way in: credential, tenant, permission, body, and then the operation.
func (a *api) door(op *operation, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rq := requestFrom(r.Context())
		rq.op = op
		c, err := a.admit(r, op)
		if err == nil {
			err = a.limit(w, r, c.by)
		} else if club.CodeOf(err) == club.CodeUnauthenticated {
			err = cmp.Or(a.limitStranger(w, r), err)
		}
		if err != nil {
			a.problem(r.Context(), err).write(w)
			return
		}
		rq.by, c.once = c.by, rq.id.String()
		body, err := readBody(w, r, op)
		if err != nil {
			a.problem(r.Context(), err).write(w)
			return
		}
		ctx := context.WithValue(r.Context(), callKey{}, c)
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			ctx = store.Looking(ctx)
		}
		r = r.WithContext(ctx)
		if key := r.Header.Get("Idempotency-Key"); key != "" && r.Method == http.MethodPost {
			a.once(w, r, c, key, body, next)
			return
		}
		next(w, r)
	})
}

// limit counts a request for who sends it, and those of programs for the whole process.
func (a *api) limit(w http.ResponseWriter, r *http.Request, by identity.Principal) error {
	l := a.cfg.Limits
	if l == nil {
		return nil
	}
	if err := l.Admit(r.Context(), w.Header(), l.Instance, "api"); err != nil {
		return err
	}
	if by.Actor.Kind == club.ActorAPIKey {
		return l.Admit(r.Context(), w.Header(), l.Key, by.Tenant.String()+":"+by.KeyID.String())
	}
	return l.Admit(r.Context(), w.Header(), l.Operator, by.Tenant.String()+":"+by.UserID.String())
}

// limitStranger counts a request that proves nothing for the address it comes from.
func (a *api) limitStranger(w http.ResponseWriter, r *http.Request) error {
	l := a.cfg.Limits
	if l == nil {
		return nil
	}
	return l.Admit(r.Context(), w.Header(), l.Stranger, identity.AddrKey(identity.ClientAddr(r, a.cfg.TrustedProxies)))
}

// admit authenticates a request, compares the credential's tenant with the path's, and checks the
// operation's permission.
func (a *api) admit(r *http.Request, op *operation) (*call, error) {
	ctx := r.Context()
	slug, authenticate, err := a.credential(r)
	if err != nil {
		return nil, err
	}
	if slug.String() != r.PathValue("tenant") {
		return nil, club.Unauthenticated("the credential is not valid for this club")
	}
	people, err := a.cfg.Directories(ctx, slug)
	if club.CodeOf(err) == club.CodeNotFound {
		return nil, club.Unauthenticated("the credential is not valid for this club")
	}
	if err != nil {
		return nil, fmt.Errorf("open directory: %w", err)
	}
	by, err := authenticate(people)
	if err != nil {
		return nil, err
	}
	if by.Tenant != slug {
		return nil, fmt.Errorf("BUG: a credential of %s named a principal of %s", slug, by.Tenant)
	}
	c := &call{by: by, people: people}
	if c.tenant, err = a.cfg.Cluster.Tenant(ctx, slug); err != nil {
		return nil, err // of a suspended club, who has proved to belong to it is told so
	}
	if err := by.RequirePassword(); err != nil && !op.due {
		return nil, err
	}
	for _, p := range []identity.Permission{op.needs, op.shows()} {
		if p == signedIn || p == "" && op.needs != "" {
			continue
		}
		if err := by.Require(p); err != nil { // nobody holds "", so an operation that asks for nothing is closed
			return nil, err
		}
	}
	if c.keys, err = a.cfg.Ring.For(slug, c.tenant.Keyset); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	return c, nil
}

// credential finds the request's credential: a bearer key or, where there is no Authorization header at
// all, the session cookie. The slug is a claim that nothing has proved yet.
func (a *api) credential(r *http.Request) (club.Slug, func(*identity.Directory) (identity.Principal, error), error) {
	if r.Header.Get("Authorization") != "" {
		token, ok := identity.BearerToken(r)
		slug, isKey := identity.KeyTenant(token)
		if !ok || !isKey {
			return "", nil, club.Unauthenticated("the Authorization header must be Bearer and an API key, which begins with clubos_")
		}
		return slug, func(d *identity.Directory) (identity.Principal, error) { return d.AuthenticateKey(r.Context(), token) }, nil
	}
	token, ok := a.cfg.Cookies.Token(r)
	slug, isSession := identity.TokenTenant(token)
	if !ok || !isSession {
		return "", nil, club.Unauthenticated("please send an API key: Authorization: Bearer clubos_…")
	}
	// A browser sends the cookie by itself, so another site could have it sent; a key it cannot.
	if err := a.csrf.Check(r); err != nil {
		return "", nil, club.Forbidden("the request came from another site")
	}
	return slug, func(d *identity.Directory) (identity.Principal, error) { return d.Authenticate(r.Context(), token) }, nil
}

// readBody reads the body within its limit, checks its type and that it is text the database can keep,
// and puts it back.
func readBody(w http.ResponseWriter, r *http.Request, op *operation) ([]byte, error) {
	if !op.takesBody() {
		r.Body = http.NoBody
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, op.most()))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, refuse(string(club.CodeTooLarge), fmt.Sprintf("the body is over %d MiB", op.most()>>20))
	}
	if err != nil {
		return nil, refuse(codeMalformed, "the body could not be read")
	}
	if len(body) > 0 {
		media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || !slices.Contains(op.accepts(), media) {
			return nil, refuse(codeUnsupported, "the body must be "+strings.Join(op.accepts(), " or "))
		}
		if media != typeCSV && media != typeForm { // files are checked by their reader, which names the line
			if err := checkText(body, media == typeJSON); err != nil {
				return nil, err
			}
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}
