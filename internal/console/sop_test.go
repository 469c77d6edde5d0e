package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

func (h *house) sop(slug string, at club.LocationID) (s store.SOP) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) error {
		list, err := h.library.FindBySlug(h.t.Context(), tx, slug)
		for _, x := range list {
			if x.LocationID == at {
				s = x
			}
		}
		return err
	})
	if err != nil || s.ID.IsZero() {
		h.t.Fatalf("no SOP %s: %v", slug, err)
	}
	return s
}

func TestSOPIsEditedPublishedAndTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.sop("wifi", "").ID.String()
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/sops").want(http.StatusOK, "Wifi", "Harbour")
	b.get("/c/fairway/sops/"+id).want(http.StatusOK, "The network is {{wifi_name}}.", "plain information", "what's the wifi password")
	b.get("/c/fairway/sops/" + id + "/edit")
	source := valuesOf(b.form("/edit")).Get("source")
	if b.see("textarea[name=source]"); !strings.Contains(source, "wifi_name") {
		t.Fatalf("source is %q", source)
	}
	better := strings.Replace(source, "The network is", "Use the network", 1)
	b.submit("/edit", "source", better, "note", "clearer").want(http.StatusOK, "Saved")
	if s := h.sop("wifi", ""); s.Version != 2 || *s.LiveVersion != 1 {
		t.Errorf("version %d, live %d", s.Version, *s.LiveVersion)
	}
	press := func(do string, fields ...string) {
		t.Helper()
		form := valuesOf(b.form("/edit"))
		form.Set("do", do)
		for i := 0; i+1 < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		b.postForm("/c/fairway/sops/"+id+"/edit", form).follow()
	}
	b.get("/c/fairway/sops/" + id + "/edit")
	press("check")
	b.want(http.StatusOK, "Sound")
	press("publish", "note", "")
	b.want(http.StatusUnprocessableEntity, "Say what changed")
	press("publish", "note", "clearer words")
	b.want(http.StatusOK, "Published")
	if s := h.sop("wifi", ""); *s.LiveVersion != 2 {
		t.Errorf("live is %d", *s.LiveVersion)
	}
	b.get("/c/fairway/sops/"+id+"?diff=2").want(http.StatusOK, "The network is {{wifi_name}}.", "Use the network {{wifi_name}}.")
	if len(find(b.doc, "[data-op=-]")) != 1 || len(find(b.doc, "[data-op=+]")) != 1 {
		t.Error("the difference has no two sides")
	}
	b.get("/c/fairway/sops/"+id).submit("/rollback", "reason", "worse after all").want(http.StatusOK, "Version 1 is live.", "Made live again by", "worse after all")
	if s := h.sop("wifi", ""); *s.LiveVersion != 1 {
		t.Errorf("live is %d", *s.LiveVersion)
	}
	b.submit("/status", "status", "archived")
	b.want(http.StatusOK, "Archived")
	b.send(mustGet(t, "/c/fairway/sops/"+id+"/export"))
	if !strings.Contains(b.body, "slug: wifi") || !strings.Contains(b.header.Get("Content-Disposition"), "wifi.yaml") {
		t.Errorf("exported %q", b.body)
	}
}

func mustGet(t *testing.T, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSOPThatIsWrongSaysWhereAndStaysAsTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := "/c/fairway/sops/" + h.sop("wifi", "").ID.String() + "/edit"
	b := h.as(club.RoleAdmin)
	source := valuesOf(b.get(at).form("/edit")).Get("source")
	for name, c := range map[string]struct{ do, source, says string }{
		"no YAML":       {"publish", "sops: [", "problem"},
		"unknown key":   {"publish", source + "    launch: now\n", "launch"},
		"unknown draft": {"draft", source + "    launch: now\n", "launch"},
		"two":           {"draft", source + strings.TrimPrefix(strings.Replace(source, "slug: wifi", "slug: wifi2", 1), "sops:\n"), "Exactly one"},
		"bad action":    {"publish", strings.Replace(source, "reply:", "action:", 1), "problem"},
		"another slug":  {"draft", strings.Replace(source, "slug: wifi", "slug: other", 1), "slug"},
		"nothing":       {"publish", "", "problem"},
	} {
		b.get(at)
		form := valuesOf(b.form("/edit"))
		form.Set("source", c.source)
		form.Set("do", c.do)
		form.Set("note", "n")
		b.postForm(at, form).want(http.StatusUnprocessableEntity, c.says)
		if got := valuesOf(b.form("/edit")).Get("source"); got != c.source {
			t.Errorf("%s: the source came back as %q", name, got)
		}
		if len(find(b.doc, ".problems li")) == 0 {
			t.Errorf("%s: no problem is listed", name)
		}
	}
	if s := h.sop("wifi", ""); s.Version != 1 {
		t.Errorf("%d versions", s.Version)
	}
	b.get(at)
	form := valuesOf(b.form("/edit"))
	form.Set("source", source+"    launch: now\n")
	form.Set("do", "check")
	b.postForm(at, form).want(http.StatusOK, "Line ")
}

func TestTwoEditorsDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := "/c/fairway/sops/" + h.sop("wifi", "").ID.String() + "/edit"
	a, b := h.as(club.RoleAdmin), h.as(club.RoleAdmin)
	a.get(at)
	b.get(at)
	edit := func(x *browser, words string) *browser {
		form := valuesOf(x.form("/edit"))
		form.Set("source", strings.Replace(form.Get("source"), "The network is", words, 1))
		form.Set("do", "draft")
		return x.postForm(at, form)
	}
	edit(a, "First:").follow().want(http.StatusOK, "Saved")
	edit(b, "Second:").want(http.StatusConflict, "What you wrote is still here")
	if got := valuesOf(b.form("/edit")).Get("source"); !strings.Contains(got, "Second:") {
		t.Error("the second's words are gone")
	}
}

func TestSOPIsWrittenFromNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/sops/new").want(http.StatusOK)
	form := valuesOf(b.form("/sops/new"))
	form.Set("do", "check")
	b.postForm("/c/fairway/sops/new", form).want(http.StatusOK)
	form.Set("do", "draft")
	b.postForm("/c/fairway/sops/new", form).follow().want(http.StatusOK, "What it is about", "Saved")
	b.get("/c/fairway/sops/new").postForm("/c/fairway/sops/new", form).want(http.StatusConflict)
	form.Set("source", strings.NewReplacer("short-name", "clubs", "global", "{location: Harbour}").Replace(form.Get("source")))
	form.Set("do", "publish")
	form.Set("note", "asked often")
	b.postForm("/c/fairway/sops/new", form).follow().want(http.StatusOK, "Published", "Harbour")
}

func TestAdminOfOnePlaceChangesNothingThatHoldsElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin, h.north)
	everywhere, sea := h.sop("wifi", "").ID.String(), h.sop("frozen", h.sea).ID.String()
	b.get("/c/fairway/sops/"+everywhere).want(http.StatusOK, "Wifi")
	if len(find(b.doc, "form[method=post]")) > 2 { // the theme's, and the dialog's
		t.Log("forms:", len(find(b.doc, "form[method=post]")))
	}
	b.get("/c/fairway/sops/" + everywhere + "/edit").want(http.StatusForbidden)
	b.post("/c/fairway/sops/"+everywhere+"/status", "status", "archived").want(http.StatusForbidden)
	b.post("/c/fairway/sops/"+everywhere+"/rollback", "version", "1", "reason", "x").want(http.StatusForbidden)
	b.get("/c/fairway/sops/" + sea).want(http.StatusNotFound)
	b.post("/c/fairway/sops/"+sea+"/rollback", "version", "1", "reason", "x").want(http.StatusNotFound)
	form := valuesOf(b.get("/c/fairway/sops/new").form("/sops/new"))
	form.Set("do", "draft")
	b.postForm("/c/fairway/sops/new", form).want(http.StatusForbidden)
	form.Set("source", strings.Replace(form.Get("source"), "global", "{location: Harbour}", 1))
	b.postForm("/c/fairway/sops/new", form).want(http.StatusNotFound)
	if n := h.count("SELECT COUNT(*) FROM sops"); n != 3 {
		t.Errorf("%d SOPs", n)
	}
}

func TestASOPSaysHowItFares(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/" + h.hear(ada, "what is the wifi password").String()).submit("/reject")
	b.get("/c/fairway/sops/wifi").want(http.StatusOK, "How it fares", "Overridden", "1 time (100 %)", "Ended without a person")
	h.clock.Advance(91 * 24 * time.Hour)
	h.as(club.RoleOperator).get("/c/fairway/sops").want(http.StatusOK, "Stale")
}
