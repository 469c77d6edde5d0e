package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// naughty are texts that break software which does not take text as text.
func naughty() []string {
	return []string{
		"'; DROP TABLE tickets; --", `" OR 1=1`, "%_\\%", "<script>alert(1)</script>", "{{.}} ${x} #{y} %s %n", "../../etc/passwd", "null", "undefined", "NaN", "true", "0", "-1", "1e309",
		"Zażółć gęślą jaźń", "ﷺ عربي \u200fmixed\u200e left", "田中さんにあげて下さい", "👩\u200d👩\u200d👧\u200d👦🏳\ufe0f\u200d🌈🧑🏽\u200d🔧", "e\u0301 vs é", "a\u200bb\u2060c\ufeffd", "\u202eRTL override\u202c", "line\u2028sep\u2029para", "Ω≈ç√∫˜µ≤≥÷", "ⅷ ㎏ ﬁ",
		"tab\there", "first\nsecond", "!!python/object", "- yaml: [1, 2", "&anchor *alias", "<<: merge", "y", "~", "\u0001\u001f\u007f", "\U0001F4A9 \U0010FFFF", strings.Repeat("ü", 150), "\\u0041 \\x41 \\0", "`rm -rf`", "$(id)", "=1+1",
	}
}

func TestTextComesBackAsItWasSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	for i, s := range naughty() {
		var made TicketDetail
		h.want(201, h.do(h.north.full, ask{method: "POST", path: w.at("/tickets"), body: object{"title": "x " + s, "description": s}}), &made)
		var got TicketDetail
		h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/tickets/" + made.Ticket.ID)}), &got)
		// A title is kept in the open, masked; the description is sealed, and ends with the template's list.
		if got.Ticket.Title != strings.TrimSpace(phrase.Mask("x "+s)) || !strings.HasPrefix(got.Description, s) {
			t.Errorf("ticket: %q came back as %q and %q", s, got.Ticket.Title, got.Description)
		}
		d := document(fmt.Sprintf("naughty-%d", i), "")
		d.Notes, d.Steps[0].Reply, d.Triggers[0].Text = s, s, s
		var sop, back SOPDetail
		h.want(201, h.do(h.north.full, ask{method: "POST", path: w.at("/sops"), body: object{"document": d, "note": s}}), &sop)
		h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/sops/" + sop.SOP.ID)}), &back)
		var doc struct {
			Notes    string
			Steps    []struct{ Reply string }
			Triggers []struct{ Text string }
		}
		h.must(json.Unmarshal(back.Document.RawMessage, &doc))
		if doc.Notes != s || doc.Steps[0].Reply != s || doc.Triggers[0].Text != s || back.Version.Note != s {
			t.Errorf("SOP: %q came back as %+v, note %q", s, doc, back.Version.Note)
		}
		h.clock.Advance(time.Millisecond)
		var note Written
		h.want(201, h.do(h.north.full, ask{method: "POST", path: w.at("/threads/" + w.thread.String() + "/note"), body: object{"text": s}}), &note)
		var page Page[Message]
		h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/threads/" + w.thread.String() + "/messages?limit=1")}), &page)
		if page.Items[0].ID != note.MessageID || page.Items[0].Text != s {
			t.Errorf("note: %q came back as %q", s, page.Items[0].Text)
		}
		var place Location
		h.want(200, h.do(h.north.full, ask{method: "PATCH", path: w.at("/locations/" + w.location.String()), body: object{"details": object{"wifi_name": s}}, headers: []string{"If-Match", "*"}}), &place)
		if place.Details["wifi_name"] != s {
			t.Errorf("detail: %q came back as %q", s, place.Details["wifi_name"])
		}
		h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/threads?q=" + url.QueryEscape(s))}), nil)
		h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/tickets?q=" + url.QueryEscape(s))}), nil)
		h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/members?q=" + url.QueryEscape(s))}), nil)
	}
}

