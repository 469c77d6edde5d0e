package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestEveryOperationHasAProbe(t *testing.T) {
	t.Parallel()
	all := probes()
	for _, op := range operations() {
		if all[op.id] == nil {
			t.Errorf("%s is exercised by nothing", op.id)
		}
		if op.needs != signedIn && !slices.Contains(identity.Permissions(), op.needs) {
			t.Errorf("%s needs %q, which is no permission", op.id, op.needs)
		}
		delete(all, op.id)
	}
	for id := range all {
		t.Errorf("the probe %s belongs to no operation", id)
	}
}

func TestEveryOperationWorksForWhoMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := probes()
	for _, op := range operations() {
		w := h.north.world(h.north.alpha)
		cred := h.north.full
		switch op.id {
		case "claim", "create-key", "get-my-contact", "put-my-contact", "answer-review": // only a person can
			cred = h.north.owner
		case "change-password", "sign-out":
			_, cred = h.north.newcomer(club.RoleViewer)
		}
		prepare(h, all, op.id, w)
		a := all[op.id](w)
		res := h.do(cred, a)
		want := op.status
		if want == 0 {
			want = 200
		}
		if res.Code != want {
			t.Errorf("%s: status %d, want %d: %s", op.id, res.Code, want, res.Body)
		}
		if op.edits && op.status != http.StatusNoContent && res.Header().Get("ETag") == "" { // what is gone has no version
			t.Errorf("%s answers without ETag", op.id)
		}
		if id := res.Header().Get("X-Request-Id"); !strings.HasPrefix(id, "cor_") {
			t.Errorf("%s: X-Request-Id %q", op.id, id)
		}
	}
	for _, token := range []string{"hush-hush-token", "AC1"} {
		if res := h.do(h.north.full, ask{method: "GET", path: "/api/v1/north/integrations"}); strings.Contains(res.Body.String(), token) {
			t.Errorf("an integration shows %s", token)
		}
	}
}

func TestNoOperationAnswersWithoutAValidCredentialOfItsClub(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	revoked, id := h.north.key(identity.Permissions())
	h.must(h.north.people.RevokeAPIKey(t.Context(), h.north.root, id))
	creds := map[string]string{
		"none": "", "another club's key": h.south.full, "another club's session": h.south.owner, "revoked key": revoked, "no key": "Bearer nothing", "basic": "Basic YTpi",
		"forged key": h.north.full[:len(h.north.full)-3] + "AAA", "another club's key renamed": strings.Replace(h.south.full, "_south_", "_north_", 1), "unknown club's key": strings.Replace(h.south.full, "_south_", "_nobody_", 1),
		"forged session": "__Host-clubos=north." + strings.Repeat("a", 43),
	}
	defer h.unchanged()()
	for id, probe := range probes() {
		for name, cred := range creds {
			res := h.do(cred, probe(w))
			if res.Code != http.StatusUnauthorized || strings.Contains(res.Body.String(), secret) {
				t.Errorf("%s with %s: status %d: %s", id, name, res.Code, res.Body)
			}
			if res.Header().Get("WWW-Authenticate") == "" || res.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s with %s: headers %v", id, name, res.Header())
			}
		}
	}
}

func TestViewersOnlyRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	may := append(identity.RolePermissions(club.RoleViewer), signedIn)
	all := probes()
	defer h.unchanged()()
	for _, op := range operations() {
		if op.own() {
			continue
		}
		res := h.do(h.north.viewer, all[op.id](w))
		switch {
		case op.method != http.MethodGet || !slices.Contains(may, op.needs):
			if res.Code != http.StatusForbidden {
				t.Errorf("%s: status %d, want 403: %s", op.id, res.Code, res.Body)
			}
		case res.Code != http.StatusOK:
			t.Errorf("%s: status %d, want 200: %s", op.id, res.Code, res.Body)
		}
	}
}

func TestEveryOperationAsksForItsOwnPermission(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	all := probes()
	for _, p := range identity.Permissions() {
		others := slices.DeleteFunc(slices.Clone(identity.Permissions()), func(q identity.Permission) bool { return q == p })
		key, _ := h.north.key(others)
		for _, op := range operations() {
			if op.needs != p {
				continue
			}
			check := h.unchanged()
			if res := h.do(key, all[op.id](w)); res.Code != http.StatusForbidden {
				t.Errorf("%s without %s: status %d: %s", op.id, p, res.Code, res.Body)
			}
			check()
		}
	}
}

