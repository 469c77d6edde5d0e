package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/people"

	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestInboxShowsWhatWaitsAndNarrows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	froze := h.hear(ada, "bay 3 froze")
	h.clock.Advance(time.Minute)
	lost := h.hear(bob, "quixotic zeppelins harmonise")
	b := h.as(club.RoleOperator)
	ids := func() (out []string) {
		for _, a := range find(b.doc, "a[data-thread]") {
			out = append(out, attr(a, "data-thread"))
		}
		return out
	}
	for query, want := range map[string][]club.ThreadID{
		"": {lost, froze}, "?status=all": {lost, froze}, "?status=needs": {lost}, "?status=working": {froze}, "?status=answered": {}, "?mine=1": {},
		"?q=froze": {froze}, "?q=byron": {froze}, "?q=" + url.QueryEscape(bob): {lost}, "?location=" + h.sea.String(): {}, "?location=" + h.north.String(): {lost, froze}, "?location=nonsense": {lost, froze}, "?status=nonsense": {lost, froze},
	} {
		b.get("/c/fairway/inbox" + query).want(http.StatusOK)
		if got := ids(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("inbox%s shows %v, want %v", query, got, want)
		}
	}
	b.get("/c/fairway/inbox")
	for selector, want := range map[string]string{"nav [data-count=inbox]": "1", "title": "(1) Inbox · Our club", ".rows .name": "+1 ••• ••• 0122 , unread", "[data-swap=unread]": "2 unread"} {
		if got := b.see(selector); got != want {
			t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	if len(find(b.doc, ".thread-row .wait")) != 1 {
		t.Error("who waits for a person is not marked")
	}
	b.get("/c/fairway/inbox?part=list").want(http.StatusOK)
	if len(find(b.doc, "nav.side")) != 0 || len(ids()) != 2 {
		t.Error("the fragment is not the list alone")
	}
}

func TestListGoesOnWhereThePageEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 120 {
		h.say(fmt.Sprintf("+1415556%04d", i), "hello")
	}
	b := h.as(club.RoleOperator)
	for _, view := range []string{"", "?status=all"} {
		seen := map[string]bool{}
		b.get("/c/fairway/inbox" + view)
		for range 5 {
			for _, a := range find(b.doc, "a[data-thread]") {
				if seen[attr(a, "data-thread")] {
					t.Fatal("a thread is shown twice")
				}
				seen[attr(a, "data-thread")] = true
			}
			next := find(b.doc, "a[rel=next]")
			if len(next) == 0 {
				break
			}
			b.get(attr(next[0], "href")).want(http.StatusOK)
		}
		if len(seen) != 120 {
			t.Errorf("inbox%s: %d of 120 threads are reached", view, len(seen))
		}
	}
}

func TestReplyIsSentOnceHoweverOftenItIsPressed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/" + id.String())
	form := valuesOf(b.form("/reply"))
	form.Set("text", "I am on it.\r\nOne minute.")
	var all sync.WaitGroup
	for range 4 {
		other := &browser{t: t, handler: b.handler, cookies: map[string]string{"clubos": b.cookies["clubos"]}}
		all.Go(func() { other.postForm("/c/fairway/threads/"+id.String()+"/reply", form) })
	}
	all.Wait()
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out' AND author = 'operator'"); n != 1 {
		t.Errorf("%d replies", n)
	}
	b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "I am on it.\nOne minute.", "Queued")
	if th := h.thread(id); th.Status != club.ThreadManualOverride {
		t.Errorf("the thread is %s", th.Status)
	}
	if h.proposal(id).Status != club.ProposalStale {
		t.Error("the proposal is still open")
	}
}

func TestReplyThatComesLateIsNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	b, colleague := h.as(club.RoleOperator), h.as(club.RoleOperator)
	b.get("/c/fairway/threads/" + id.String())
	form := valuesOf(b.form("/reply"))
	colleague.get("/c/fairway/threads/"+id.String()).submit("/claim").want(http.StatusOK, "You have it.")
	form.Set("text", "my long and careful words")
	b.postForm("/c/fairway/threads/"+id.String()+"/reply", form).want(http.StatusConflict, "What you wrote is still here.")
	if got := valuesOf(b.form("/reply")); got.Get("text") != "my long and careful words" || got.Get("key") != form.Get("key") {
		t.Errorf("the form holds %v", got)
	}
	if !strings.Contains(text(b.doc), "operator1 has this thread") {
		t.Error("does not say who has it")
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE author = 'operator'"); n != 0 {
		t.Errorf("%d replies", n)
	}
	b.postForm("/c/fairway/threads/"+id.String()+"/reply", url.Values{"text": {strings.Repeat("x", 1601)}, "key": {"k"}}).want(http.StatusBadRequest, "1600")
	if got := valuesOf(b.form("/reply")).Get("text"); len(got) != 1601 {
		t.Errorf("%d characters are left", len(got))
	}
	b.submit("/reply", "text", "") // empty
	b.want(http.StatusBadRequest, "empty")
}

func TestNoteStaysWithColleagues(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/" + id.String())
	form := valuesOf(b.form("/reply"))
	form.Set("text", "cable?")
	action := attr(find(b.doc, "button[formaction]")[0], "formaction")
	for range 2 {
		b.postForm(action, form).follow().want(http.StatusOK, "cable?", "note, not sent")
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'note'"); n != 1 {
		t.Errorf("%d notes", n)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out' AND author = 'operator'"); n != 0 {
		t.Errorf("%d texts went out", n)
	}
}

func TestThreadGoesThroughHands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(bob, "quixotic zeppelins harmonise")
	b := h.as(club.RoleOperator)
	at := "/c/fairway/threads/" + id.String()
	for _, step := range []struct {
		form   string
		fields []string
		status club.ThreadStatus
		says   string
	}{
		{"/claim", nil, club.ThreadInProgress, "with operator0"},
		{"/escalate", []string{"priority", "high", "reason", "needs a tech"}, club.ThreadEscalated, "; needs a tech."},
		{"/claim", nil, club.ThreadInProgress, "You have it."},
		{"/handback", nil, club.ThreadPending, "Handed back to ClubOS."},
		{"/resolve", nil, club.ThreadResolved, "Resolved."},
	} {
		b.get(at).submit(step.form, step.fields...).want(http.StatusOK, step.says)
		if th := h.thread(id); th.Status != step.status {
			t.Errorf("after %s the thread is %s, want %s", step.form, th.Status, step.status)
		}
	}
	for _, f := range []string{"/resolve", "/handback"} {
		for _, have := range find(b.doc, "form") {
			if strings.HasSuffix(attr(have, "action"), f) {
				t.Errorf("offers %s where it cannot be", f)
			}
		}
	}
	b.post(at+"/handback").follow().want(http.StatusOK, "cannot be")
	b.post(at+"/escalate", "reason", "", "priority", "high").follow().want(http.StatusOK, "empty")
	b.post(at+"/escalate", "reason", "x", "priority", "nonsense").follow().want(http.StatusOK, "is not a priority")
}

func TestThreadIsNotClosedOverATextThatThePageDidNotShow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(bob, "quixotic zeppelins harmonise")
	b := h.as(club.RoleOperator)
	at := "/c/fairway/threads/" + id.String()
	b.get(at).submit("/claim").want(http.StatusOK)
	for _, form := range []string{"/resolve", "/handback"} {
		b.get(at)
		h.hear(bob, "and "+form+" there is water")
		b.submit(form).want(http.StatusOK, "Another text has arrived: read it first", "and "+form)
		if th := h.thread(id); th.Status != club.ThreadInProgress {
			t.Fatalf("%s of a page that was out of date: the thread is %s", form, th.Status)
		}
	}
	b.get(at)
	h.hear(bob, "hello?")
	b.submit("/reply", "text", "we are on our way").want(http.StatusOK, "Queued.")
	if th := h.thread(id); th.WaitingSince == nil {
		t.Error("the text that the page did not show counts as answered")
	}
	b.get(at).submit("/resolve").want(http.StatusOK, "Resolved.")
}

func TestReadMarkIsSetByAPostAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleOperator)
	at := "/c/fairway/threads/" + id.String()
	if b.get(at); h.thread(id).Unread != 1 {
		t.Fatal("opening the page marked it read")
	}
	b.submit("/read").want(http.StatusOK)
	if h.thread(id).Unread != 0 {
		t.Error("the button did nothing")
	}
	b.get(at).post(at+"/read", "unread", "1").follow().want(http.StatusOK, "Marked as unread.")
	if h.thread(id).Unread == 0 {
		t.Error("not unread again")
	}
	r, err := http.NewRequest(http.MethodPost, at+"/read", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Fragment", "1")
	if b.send(r); b.status != http.StatusNoContent || h.thread(id).Unread != 0 {
		t.Errorf("the script's post answered %d", b.status)
	}
}

func TestMattersOfOnePersonAreMerged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.hear(bob, "quixotic zeppelins harmonise")
	h.write(func(tx *store.Tx) error {
		return tx.PutLine(t.Context(), store.PutLineParams{Number: "+14155550101", Provider: "twilio", LocationID: h.north, CreatedAt: tx.Now})
	})
	r, err := h.inbox.Deliver(t.Context(), h.tenant, club.Delivery{ID: "other", Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: "other", From: bob, To: "+14155550101", Text: "me again"}}, "twilio")
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/"+old.String()).submit("/merge", "into", r.Thread.String()).want(http.StatusOK, "Merged", "quixotic zeppelins", "me again")
	if !strings.HasSuffix(b.path, r.Thread.String()) {
		t.Errorf("led to %s", b.path)
	}
	b.get("/c/fairway/threads/"+old.String()).want(http.StatusOK, "another thread", "reply there")
	b.post("/c/fairway/threads/"+old.String()+"/merge", "into", "nonsense").follow().want(http.StatusOK, "Choose the thread")
	b.post("/c/fairway/threads/"+old.String()+"/reply", "text", "hello", "key", "k").want(http.StatusConflict)
}

func TestTicketIsMadeFromAThreadOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleTech)
	b.get("/c/fairway/threads/" + id.String())
	form := valuesOf(b.form("/ticket"))
	form.Set("title", "Cable of Bay 3")
	for range 2 {
		b.postForm("/c/fairway/threads/"+id.String()+"/ticket", form).follow().want(http.StatusOK, "Ticket #1 has been made.", "Cable of Bay 3")
	}
	if n := h.count("SELECT COUNT(*) FROM tickets"); n != 1 {
		t.Errorf("%d tickets", n)
	}
	b.post("/c/fairway/threads/"+id.String()+"/ticket", "title", "x", "priority", "nonsense", "key", "k2").follow().want(http.StatusOK, "is not a priority")
}

func TestActionGoesThroughTheGateOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleOperator)
	at := "/c/fairway/threads/" + id.String()
	b.get(at).want(http.StatusOK, "Reboot the bay's PC", "Bay 3 PC, Bay 3")
	form := func(action string) url.Values {
		for _, f := range find(b.doc, "form") {
			if v := valuesOf(f); v.Get("action") == action {
				return v
			}
		}
		t.Fatalf("no button for %s", action)
		return nil
	}
	reboot := form("reboot_pc")
	if reboot.Get("confirmed") != "yes" || reboot.Get("target") == "" {
		t.Errorf("the form sends %v", reboot)
	}
	for range 2 {
		b.postForm(at+"/action", reboot).follow().want(http.StatusOK)
	}
	b.want(http.StatusOK, "asked for already", "Starting")
	if n := h.count("SELECT COUNT(*) FROM executions WHERE action = 'reboot_pc'"); n != 1 {
		t.Errorf("%d reboots", n)
	}
	again := form("reboot_pc")
	b.postForm(at+"/action", again).follow().want(http.StatusOK, "Refused:")
	for name, change := range map[string][2]string{"unconfirmed": {"confirmed", ""}, "another target": {"target", "dev_x"}} {
		v := form("restart_trackman")
		v.Set(change[0], change[1])
		if b.postForm(at+"/action", v).follow(); !strings.Contains(text(b.doc), "Nothing was done") {
			t.Errorf("%s: done", name)
		}
	}
	b.post(at+"/action", "action", "send_reply", "key", "k").want(http.StatusBadRequest)
	b.post(at+"/action", "action", "launch_rocket", "key", "k").want(http.StatusBadRequest)
	b.get(at).want(http.StatusOK)
	if n := h.count("SELECT COUNT(*) FROM executions WHERE action <> 'reboot_pc'"); n != 0 {
		t.Errorf("%d other executions", n)
	}
}

