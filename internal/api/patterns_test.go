package api

import (
	"fmt"
	"testing"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestAPatternIsChangedByTheVersionThatWasRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	at := w.at("/patterns/" + w.lesson.String())
	var got PatternDetail
	read := func() string {
		t.Helper()
		res := h.do(h.north.full, ask{method: "GET", path: at})
		got = PatternDetail{}
		h.want(200, res, &got)
		return res.Header().Get("ETag")
	}
	tag := read()
	if got.Pattern.Kind != "learned" || got.Pattern.Mode != "quarantine" || len(got.Precedents) != 2 || len(got.Bounds) != 3 || got.Next == nil || got.Next.Tier != "approve" || got.Next.Outcomes == 0 || got.Steps[0].Text != "it is "+secret {
		t.Errorf("pattern %+v", got)
	}
	pause := ask{method: "POST", path: at + "/pause", body: object{"reason": "call 415 555 2671"}}
	h.want(428, h.do(h.north.full, pause), nil)
	pause.headers = []string{"If-Match", tag, "Idempotency-Key", "once"}
	res := h.do(h.north.full, pause)
	h.want(200, res, &got)
	if got.Pattern.Mode != "paused" || res.Header().Get("ETag") == tag {
		t.Errorf("paused as %+v, ETag %s", got.Pattern, res.Header().Get("ETag"))
	}
	if again := h.do(h.north.full, pause); again.Code != 200 || again.Body.String() != res.Body.String() {
		t.Errorf("the same request again: %d %s", again.Code, again.Body)
	}
	h.want(412, h.do(h.north.full, ask{method: "POST", path: at + "/resume", headers: []string{"If-Match", tag}}), nil)
	h.want(409, h.do(h.north.full, ask{method: "POST", path: at + "/pause", headers: []string{"If-Match", "*"}}), nil)
	h.want(200, h.do(h.north.full, ask{method: "POST", path: at + "/resume", headers: []string{"If-Match", "*"}}), nil)
	h.want(422, h.do(h.north.full, ask{method: "PUT", path: at + "/lesson", body: object{"title": "x", "actions": []string{"send_reply"}}, headers: []string{"If-Match", "*"}}), nil)
	var part PatternDetail
	h.want(201, h.do(h.north.full, ask{method: "POST", path: at + "/split", body: object{"title": "A part", "precedents": []club.PrecedentID{w.precedents[1]}}, headers: []string{"If-Match", "*"}}), &part)
	if read(); part.Pattern.ID == got.Pattern.ID || len(part.Precedents) != 1 || len(got.Precedents) != 1 || part.Pattern.Title != "A part" {
		t.Errorf("split into %+v and %+v", got, part)
	}
	var whole PatternDetail
	h.want(200, h.do(h.north.full, ask{method: "POST", path: w.at("/patterns/" + part.Pattern.ID + "/merge"), body: object{"into": w.lesson}, headers: []string{"If-Match", "*"}}), &whole)
	if whole.Pattern.ID != w.lesson.String() || len(whole.Precedents) != 2 {
		t.Errorf("merged into %+v", whole)
	}
	h.want(200, h.do(h.north.full, ask{method: "DELETE", path: at + "/precedents/" + w.precedents[1].String(), headers: []string{"If-Match", "*"}}), &whole)
	if len(whole.Precedents) != 1 {
		t.Errorf("%d situations are left", len(whole.Precedents))
	}
	h.want(404, h.do(h.north.full, ask{method: "DELETE", path: at + "/precedents/" + w.precedents[1].String(), headers: []string{"If-Match", "*"}}), nil)
	for _, action := range []string{"pattern.paused", "pattern.resumed", "pattern.split", "pattern.merged", "precedent.forgotten"} {
		if n := storetest.Count(t, h.north.db, "SELECT COUNT(*) FROM audit_entries WHERE action = $1 AND CAST(detail AS TEXT) NOT LIKE '%2671%'", action); n != 1 {
			t.Errorf("%d audit entries of %s", n, action)
		}
	}
}

func TestPatternsAreFoundByWhatTheyAre(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w, far := h.north.world(h.north.alpha), h.north.world(h.north.beta)
	storetest.Exec(t, h.north.db, `UPDATE decision_patterns SET title = '50% off_peak' WHERE id = $1`, w.lesson.String())
	h.north.write(func(tx *store.Tx) error {
		return tx.PutOutcome(t.Context(), store.PutOutcomeParams{DecisionID: far.decision, PatternID: far.lesson, Plan: "p", Epoch: 1, Source: "approved", LocationID: far.location, At: tx.Now, UpdatedAt: tx.Now})
	})
	for query, want := range map[string]int{
		"": 6, "kind=sop": 2, "kind=learned": 4, "domain=decision": 6, "domain=access": 0, "mode=quarantine": 4, "mode=suggest": 2, "tier=escalate": 4, "tier=auto": 0,
		"q=" + "50%25": 1, "q=off_": 1, "q=off%25": 0, "location=" + w.location.String(): 1, "location=" + far.location.String(): 2, "location=loc_0": 0,
	} {
		var page Page[Pattern]
		h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/patterns?" + query)}), &page)
		if len(page.Items) != want {
			t.Errorf("%s: %d patterns, want %d", query, len(page.Items), want)
		}
	}
	var page Page[Pattern]
	h.want(200, h.do(h.north.only, ask{method: "GET", path: w.at("/patterns?location=" + far.location.String())}), &page)
	if len(page.Items) != 0 {
		t.Errorf("another place's patterns are shown: %+v", page.Items)
	}
}