func TestAKeyNeedsNoMorePermissionsThanTheTableSays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := probes()
	for _, op := range operations() {
		scopes := slices.DeleteFunc([]identity.Permission{op.needs, op.shows()}, func(p identity.Permission) bool { return p == "" || p == signedIn })
		switch op.id {
		case "claim", "create-key", "change-password", "sign-out", "get-my-contact", "put-my-contact", "answer-review": // only a person can
			if res := h.do(h.north.full, all[op.id](h.north.world(h.north.alpha))); res.Code != http.StatusForbidden {
				t.Errorf("%s with a key: status %d: %s", op.id, res.Code, res.Body)
			}
			continue
		case "import-sops": // writes and publishes
			scopes = append(scopes, identity.SOPsWrite)
		case "get-me":
			scopes = append(scopes, identity.HealthRead)
		}
		key, _ := h.north.key(scopes)
		w := h.north.world(h.north.alpha)
		prepare(h, all, op.id, w)
		if res := h.do(key, all[op.id](w)); res.Code >= 300 {
			t.Errorf("%s with %v: status %d: %s", op.id, scopes, res.Code, res.Body)
		}
		if op.shows() == "" || op.needs == signedIn {
			continue
		}
		blind, _ := h.north.key([]identity.Permission{op.needs})
		res := h.do(blind, all[op.id](h.north.world(h.north.alpha)))
		if res.Code != http.StatusForbidden {
			t.Errorf("%s with %s alone: status %d: %s", op.id, op.needs, res.Code, res.Body)
		}
	}
}

// own reports whether an operation changes nothing but the caller's own account.
func (o *operation) own() bool { return o.needs == signedIn && o.method != http.MethodGet }

func TestASessionWhosePasswordIsDueCanOnlyChooseOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	old, aged := h.north.newcomer(club.RoleOwner)
	storetest.Exec(t, h.north.db, "UPDATE users SET password_hash = 'none', password_changed_at = $1 WHERE id = $2", h.clock.Now().Add(-identity.PasswordMaxAge-time.Second), old.String())
	_, cred := h.north.newcomer(club.RoleOwner)
	all := probes()
	check := h.unchanged()
	for _, op := range operations() {
		if op.due {
			continue
		}
		for name, c := range map[string]string{"no password": cred, "an old password": aged} {
			var p Problem
			res := h.do(c, all[op.id](w))
			if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil || res.Code != http.StatusForbidden || p.Code != codePasswordDue || !strings.Contains(p.Detail, "PUT /me/password") || strings.Contains(res.Body.String(), secret) {
				t.Errorf("%s with %s: status %d: %s", op.id, name, res.Code, res.Body)
			}
		}
	}
	check()
	var me Me
	h.want(200, h.do(cred, all["get-me"](w)), &me)
	if !me.PasswordDue {
		t.Error("the account does not say that its password is due")
	}
	h.want(422, h.do(cred, ask{method: "PUT", path: w.at("/me/password"), body: object{"new": "short"}}), nil)
	h.want(204, h.do(cred, all["change-password"](w)), nil)
	h.want(200, h.do(cred, all["list-threads"](w)), nil)
	res := h.do(cred, all["sign-out"](w))
	h.want(204, res, nil)
	if c := res.Header().Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-clubos=;") || !strings.Contains(c, "Max-Age=0") {
		t.Errorf("cookie %q", c)
	}
	h.want(401, h.do(cred, all["get-me"](w)), nil)
}

