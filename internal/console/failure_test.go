package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/console/page"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/store"
)

func TestEveryCodeHasAStatusOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[int]club.Code{}
	for _, code := range club.Codes() {
		status := console.StatusForTest(code)
		if other, ok := seen[status]; ok {
			t.Errorf("%s and %s are both %d", code, other, status)
		}
		if seen[status] = code; (status == http.StatusInternalServerError) != (code == club.CodeInternal) {
			t.Errorf("%s is %d", code, status)
		}
	}
}

// moody decides on nothing: it fails as it is told.
type moody struct{ err error }

func (m *moody) Approve(context.Context, *store.Tenant, identity.Principal, club.ProposalID, *string, decide.Why) error {
	if m.err == nil {
		panic("BUG: a nil map")
	}
	return m.err
}

func (m *moody) Reject(context.Context, *store.Tenant, identity.Principal, club.ProposalID, decide.Why) error {
	return m.err
}

func (m *moody) Raise(context.Context, *store.Tenant, identity.Principal, club.EventID) (club.ThreadID, error) {
	return "", m.err
}

func TestFailureIsLoggedOnceAndShownWithoutItsCause(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var log bytes.Buffer
	mood := &moody{}
	h.cfg.Decider, h.cfg.Log = mood, slog.New(slog.NewJSONHandler(&log, nil))
	h.open()
	h.book()
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleOperator)
	for name, c := range map[string]struct {
		err    error
		status int
		level  string
		says   string
	}{
		"a bug of ours": {errors.New("password=hunter2 of ada@example.com"), http.StatusInternalServerError, "ERROR", "Something went wrong on our side"},
		"a panic":       {nil, http.StatusInternalServerError, "ERROR", "Something went wrong on our side"},
		"no database":   {club.Unavailable(errors.New("dial tcp 10.0.0.7"), "the database does not answer"), http.StatusServiceUnavailable, "WARN", "The database does not answer."},
		"forbidden":     {club.Forbidden("not yours"), http.StatusForbidden, "INFO", "Not yours."},
	} {
		mood.err = c.err
		log.Reset()
		b.get("/c/fairway/threads/" + id.String())
		b.submit("/approve").want(c.status, c.says)
		for _, inside := range []string{"hunter2", "10.0.0.7", "nil map", ".go:"} {
			if strings.Contains(b.body, inside) {
				t.Errorf("%s: the page tells %q", name, inside)
			}
		}
		if n := strings.Count(log.String(), "did not work"); n != 1 || !strings.Contains(log.String(), fmt.Sprintf("%q:%q", "level", c.level)) {
			t.Errorf("%s: %d lines: %s", name, n, log.String())
		}
		if strings.Contains(log.String(), "Ada") || strings.Contains(log.String(), ada) {
			t.Errorf("%s: the log names the member", name)
		}
		if c.status < 500 {
			continue
		}
		if quoted := b.see("code"); quoted == "" || !strings.Contains(log.String(), quoted) {
			t.Errorf("%s: the id %q is not in the log", name, quoted)
		}
	}
}

func TestExpiredSessionOfAFormSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser()
	b.post("/c/fairway/threads/"+club.NewThreadID(h.clock.Now()).String()+"/reply", "text", "x").want(http.StatusUnauthorized, "the browser still has what you typed")
}

func TestDemoAccountsAreOneClickAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.user("Olu", club.RoleOperator)
	h.cfg.Demo = func(club.Slug) []page.DemoAccount {
		return []page.DemoAccount{{Role: "Operator", Email: "olu@example.com", Password: password}}
	}
	h.open()
	b := h.browser()
	b.get("/c/fairway/sign-in").want(http.StatusOK, "Demo accounts")
	forms := find(b.doc, "form[method=post]")
	b.postForm(attr(forms[1], "action"), valuesOf(forms[1])).follow().want(http.StatusOK, "Inbox", "Olu")
}