func TestPagesHoldEveryRowOnceInTheirOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 5 {
		h.north.world(h.north.alpha)
		h.clock.Advance(time.Millisecond)
	}
	for path, least := range map[string]int{"/threads": 10, "/decisions": 5, "/proposals": 5, "/executions": 5, "/tickets": 5, "/locations": 2, "/bays": 5, "/lines": 5, "/devices": 5, "/members": 5,
		"/bookings": 5, "/users": 8, "/keys": 7, "/settings": 10, "/integrations": 4, "/sops": 5, "/sop-effects": 5, "/patterns": 15, "/audit": 30, "/actions": 8, "/ticket-templates": 2} {
		var whole Page[map[string]any]
		h.want(200, h.do(h.north.full, ask{method: "GET", path: "/api/v1/north" + path + "?limit=200"}), &whole)
		var got []map[string]any
		cursor, pages := "", 0
		for {
			var page Page[map[string]any]
			h.want(200, h.do(h.north.full, ask{method: "GET", path: "/api/v1/north" + path + "?limit=2&cursor=" + cursor}), &page)
			got = append(got, page.Items...)
			pages++
			if cursor = page.NextCursor; cursor == "" || pages > 200 {
				break
			}
		}
		a, b := fmt.Sprint(whole.Items), fmt.Sprint(got)
		if a != b || len(got) < least {
			t.Errorf("%s: %d rows in %d pages, %d at once, want at least %d", path, len(got), pages, len(whole.Items), least)
		}
		if pages != (len(got)+1)/2 && pages != len(got)/2+1 {
			t.Errorf("%s: %d pages of %d rows", path, pages, len(got))
		}
	}
}

func TestFiltersNarrow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w, far := h.north.world(h.north.alpha), h.north.world(h.north.beta)
	h.want(200, h.do(h.north.owner, ask{method: "POST", path: w.at("/threads/" + w.thread.String() + "/claim")}), nil)
	count := func(path string) int {
		t.Helper()
		var page Page[map[string]any]
		h.want(200, h.do(h.north.owner, ask{method: "GET", path: "/api/v1/north" + path}), &page)
		return len(page.Items)
	}
	for path, want := range map[string]int{
		"/threads": 4, "/threads?mine=true": 1, "/threads?status=in_progress": 1, "/threads?status=in_progress,pending": 4, "/threads?unread=true": 0, "/threads?location=" + w.location.String(): 2,
		"/threads?q=" + secret: 4, "/tickets?status=open": 4, "/tickets?status=closed": 0, "/tickets?priority=high": 0, "/tickets?overdue=true": 0, "/tickets?q=%232": 1,
		"/bays?location=" + far.location.String(): 1, "/devices?bay=" + w.bay.String(): 1, "/devices?location=" + far.location.String(): 1, "/members?location=" + w.location.String(): 1, "/members?status=left": 0,
		"/members?q=zelda": 2, "/members?q=zel": 0, "/members?q=" + w.tag + "%40member.example": 1, "/bookings?member=" + w.member.String(): 1, "/bookings?bay=" + far.bay.String(): 1,
		"/bookings?status=cancelled": 0, "/bookings?since=2026-11-26T14:00:00Z&until=2026-11-26T14:00:01Z": 2, "/bookings?since=2026-11-27T00:00:00Z": 0, "/decisions?tier=approve": 2, "/decisions?tier=auto": 0,
		"/decisions?sop=" + w.sop.String(): 1, "/decisions?thread=" + w.thread.String(): 1, "/proposals?status=open": 2, "/proposals?status=expired": 0, "/executions?outcome=refused": 2,
		"/executions?thread=" + w.thread.String(): 1, "/sops?q=" + w.tag: 1, "/sops?status=live": 0, "/sops?category=access": 0, "/sops?location=" + w.location.String(): 1, "/audit?object=" + w.member.String(): 1,
		"/audit?action=thread.": 1, "/audit?thread=" + w.thread.String(): 1,
	} {
		if got := count(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestAnEditNeedsTheVersionThatWasRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	for _, path := range []string{"/locations/" + w.location.String(), "/bays/" + w.bay.String(), "/devices/" + w.device.String(), "/users/" + w.user.String(), "/tickets/" + w.ticket.String()} {
		read := h.do(h.north.full, ask{method: "GET", path: w.at(path)})
		h.want(200, read, nil)
		field := "name"
		if strings.HasPrefix(path, "/tickets") {
			field = "title"
		}
		edit := func(value string) int {
			return h.do(h.north.full, ask{method: "PATCH", path: w.at(path), body: object{field: value}, headers: []string{"If-Match", read.Header().Get("ETag")}}).Code
		}
		if first, second := edit("First words"), edit("Second words"); first != 200 || second != 412 {
			t.Errorf("%s: %d, then %d", path, first, second)
		}
	}
}

func TestAnApprovalIsOneOfTwo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	var p Proposal
	h.want(200, h.do(h.north.owner, ask{method: "POST", path: w.at("/proposals/" + w.proposal.String() + "/approve"), body: object{"reply": "Other words", "reason": "clearer"}}), &p)
	if p.Status != "approved" || !p.Edited || p.Reason != "clearer" || !strings.HasPrefix(p.DecidedBy, "user:") {
		t.Errorf("%+v", p)
	}
	h.want(409, h.do(h.north.full, ask{method: "POST", path: w.at("/proposals/" + w.proposal.String() + "/approve")}), nil)
	h.want(409, h.do(h.north.full, ask{method: "POST", path: w.at("/proposals/" + w.proposal.String() + "/reject")}), nil)
}