func TestASuspendedClubTellsItsOwnAndNobodyElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	h.must(h.cluster.SetTenantStatus(t.Context(), "north", store.StatusSuspended))
	for id, probe := range probes() {
		for name, cred := range map[string]string{"key": h.north.full, "session": h.north.owner} {
			var p Problem
			res := h.do(cred, probe(w))
			if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil || res.Code != http.StatusForbidden || p.Code != codeSuspended || strings.Contains(res.Body.String(), secret) {
				t.Errorf("%s with a %s: status %d: %s", id, name, res.Code, res.Body)
			}
		}
		for name, cred := range map[string]string{"nothing": "", "another club's key": h.south.full, "a forged key": h.north.full[:len(h.north.full)-3] + "AAA"} {
			if res := h.do(cred, probe(w)); res.Code != http.StatusUnauthorized || strings.Contains(res.Body.String(), "suspended") {
				t.Errorf("%s with %s: status %d: %s", id, name, res.Code, res.Body)
			}
		}
	}
	if n := countChanges(h); n != 0 {
		t.Errorf("%d changes were made", n)
	}
	h.must(h.cluster.SetTenantStatus(t.Context(), "north", store.StatusActive))
	h.want(200, h.do(h.north.full, probes()["get-thread"](w)), nil)
}

// prepare brings a world to where an operation can succeed.
func prepare(h *house, all map[string]func(*world) ask, id string, w *world) {
	h.t.Helper()
	switch id {
	case "hand-back", "acknowledge":
		h.want(200, h.do(h.north.full, all["escalate"](w)), nil)
	case "restore-sop":
		h.want(200, h.do(h.north.full, all["publish-sop"](w)), nil)
	case "resolve-caused":
		h.want(200, h.do(h.north.full, ask{method: "PATCH", path: w.at("/tickets/" + w.ticket.String()), body: object{"status": "resolved"}, headers: []string{"If-Match", "*"}}), nil)
	case "resume-pattern":
		h.want(200, h.do(h.north.full, all["pause-pattern"](w)), nil)
	case "close-breaker":
		h.want(200, h.do(h.north.full, all["trip-breaker"](w)), nil)
	case "take-back":
		storetest.Exec(h.t, h.north.db, `INSERT INTO set_aside (actor, aside, compared, agreed, at) VALUES ($1, TRUE, 12, 1, '2026-11-20 10:00:00+00:00')`, "user:"+w.user.String())
	case "remove-integration":
		h.want(200, h.do(h.north.full, all["put-integration"](w)), nil)
	}
}

// outside lists the operations that concern all locations, or none, and what whoever is limited to one
// gets there.
var outside = map[string]int{
	"get-me": 200, "list-actions": 200, "list-ticket-templates": 200, "list-settings": 200, "get-setting": 200, "list-integrations": 200,
	"create-location": 403, "put-line": 403, "put-setting": 403, "put-integration": 403, "remove-integration": 403, "import-sops": 403, "list-audit": 403,
	"create-user": 403, "create-key": 403, "create-member": 422, "put-booking": 422, "create-sop": 404, "create-device": 404, "create-bay": 404, "create-ticket": 404, "create-shift": 404, "create-cover": 404,
	"correct-pattern": 403, "merge-pattern": 403, "split-pattern": 403, "forget-precedent": 403, "close-breaker": 403, "list-set-aside": 403, "take-back": 403, "put-permits": 403, "put-switch": 403, "preview-autonomy": 403, "delete-pattern": 403, "get-autonomy": 200,
}

func TestWhoeverIsLimitedToALocationSeesNothingOfAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	far := h.north.world(h.north.beta)
	all := probes()
	leaks := []string{"beta " + secret, `"beta"`, far.location.String(), far.thread.String(), far.bay.String(), far.device.String(), far.line, far.member.String(), far.booking.String(),
		far.message.String(), far.decision.String(), far.proposal.String(), far.execution.String(), far.ticket.String(), far.errand.String(), far.relation.String(), far.sop.String(), far.pattern.String(), far.precedents[0].String(), far.user.String(), far.key.String(), far.access.String()}
	defer h.unchanged()()
	for _, cred := range []string{h.north.only, h.north.atOnly} {
		for _, op := range operations() {
			if op.own() {
				continue
			}
			res := h.do(cred, all[op.id](far))
			text := res.Body.String()
			for _, leak := range leaks {
				if strings.Contains(text, leak) {
					t.Errorf("%s shows %s: %s", op.id, leak, text)
				}
			}
			want, known := outside[op.id]
			switch {
			case cred == h.north.atOnly && res.Code == http.StatusForbidden: // the role lacks the permission
			case cred == h.north.only && (op.id == "claim" || op.id == "get-my-contact" || op.id == "answer-review") && res.Code == http.StatusForbidden: // only a person can
			case known && res.Code != want:
				t.Errorf("%s: status %d, want %d: %s", op.id, res.Code, want, text)
			case known:
			case strings.Contains(op.path, "{id}") && res.Code != http.StatusNotFound:
				t.Errorf("%s: status %d, want 404: %s", op.id, res.Code, text)
			case !strings.Contains(op.path, "{id}") && (res.Code != http.StatusOK || strings.Contains(text, far.tag)):
				t.Errorf("%s: status %d: %s", op.id, res.Code, text)
			}
		}
	}
	if n := countChanges(h); n != 0 {
		t.Errorf("%d changes were made", n)
	}
}

