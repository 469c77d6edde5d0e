package simulate_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/simulate"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

func TestStaffActThroughTheAPIInTheirOwnSession(t *testing.T) {
	t.Parallel()
	cluster, _ := storetest.Cluster(t)
	ring, h := vaulttest.Ring(t), hasher(t)
	c := populate(t, cluster, ring, simulate.Options{Members: 1, Hasher: h, Password: password})
	tenant := storetest.OpenTenant(t, cluster, c.Slug)
	keys, err := ring.For(c.Slug, tenant.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	dir := identity.NewDirectory(identity.Config{DB: tenant, Vault: keys, Hasher: h, Log: discard})
	cookies := identity.Cookies{PlainHTTP: true}
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := cookies.Token(r)
		p, err := dir.Authenticate(r.Context(), token)
		if err != nil || p.Role == club.RoleViewer {
			w.WriteHeader(http.StatusForbidden)
			_ = json.NewEncoder(w).Encode(map[string]any{"code": "forbidden", "detail": "not you", "status": 403})
			return
		}
		var body map[string]string
		_ = json.NewDecoder(r.Body).Decode(&body)
		got = append(got, r.URL.Path+" "+body["text"]+body["reply"]+body["reason"]+" "+r.Header.Get("Idempotency-Key"))
	}))
	defer server.Close()
	staff := &simulate.APIStaff{BaseURL: server.URL, Slug: c.Slug, Directory: dir, Password: password, Cookies: cookies}
	operator, _ := c.FindStaff(club.RoleOperator)
	viewer, _ := c.FindStaff(club.RoleViewer)
	for _, o := range []simulate.Operation{
		{Do: simulate.DoApprove, Thread: "thr_1", Proposal: "prp_1", Key: "k1"},
		{Do: simulate.DoEdit, Thread: "thr_1", Proposal: "prp_1", Words: "mine", Key: "k2"},
		{Do: simulate.DoReject, Thread: "thr_1", Proposal: "prp_1", Words: "no", Key: "k3"},
		{Do: simulate.DoReply, Thread: "thr_1", Words: "hi", Key: "k4"},
		{Do: simulate.DoClaim, Thread: "thr_1", Key: "k5"},
		{Do: simulate.DoEscalate, Thread: "thr_1", Words: "why", Key: "k6"},
		{Do: simulate.DoHandBack, Thread: "thr_1", Key: "k7"},
		{Do: simulate.DoResolve, Thread: "thr_1", Key: "k8"},
	} {
		if err := staff.Operate(t.Context(), operator, o); err != nil {
			t.Errorf("%s: %v", o.Do, err)
		}
	}
	const at = "/api/v1/fairway24/"
	want := []string{
		at + "proposals/prp_1/approve  k1", at + "proposals/prp_1/approve mine k2", at + "proposals/prp_1/reject no k3", at + "threads/thr_1/reply hi k4",
		at + "threads/thr_1/claim  k5", at + "threads/thr_1/escalate why k6", at + "threads/thr_1/hand-back  k7", at + "threads/thr_1/resolve  k8",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := staff.Operate(t.Context(), viewer, simulate.Operation{Do: simulate.DoClaim, Thread: "thr_1"}); club.CodeOf(err) != club.CodeForbidden {
		t.Errorf("a viewer: %v", err)
	}
}