func TestADecisionShowsWhatItRestsOnAndItsWordsOnlyToReaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	var d DecisionDetail
	h.want(200, h.do(h.north.viewer, ask{method: "GET", path: w.at("/decisions/" + w.decision.String())}), &d)
	if d.Reply != "it is "+secret || d.Evidence.Text != "the "+secret || len(d.Evidence.Facts) != 1 || !strings.Contains(string(d.Steps.RawMessage), secret) {
		t.Errorf("%+v", d)
	}
	key, _ := h.north.key([]identity.Permission{identity.DecisionsRead})
	var blind DecisionDetail
	h.want(200, h.do(key, ask{method: "GET", path: w.at("/decisions/" + w.decision.String())}), &blind)
	if blind.Reply != "" {
		t.Error("a key that may not read conversations reads the draft")
	}
}

func TestSOPsGoThroughTheirVersions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := "/api/v1/north/sops/"
	var one SOPDetail
	h.want(201, h.do(h.north.full, ask{method: "POST", path: "/api/v1/north/sops", body: object{"document": document("wifi", "")}}), &one)
	next := document("wifi", "")
	next.Steps[0].Reply = "Another answer"
	h.want(200, h.do(h.north.full, ask{method: "PUT", path: path + one.SOP.ID, body: object{"document": next, "note": "better"}, headers: []string{"If-Match", etag(1)}}), &one)
	h.want(412, h.do(h.north.full, ask{method: "PUT", path: path + one.SOP.ID, body: object{"document": next}, headers: []string{"If-Match", etag(1)}}), nil)
	if one.SOP.Version != 2 || one.SOP.Status != "draft" {
		t.Errorf("%+v", one.SOP)
	}
	h.want(200, h.do(h.north.full, ask{method: "POST", path: path + one.SOP.ID + "/publish", body: object{"version": 2}}), &one)
	if one.SOP.Status != "live" || *one.SOP.LiveVersion != 2 {
		t.Errorf("%+v", one.SOP)
	}
	h.want(422, h.do(h.north.full, ask{method: "POST", path: path + one.SOP.ID + "/restore", body: object{"version": 1, "reason": ""}}), nil)
	h.want(200, h.do(h.north.full, ask{method: "POST", path: path + one.SOP.ID + "/restore", body: object{"version": 1, "reason": "the old one"}}), &one)
	var versions Page[SOPVersion]
	h.want(200, h.do(h.north.viewer, ask{method: "GET", path: path + one.SOP.ID + "/versions"}), &versions)
	if n := len(versions.Items); n != 2 || len(versions.Items[0].Releases) != 1 || versions.Items[0].Releases[0].Kind != "published" ||
		len(versions.Items[1].Releases) != 1 || versions.Items[1].Releases[0].Kind != "restored" || versions.Items[1].Releases[0].Reason != "the old one" {
		t.Errorf("%+v", versions.Items)
	}
	var changes sopChanges
	h.want(200, h.do(h.north.full, ask{method: "GET", path: path + one.SOP.ID + "/diff?from=1&to=2"}), &changes)
	if len(changes.Items) != 1 || changes.Items[0].Kind != "changed" {
		t.Errorf("%+v", changes)
	}
	h.want(404, h.do(h.north.full, ask{method: "GET", path: path + one.SOP.ID + "/versions/9"}), nil)
	h.want(404, h.do(h.north.full, ask{method: "POST", path: path + one.SOP.ID + "/publish", body: object{"version": 9}}), nil)
	// A bad document is told fault by fault, and is not published.
	var bad SOPDetail
	empty := document("empty", "")
	empty.Steps = []knowledge.Step{}
	h.want(201, h.do(h.north.full, ask{method: "POST", path: "/api/v1/north/sops", body: object{"document": empty}}), &bad)
	var p Problem
	h.want(422, h.do(h.north.full, ask{method: "POST", path: path + bad.SOP.ID + "/publish", body: object{"version": 1}}), &p)
	if len(p.Errors) == 0 || p.Errors[0].Where == "" {
		t.Errorf("%+v", p)
	}
}

func TestAFileOfSOPsGoesOutAndComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.north.world(h.north.alpha)
	h.north.world(h.north.beta)
	for _, format := range []string{"yaml", "json"} {
		out := h.do(h.north.full, ask{method: "GET", path: "/api/v1/north/sop-file?format=" + format})
		h.want(200, out, nil)
		if ct := out.Header().Get("Content-Type"); ct != "application/"+format {
			t.Errorf("type %s", ct)
		}
		var res ImportResult
		h.want(200, h.do(h.north.full, ask{method: "POST", path: "/api/v1/north/sop-file", body: out.Body.Bytes(), headers: []string{"Content-Type", "application/" + format}}), &res)
		if len(res.Unchanged) != 2 || len(res.Created)+len(res.Updated) != 0 {
			t.Errorf("%s: %+v", format, res)
		}
	}
	only := h.do(h.north.only, ask{method: "GET", path: "/api/v1/north/sop-file"})
	if strings.Contains(only.Body.String(), "beta") || strings.Count(only.Body.String(), "slug:") != 1 {
		t.Errorf("%s", only.Body)
	}
	var p Problem
	h.want(422, h.do(h.north.full, ask{method: "POST", path: "/api/v1/north/sop-file", body: "sops:\n- slug: x\n  titel: y\n"}), &p)
	if len(p.Errors) == 0 || p.Errors[0].Line != 3 {
		t.Errorf("%+v", p)
	}
}

func TestAKeyWorksUntilItIsRevokedAndMakesNoOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var made NewKey
	h.want(201, h.do(h.north.owner, ask{method: "POST", path: "/api/v1/north/keys", body: object{"name": "app", "scopes": []string{"places.read", "keys.write"}}}), &made)
	key := "Bearer " + made.Token
	h.want(200, h.do(key, ask{method: "GET", path: "/api/v1/north/locations"}), nil)
	h.want(403, h.do(key, ask{method: "GET", path: "/api/v1/north/threads"}), nil)
	h.want(403, h.do(key, ask{method: "POST", path: "/api/v1/north/keys", body: object{"name": "b", "scopes": []string{"places.read"}}}), nil)
	h.want(204, h.do(h.north.owner, ask{method: "DELETE", path: "/api/v1/north/keys/" + made.Key.ID}), nil)
	h.want(401, h.do(key, ask{method: "GET", path: "/api/v1/north/locations"}), nil)
	if list := h.do(h.north.owner, ask{method: "GET", path: "/api/v1/north/keys"}); strings.Contains(list.Body.String(), made.Token[len(made.Token)-20:]) {
		t.Error("the list shows the key")
	}
}