// unchanged fails unless nothing was written about anything in either club since the call: what changes a
// row leaves an audit entry, and replies, notes and tickets are rows of their own.
func (h *house) unchanged() (check func()) {
	h.t.Helper()
	count := func() (n [2]int) {
		for i, c := range []*clubIn{h.north, h.south} {
			n[i] = storetest.Count(h.t, c.db, `SELECT (SELECT COUNT(*) FROM audit_entries) + (SELECT COUNT(*) FROM messages) + (SELECT COUNT(*) FROM tickets) + (SELECT COUNT(*) FROM ticket_events)
				+ (SELECT COUNT(*) FROM executions) + (SELECT COUNT(*) FROM bookings) + (SELECT COUNT(*) FROM idempotency_keys)`)
		}
		return n
	}
	before := count()
	return func() {
		h.t.Helper()
		if after := count(); after != before {
			h.t.Errorf("rows were written: %v before, %v after", before, after)
		}
	}
}

// countChanges counts audit entries of API keys and users, which tests with refusals must not find.
func countChanges(h *house) int {
	n := 0
	h.must(h.north.db.Read(h.t.Context(), func(tx *store.Tx) error {
		rows, err := tx.FindAuditEntries(h.t.Context(), store.FindAuditEntriesParams{Size: 1000})
		for _, r := range rows {
			if strings.HasPrefix(r.Actor, "api_key:") || strings.HasPrefix(r.Actor, "user:") && r.Action != "session.started" && r.Action != "user.activated" {
				h.t.Logf("%s %s", r.Action, r.Object)
				n++
			}
		}
		return err
	}))
	return n
}

func TestIDsOfNothingAndOfAnotherClubAreNotFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := probes()
	worlds := map[string]*world{"nothing": nowhere(h.north), "another club": h.south.world(h.south.alpha).in(h.north)}
	defer h.unchanged()()
	for name, w := range worlds {
		for _, op := range operations() {
			if !strings.Contains(op.path, "{id}") {
				continue
			}
			cred := h.north.full
			if op.id == "claim" {
				cred = h.north.owner
			}
			res := h.do(cred, all[op.id](w))
			if res.Code != http.StatusNotFound {
				t.Errorf("%s with an id of %s: status %d: %s", op.id, name, res.Code, res.Body)
			}
			if strings.Contains(res.Body.String(), secret) {
				t.Errorf("%s with an id of %s: %s", op.id, name, res.Body)
			}
		}
	}
}

func TestTheCookieCountsOnlyFromTheConsolesOwnPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	a := probes()["put-setting"](w)
	for name, headers := range map[string][]string{"site": {"Sec-Fetch-Site", "cross-site"}, "origin": {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, "sister": {"Sec-Fetch-Site", "same-site"}} {
		a.headers = headers
		if res := h.do(h.north.owner, a); res.Code != http.StatusForbidden {
			t.Errorf("%s: status %d: %s", name, res.Code, res.Body)
		}
		if res := h.do(h.north.full, a); res.Code != http.StatusOK {
			t.Errorf("%s: a key was refused: %s", name, res.Body)
		}
	}
	a.headers = []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://club.example"}
	if res := h.do(h.north.owner, a); res.Code != http.StatusOK {
		t.Errorf("the public address was refused: %s", res.Body)
	}
	a.headers = []string{"Authorization", "Bearer broken"}
	if res := h.do(h.north.owner, a); res.Code != http.StatusUnauthorized {
		t.Errorf("the cookie stood in for a broken key: %d", res.Code)
	}
}