func TestSwitchesAndBreakersAreOneRequestAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w, far := h.north.world(h.north.alpha), h.north.world(h.north.beta)
	put := func(status int, path string, body object) (a Autonomy) {
		t.Helper()
		res := h.do(h.north.full, ask{method: "PUT", path: w.at("/autonomy" + path), body: body})
		if status == 200 {
			h.want(status, res, &a)
		} else {
			h.want(status, res, nil)
		}
		return a
	}
	for range 2 { // twice is once
		put(200, "/switches/location:beta", object{"stopped": true})
	}
	a := put(200, "/switches/access", object{"stopped": true})
	if fmt.Sprint(a.Stopped) != "[location:beta access]" {
		t.Errorf("stopped %v", a.Stopped)
	}
	put(422, "/switches/coffee", object{"stopped": true})
	put(422, "/switches/location:nowhere", object{"stopped": true})
	put(422, "/permits", object{"unasked": true, "permitted": []string{"unlock_door"}, "places": []string{"all"}})
	a = put(200, "/permits", object{"unasked": true, "permitted": []string{"reset_audio"}, "places": []string{"alpha", "beta"}})
	for _, x := range a.Actions {
		if x.Permitted != (x.Name == "reset_audio") || x.Stopped != (x.Category == "access") || x.Unaskable == (x.Name == "unlock_door") {
			t.Errorf("action %+v", x)
		}
	}
	for _, id := range []club.PatternID{w.pattern, far.pattern} {
		h.want(200, h.do(h.north.full, ask{method: "POST", path: w.at("/patterns/" + id.String() + "/trip"), headers: []string{"If-Match", "*"}}), nil)
	}
	var seen Autonomy
	h.want(200, h.do(h.north.only, ask{method: "GET", path: w.at("/autonomy")}), &seen)
	if fmt.Sprint(seen.Stopped, seen.Places) != "[access] [alpha]" || len(seen.Breakers) != 1 || seen.Breakers[0].Scope != w.pattern.String() || seen.Breakers[0].Needed != 9 {
		t.Errorf("who is limited to a place sees %+v", seen)
	}
	h.want(409, h.do(h.north.full, ask{method: "POST", path: w.at("/patterns/" + w.pattern.String() + "/trip"), headers: []string{"If-Match", "*"}}), nil)
	h.want(404, h.do(h.north.full, ask{method: "POST", path: w.at("/breakers/close"), body: object{"kind": "club"}}), nil)
	h.want(204, h.do(h.north.full, ask{method: "POST", path: w.at("/breakers/close"), body: object{"kind": "pattern", "scope": w.pattern}}), nil)
	var list breakers
	h.want(200, h.do(h.north.owner, ask{method: "GET", path: w.at("/breakers")}), &list)
	if len(list.Items) != 1 {
		t.Errorf("breakers %+v", list.Items)
	}
}

func TestAPreviewSaysWhatWouldHaveBeenAndChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	h.north.write(func(tx *store.Tx) error {
		return tx.CreatePatternMatch(t.Context(), store.CreatePatternMatchParams{DecisionID: w.decision, PatternID: w.pattern, Role: "chosen", Plan: "p", Probability: 1, Confidence: 0.9, At: tx.Now})
	})
	defer h.unchanged()()
	of := func(id club.PatternID, body object) ask {
		return ask{method: "POST", path: w.at("/patterns/" + id.String() + "/preview"), body: body}
	}
	var got Impact
	h.want(200, h.do(h.north.full, of(w.pattern, object{"do": "pin", "ceiling": "escalate"})), &got)
	if got.Decisions != 1 || got.Would.Called != 1 || len(got.Differ) != 1 || got.Differ[0].DecisionID != w.decision.String() || got.Differ[0].Would != "escalate" || got.Differ[0].Right != nil {
		t.Errorf("a limit: %+v", got)
	}
	got = Impact{}
	h.want(200, h.do(h.north.full, of(w.lesson, object{"do": "delete"})), &got)
	if len(got.Patterns) != 1 || !got.Patterns[0].Gone || got.Patterns[0].Situations != [2]int{2, 0} || got.Decisions != 0 {
		t.Errorf("a deletion: %+v", got)
	}
	got = Impact{}
	h.want(200, h.do(h.north.full, of(w.lesson, object{"do": "split", "title": "A part", "precedents": []club.PrecedentID{w.precedents[0]}})), &got)
	if len(got.Patterns) != 2 || got.Patterns[1].PatternID != "" || got.Patterns[1].Situations != [2]int{0, 1} {
		t.Errorf("a split: %+v", got)
	}
	for _, body := range []object{{"do": "merge", "into": w.lesson}, {"do": "pin", "ceiling": "boss"}, {"do": "explode"}, {"do": "correct", "title": "x"}} {
		h.want(422, h.do(h.north.full, of(w.lesson, body)), nil)
	}
	h.want(409, h.do(h.north.full, of(w.lesson, object{"do": "resume"})), nil)
	autonomy := func(body object) ask { return ask{method: "POST", path: w.at("/autonomy/preview"), body: body} }
	got = Impact{}
	h.want(200, h.do(h.north.full, autonomy(object{"switch": "location:alpha", "stopped": true})), &got)
	if got.Would.Called != 1 {
		t.Errorf("a stopped place: %+v", got)
	}
	h.want(200, h.do(h.north.full, autonomy(object{"unasked": true, "permitted": []string{"words"}, "places": []string{"all"}, "high": 0.9, "medium": 0.6, "low": 0.55})), &got)
	h.want(422, h.do(h.north.full, autonomy(object{"high": 0.2})), nil)
	h.want(422, h.do(h.north.full, autonomy(object{"permitted": []string{"unlock_door"}})), nil)
}