func TestARequestForAnActionGoesThroughTheGate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	var x Execution
	res := h.do(h.north.full, ask{method: "POST", path: w.at("/threads/" + w.thread.String() + "/executions"), body: object{"action": "reboot_pc", "params": object{"mode": "normal"}}})
	h.want(201, res, &x)
	if x.Outcome != "refused" || x.Detail == "" || !strings.HasPrefix(x.RequestedBy, "api_key:") || res.Header().Get("Location") != w.at("/executions/"+x.ID) {
		t.Errorf("%+v %v", x, res.Header())
	}
	for _, body := range []object{{"action": "format_disk"}, {"action": "send_reply"}, {"action": "reboot_pc", "params": object{"mode": "wild"}}} {
		h.want(422, h.do(h.north.full, ask{method: "POST", path: w.at("/threads/" + w.thread.String() + "/executions"), body: body}), nil)
	}
	h.want(403, h.do(h.north.full, ask{method: "POST", path: w.at("/threads/" + w.thread.String() + "/executions"), body: object{"action": "reboot_pc", "reason": "it hangs", "anyway": true}}), nil) // a key is no person
}

func TestBookingsComeInOnceAndLaterChangesWin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	put := func(sequence int, start string) Booking {
		t.Helper()
		var b Booking
		h.want(200, h.do(h.north.full, ask{method: "POST", path: w.at("/bookings"), body: object{"external_id": "b1", "location_id": w.location, "bay_id": w.bay, "starts_at": start,
			"ends_at": "2026-11-26T20:00:00+01:00", "sequence": sequence, "phone": "+14155552671"}}), &b)
		return b
	}
	first := put(5, "2026-11-26T18:00:00+01:00")
	if first.StartsAt.Format("15:04Z07:00") != "17:00Z" {
		t.Errorf("start %v", first.StartsAt)
	}
	if old := put(4, "2026-11-26T17:00:00Z"); old.ID != first.ID || !old.StartsAt.Equal(first.StartsAt) {
		t.Errorf("an older change counted: %+v", old)
	}
	if later := put(6, "2026-11-26T18:00:00Z"); later.ID != first.ID || later.StartsAt.Hour() != 18 {
		t.Errorf("a later change did not count: %+v", later)
	}
	var b Booking
	read := h.do(h.north.full, ask{method: "GET", path: w.at("/bookings/" + first.ID)})
	h.want(200, h.do(h.north.full, ask{method: "PATCH", path: w.at("/bookings/" + first.ID), body: object{"status": "no_show"}, headers: []string{"If-Match", read.Header().Get("ETag")}}), &b)
	if b.Status != "no_show" {
		t.Errorf("%+v", b)
	}
}

func TestHealthTellsOfEachPart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.north.world(h.north.alpha)
	var res Health
	h.want(200, h.do(h.north.viewer, ask{method: "GET", path: "/api/v1/north/health"}), &res)
	var names []string
	for _, p := range res.Parts {
		names = append(names, p.Name)
		if p.Name == "conversations" && p.Counts["proposals_open"] != 1 {
			t.Errorf("%+v", p)
		}
	}
	if !slices.Equal(names, []string{"database", "texts", "intake", "actions", "conversations", "escalations", "devices", "decisions", "vendors"}) || res.Status != "degraded" || !res.CheckedAt.Equal(storetest.Start) {
		t.Errorf("%+v", res)
	}
}

func TestHealthTellsWhichVendorDoesNotAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	h.want(200, h.do(h.north.full, probes()["put-integration"](w)), nil)
	for state, status := range map[health.BreakerState]string{health.BreakerClosed: "ok", health.BreakerOpen: "degraded"} {
		h.breakers = map[string]health.Breaker{"twilio": {State: state, RetryIn: 1500 * time.Millisecond}}
		var res Health
		h.want(200, h.do(h.north.viewer, ask{method: "GET", path: "/api/v1/north/health"}), &res)
		i := slices.IndexFunc(res.Vendors, func(v Vendor) bool { return v.Name == "twilio" })
		if v := res.Vendors[i]; !v.Connected || v.Breaker != string(state) || v.RetryInMS != 1500 {
			t.Errorf("%s: %+v", state, v)
		}
		if p := res.Parts[len(res.Parts)-1]; p.Name != "vendors" || p.Status != status {
			t.Errorf("%s: %+v", state, p)
		}
	}
}