func TestReasonOverridesWhatAPersonCanJudge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleOperator)
	at := "/c/fairway/threads/" + id.String()
	ask := func(reason string) {
		t.Helper()
		b.get(at)
		for _, f := range find(b.doc, "form") {
			if v := valuesOf(f); v.Get("action") == "unlock_door" {
				v.Set("reason", reason)
				b.postForm(at+"/action", v).follow()
				return
			}
		}
		t.Fatal("no button for the door")
	}
	if ask(""); !strings.Contains(text(b.doc), "Refused:") {
		t.Errorf("a door without a booking: %s", clipText(b.see(".toast")))
	}
	ask("I see her on the camera")
	if n := h.count("SELECT COUNT(*) FROM executions WHERE action = 'unlock_door' AND outcome = 'claimed'"); n != 1 {
		t.Errorf("%d doors are being opened: %s", n, clipText(b.see(".toast")))
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE '%on the camera%'"); n != 1 {
		t.Errorf("the reason stands in %d audit entries", n)
	}
}

func TestWhatWasDoneCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	id := h.hear(ada, "bay 3 froze")
	b := h.as(club.RoleOperator)
	at := "/c/fairway/threads/" + id.String()
	b.get(at)
	for _, f := range find(b.doc, "form") {
		if v := valuesOf(f); v.Get("action") == "unlock_door" {
			b.postForm(at+"/action", v).follow().want(http.StatusOK, "under way")
			break
		}
	}
	storetest.Exec(t, h.tenant, "UPDATE executions SET outcome = 'success', detail = 'opened', finished_at = created_at")
	b.get(at).want(http.StatusOK, "Verified", "Opened.")
	for _, f := range find(b.doc, "#context li form") {
		if v := valuesOf(f); v.Get("action") == "lock_door" {
			h.clock.Advance(time.Minute)
			b.postForm(at+"/action", v).follow().want(http.StatusOK, "under way")
			return
		}
	}
	t.Error("no way back is offered")
}

func TestUnknownPlaceOffersNoActionAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(bob, "quixotic zeppelins harmonise")
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "The bay is not known.")
	if len(find(b.doc, ".actions button[disabled]")) == 0 {
		t.Error("nothing is disabled")
	}
}

func TestProposalIsDecidedOnOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form   string
		fields []string
		status club.ProposalStatus
		says   string
	}{
		{"/approve", nil, club.ProposalApproved, "Approved; it is under way."},
		{"/edit", []string{"text", "One moment, I restart it."}, club.ProposalApproved, "Approved with your words; it is under way."},
		{"/reject", []string{"reason", "wrong_action", "note", "it is the cable"}, club.ProposalRejected, "Rejected."},
	} {
		t.Run(c.form, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.book()
			id := h.hear(ada, "bay 3 froze")
			b, late := h.as(club.RoleOperator), h.as(club.RoleOperator)
			late.get("/c/fairway/threads/" + id.String())
			b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "ClubOS proposes", "Restart TrackMan")
			b.submit(c.form, c.fields...).want(http.StatusOK, c.says)
			p := h.proposal(id)
			if p.Status != c.status || c.form == "/reject" && p.Reason != "the wrong action: it is the cable" {
				t.Errorf("the proposal is %s, %q", p.Status, p.Reason)
			}
			late.submit("/approve").want(http.StatusOK, "no longer open")
			if got := h.proposal(id); got.Status != c.status || got.DecidedBy != p.DecidedBy {
				t.Error("the late one changed it")
			}
			if n := h.count("SELECT COUNT(*) FROM runs"); n > 1 {
				t.Errorf("%d runs", n)
			}
			b.get("/c/fairway/decisions/"+p.DecisionID.String()).want(http.StatusOK, "decision made", "by operator0")
		})
	}
}

func TestEditThatComesLateIsNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	id := h.hear(ada, "bay 3 froze")
	b, quick := h.as(club.RoleOperator), h.as(club.RoleOperator)
	b.get("/c/fairway/threads/" + id.String())
	edit := b.form("/edit")
	quick.get("/c/fairway/threads/" + id.String()).submit("/approve")
	form := valuesOf(edit)
	form.Set("text", "my better words")
	b.postForm(attr(edit, "action"), form).want(http.StatusConflict, "What you wrote is still here.")
	if got := valuesOf(b.form("/reply")).Get("text"); got != "my better words" {
		t.Errorf("the composer holds %q", got)
	}
	id = h.hear(ada, "the screen is frozen")
	if h.proposal(id).Status != club.ProposalOpen {
		t.Skip("no second proposal in this state")
	}
	b.get("/c/fairway/threads/"+id.String()).submit("/edit", "text", strings.Repeat("x", 1700)).want(http.StatusBadRequest)
	if got := valuesOf(b.form("/edit")).Get("text"); len(got) != 1700 {
		t.Errorf("%d characters are left of the edit", len(got))
	}
}

func TestOptedOutMemberCannotBeTexted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	h.write(func(tx *store.Tx) error {
		_, err := people.SetConsent(t.Context(), tx, club.System("test"), h.member.SubjectID, club.ConsentWithdrawn, "test")
		return err
	})
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "opted out")
	if len(find(b.doc, "[data-send-button]")) != 0 {
		t.Error("offers to send")
	}
	b.submit("/reply", "text", "hello").want(http.StatusConflict)
}

func TestAttachmentsLeadToTheirVendorOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.say(ada, "", club.Media{URL: "https://media.example/1.jpg", Type: "image/jpeg"}, club.Media{URL: "javascript:alert(1)"})
	b := h.as(club.RoleViewer)
	b.get("/c/fairway/threads/" + id.String())
	links := find(b.doc, "a.media")
	if len(links) != 2 {
		t.Fatalf("%d attachments", len(links))
	}
	if b.get(attr(links[0], "href")); b.header.Get("Location") != "https://media.example/1.jpg" || b.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("leads to %q", b.header.Get("Location"))
	}
	b.get(attr(links[1], "href")).want(http.StatusNotFound)
	b.get(strings.TrimSuffix(attr(links[0], "href"), "0") + "7").want(http.StatusNotFound)
}

func TestOlderMessagesAreReached(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var id club.ThreadID
	for i := range 130 {
		id = h.say(bob, fmt.Sprintf("text %03d", i))
		h.clock.Advance(time.Millisecond)
	}
	b := h.as(club.RoleViewer)
	b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "text 129")
	if strings.Contains(b.body, "text 010") {
		t.Error("all are on one page")
	}
	for _, a := range find(b.doc, "a") {
		if text(a) == "Show earlier messages" {
			b.get(attr(a, "href")).want(http.StatusOK, "text 010")
			return
		}
	}
	t.Error("no way to the older ones")
}

func TestTheWhyCardIsThatOfTheOpenProposal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	id := h.hear(ada, "bay 3 froze")
	h.hear(ada, "thx") // needs no answer, and leaves the proposal open
	if p := h.proposal(id); p.Status != club.ProposalOpen {
		t.Fatalf("the proposal is %s", p.Status)
	}
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/" + id.String())
	if b.see(`.small a[href=/c/fairway/decisions/`+h.proposal(id).DecisionID.String()+`]`) != "The whole decision" {
		t.Error("the card shows another decision")
	}
}

func TestWhatHoldsAProposalBackIsSaidInASentence(t *testing.T) {
	t.Parallel()
	sop := club.SOPID("sop_1")
	dec := store.Decision{SOPID: sop}
	e := club.Evidence{Candidates: []club.Candidate{{SOP: sop, Why: `shares "froze" with "bay 3 froze"`}}}
	for _, tc := range []struct {
		limits []string
		want   string
	}{
		{nil, `Shares "froze" with "bay 3 froze".`},
		{[]string{"Bay 3 has two bookings at the moment"}, `Shares "froze" with "bay 3 froze". Held back: Bay 3 has two bookings at the moment.`},
		{[]string{"no current booking", "automatic execution is off"}, `Shares "froze" with "bay 3 froze". Held back: no current booking; automatic execution is off.`},
	} {
		e.Limits = tc.limits
		if got := console.WhyOf(dec, e); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
	if got := console.WhyOf(store.Decision{}, club.Evidence{Limits: []string{"the text names several bays"}}); got != "Held back: the text names several bays." {
		t.Errorf("%q", got)
	}
}