func TestWordsOfPeopleAreCountedInTheAuditLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	res := h.do(h.north.full, ask{method: "PATCH", path: w.at("/bays/" + w.bay.String()), body: object{"status": "out_of_service"}, headers: []string{"If-Match", w.bayTag}})
	h.want(200, res, nil)
	var page Page[AuditEntry]
	h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/audit?object=" + w.bay.String())}), &page)
	if len(page.Items) != 1 || page.Items[0].Action != "bay.updated" || page.Items[0].CorrelationID != res.Header().Get("X-Request-Id") || !strings.Contains(string(page.Items[0].Detail.RawMessage), "out_of_service") {
		t.Errorf("%+v", page.Items)
	}
}

func TestMarksAreReadBack(t *testing.T) {
	t.Parallel()
	m := mark{storetest.Start, club.NewThreadID(storetest.Start).String()}
	got, err := Paging{Cursor: m.String()}.mark()
	if err != nil || got != m {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestConversationIsClosedAsFarAsItWasRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	path := w.at("/threads/" + w.thread.String())
	var page struct {
		Items []struct{ ID, Direction string }
	}
	h.want(200, h.do(h.north.full, ask{method: "GET", path: path + "/messages"}), &page)
	newest := page.Items[0].ID
	read := h.do(h.north.full, ask{method: "GET", path: path}).Header().Get("ETag")
	h.clock.Advance(time.Second)
	w.hear("there is smoke")
	for _, act := range []string{"resolve", "hand-back"} {
		h.want(409, h.do(h.north.full, ask{method: "POST", path: path + "/" + act, body: object{"seen": newest}}), nil)
		h.want(412, h.do(h.north.full, ask{method: "POST", path: path + "/" + act, headers: []string{"If-Match", read}}), nil)
		h.want(404, h.do(h.north.full, ask{method: "POST", path: path + "/" + act, body: object{"seen": "msg_none"}}), nil)
	}
	h.want(409, h.do(h.north.full, ask{method: "POST", path: path + "/merge", body: object{"into": w.other, "seen": newest}}), nil)
	h.want(412, h.do(h.north.full, ask{method: "POST", path: path + "/merge", body: object{"into": w.other}, headers: []string{"If-Match", read}}), nil)
	h.want(412, h.do(h.north.full, ask{method: "POST", path: path + "/resolve", headers: []string{"If-Match", "odd"}}), nil)
	h.want(200, h.do(h.north.full, ask{method: "GET", path: path + "/messages"}), &page)
	h.want(200, h.do(h.north.full, ask{method: "POST", path: path + "/resolve", body: object{"seen": page.Items[0].ID}}), nil)
}

// hear has the member write into the world's conversation.
func (w *world) hear(text string) {
	w.club.h.t.Helper()
	w.club.write(func(tx *store.Tx) error {
		ctx := w.club.h.t.Context()
		th, err := thread.Find(ctx, tx, w.thread)
		if err != nil {
			return err
		}
		s, err := tx.FindSubject(ctx, th.SubjectID)
		if err != nil {
			return err
		}
		id := club.NewMessageID(tx.Now)
		body, err := people.Seal(w.club.keys, s, people.ColumnMessage, id.String(), text)
		if err != nil {
			return err
		}
		if _, err := tx.CreateMessage(ctx, store.CreateMessageParams{ID: id, ThreadID: th.ID, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: th.Provider,
			Status: club.MessageReceived, Body: body, Masked: text, Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		_, err = thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadTextIn, By: club.System("inbox")})
		return err
	})
}
