package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector/twilio"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

func TestBadInputGetsItsDocumentedAnswer(t *testing.T) {
	t.Parallel()
	good := received("1", member, "hello")
	unsigned := good
	unsigned.header = nil
	stale := good
	stale.header = standard("msg_1", storetest.Start.Add(-6*time.Minute), good.body)
	future := good
	future.header = standard("msg_1", storetest.Start.Add(6*time.Minute), good.body)
	truncated := good
	truncated.body = good.body[:len(good.body)/2]
	huge := good
	huge.body = bytes.Repeat([]byte("x"), 10<<20)
	plain := good
	plain.kind = "text/plain"
	untyped := good
	untyped.kind = ""
	garbage := request{path: good.path, kind: good.kind, body: []byte("{nonsense"), header: standard("msg_1", storetest.Start, []byte("{nonsense"))}
	nobody := good
	nobody.path = "/hooks/nosuchclub/openphone"
	badSlug := good
	badSlug.path = "/hooks/No%20Such%20Club!/openphone"
	noVendor := good
	noVendor.path = "/hooks/test/fax"
	elsewhere := good
	elsewhere.path = "/hooks"
	doubled := good
	doubled.path = "/hooks/test//openphone"
	get := good
	get.method = http.MethodGet
	unconfigured := good
	unconfigured.path = "/hooks/other/openphone"
	forged := sms("SM1", member, "hi")
	forged.header = http.Header{"X-Twilio-Signature": {"AAAA"}}
	for name, c := range map[string]struct {
		request
		status int
	}{
		"unsigned": {unsigned, 401}, "stale": {stale, 401}, "from the future": {future, 401}, "truncated": {truncated, 401}, "10 MB": {huge, 413},
		"wrong content type": {plain, 415}, "no content type": {untyped, 415}, "signed nonsense": {garbage, 400}, "unknown club": {nobody, 404},
		"no name of a club": {badSlug, 404}, "unknown vendor": {noVendor, 404}, "unknown path": {elsewhere, 404}, "path with an empty part": {doubled, 404}, "GET": {get, 405},
		"vendor that is not configured": {unconfigured, 401}, "forged form": {forged, 401},
		"signed form without a message": {twilioForm(url.Values{"AccountSid": {account}}), 400},
		"message without a sender":      {received("2", "", "hi"), 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			vaulttest.AddTenant(t, g.cluster, "other")
			w := g.send(c.request)
			if w.Code != c.status {
				t.Errorf("status %d %q, want %d", w.Code, w.Body, c.status)
			}
			if n := g.texts(); n != 0 {
				t.Errorf("%d texts", n)
			}
			if w.Header().Get("Retry-After") != "" {
				t.Error("the vendor is asked to try again")
			}
		})
	}
}

func TestUnknownClubLooksLikeAnUnknownVendor(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	var seen []string
	for _, path := range []string{"/hooks/nosuchclub/openphone", "/hooks/test/fax", "/nowhere", "/hooks/UPPER/openphone"} {
		r := received("1", member, "hello")
		r.path = path
		w := g.send(r)
		w.Header().Del("X-Request-Id")
		seen = append(seen, fmt.Sprint(w.Code, w.Header(), w.Body))
	}
	if len(slices.Compact(seen)) != 1 {
		t.Errorf("answers differ: %q", seen)
	}
}

func TestTextOfAnyKindIsStoredAsItWasSent(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"plain": "bay 3 froze", "empty": "", "1600 characters": strings.Repeat("a", 1600), "emoji": "🏌️‍♀️⛳ 100 %", "right to left": "שלום \u202eعربى", "NUL": "a\x00b",
		"quotes": `'; DROP TABLE messages; -- "{{`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			for _, r := range []request{received("1", member, words), sms("SM1", member, words)} {
				if w := g.send(r); w.Code != 200 {
					t.Errorf("status %d %s", w.Code, w.Body)
				}
			}
			if got := g.bodies(); len(got) != 2 || got[0] != words || got[1] != words {
				t.Errorf("stored %q", got)
			}
		})
	}
}

func TestInvalidUTF8IsKept(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	if w := g.send(sms("SM1", member, "caf\xe9 \xff")); w.Code != 200 {
		t.Errorf("status %d %s", w.Code, w.Body)
	}
	if got := g.bodies(); len(got) != 1 || got[0] != "caf\xe9 \xff" {
		t.Errorf("stored %q", got)
	}
}

func TestMediaAloneIsAText(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	if w := g.send(received("1", member, "", map[string]any{"type": "image/jpeg", "url": "https://media.example.com/1.jpg"})); w.Code != 200 {
		t.Errorf("status %d", w.Code)
	}
	if n := storetest.Count(t, g.tenant, "SELECT COUNT(*) FROM messages WHERE CAST(media AS TEXT) LIKE '%image/jpeg%'"); n != 1 {
		t.Errorf("%d texts with media", n)
	}
}

func TestUnknownNumberIsAThreadWithNoMember(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for i, from := range []string{"+14155559999", "72345", "Anonymous"} {
		if w := g.send(received(fmt.Sprint(i), from, "hi")); w.Code != 200 {
			t.Errorf("%s: status %d", from, w.Code)
		}
	}
	if n := storetest.Count(t, g.tenant, "SELECT COUNT(*) FROM threads WHERE member_id IS NULL"); n != 3 {
		t.Errorf("%d threads", n)
	}
}

func TestUnknownEventTypeIsAcknowledgedAndNamedInTheLog(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	w := g.send(quo("msg_1", map[string]any{"id": "EV1", "type": "call.completed", "data": map[string]any{}}))
	if w.Code != 200 || !strings.Contains(g.log.String(), "call.completed") || g.texts() != 0 {
		t.Errorf("status %d, log %s", w.Code, g.log)
	}
}

func TestReplayedAndRepeatedWebhooksAreStoredOnce(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	var all []request
	for i := range 30 {
		for range 1 + rand.IntN(5) {
			all = append(all, received(fmt.Sprint(i), member, "yes"))
		}
		for range 1 + rand.IntN(5) {
			all = append(all, sms(fmt.Sprint("SM", i), member, "yes"))
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() {
			if w := g.send(r); w.Code != 200 {
				t.Errorf("status %d %s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if n := g.texts(); n != 60 {
		t.Errorf("%d texts of 60", n)
	}
	if !strings.Contains(g.log.String(), `"labels.duplicate":true`) {
		t.Error("the log tells of no repetition")
	}
}

func TestFailureOfOursAsksTheVendorToTryAgain(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if w := g.sendTo(ctx, received("1", member, "hi")); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("cancelled: status %d", w.Code)
	}
	storetest.Exec(t, g.tenant, "DELETE FROM messages")
	g.send(received("2", member, "hi"))
	storetest.Exec(t, g.tenant, "UPDATE threads SET status = 'nonsense'")
	before := g.texts()
	w := g.send(received("3", member, "hi"))
	if w.Code < 500 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "nonsense") {
		t.Errorf("status %d %s", w.Code, w.Body)
	}
	storetest.Exec(t, g.tenant, "UPDATE threads SET status = 'pending'")
	if w := g.send(received("3", member, "hi")); w.Code != 200 || g.texts() != before+1 {
		t.Errorf("the next try: status %d, %d texts", w.Code, g.texts())
	}
}

func TestTwilioGetsAnEmptyDocument(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	w := g.send(sms("SM1", member, "hi"))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") || w.Body.String() != twilio.EmptyTwiML {
		t.Errorf("%d %s %s", w.Code, w.Header(), w.Body)
	}
}

func TestBookingEventIsStoredOrSaysWhatToMend(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	send := func(id, location string) *httptest.ResponseRecorder {
		body, _ := json.Marshal(map[string]any{"event": "created", "booking_id": "b1", "location": location, "start": storetest.Start, "end": storetest.Start.Add(time.Hour), "customer": map[string]string{"phone": member, "name": "Ada Lovelace"}})
		return g.send(request{path: "/hooks/test/bookings", kind: "application/json; charset=utf-8", body: body, header: standard(id, storetest.Start, body)})
	}
	if w := send("whd_1", "Mars"); w.Code != 400 || !strings.Contains(w.Body.String(), "Mars") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w := send("whd_1", "North")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"id":"bkg_`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if strings.Contains(g.log.String(), "Mars") {
		t.Error("the log repeats what the sender wrote")
	}
}

func press(action string) request {
	payload, _ := json.Marshal(map[string]any{"type": "block_actions", "user": map[string]string{"id": "U1"}, "team": map[string]string{"id": "T1"},
		"channel": map[string]string{"id": "C1"}, "container": map[string]string{"message_ts": "1.2"}, "actions": []map[string]string{{"action_id": action, "value": "prp_1", "action_ts": "1.3"}}})
	if action == "" {
		payload = []byte(`{"type":"view_submission","user":{"id":"U1"}}`)
	}
	body := []byte(url.Values{"payload": {string(payload)}}.Encode())
	mac := hmac.New(sha256.New, []byte(slackSecret))
	fmt.Fprintf(mac, "v0:%d:%s", storetest.Start.Unix(), body)
	h := http.Header{}
	h.Set("X-Slack-Request-Timestamp", strconv.FormatInt(storetest.Start.Unix(), 10))
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return request{path: "/hooks/test/slack", kind: "application/x-www-form-urlencoded", body: body, header: h}
}

func TestPressOfAButtonIsCarriedOutAndAnswered(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.reply = "Approved."
	w := g.send(press("approve"))
	var answer struct{ Text string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || answer.Text != "Approved." {
		t.Errorf("%d %s %v", w.Code, w.Body, err)
	}
	if !slices.Equal(g.presses, []string{"U1 approve prp_1"}) {
		t.Errorf("presses %q", g.presses)
	}
	g.failure = club.Forbidden("This is not your location.")
	if w := g.send(press("approve")); w.Code != 200 || !strings.Contains(w.Body.String(), "not your location") {
		t.Errorf("refusal: %d %s", w.Code, w.Body)
	}
	g.failure = errors.New("boom")
	if w := g.send(press("approve")); w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("failure: %d %s", w.Code, w.Body)
	}
	n := len(g.presses)
	forged := press("approve")
	forged.header.Set("X-Slack-Signature", "v0=00")
	if w := g.send(forged); w.Code != 401 || len(g.presses) != n {
		t.Errorf("forged: %d", w.Code)
	}
	if w := g.send(press("")); w.Code != 200 || len(g.presses) != n {
		t.Errorf("no button: %d", w.Code)
	}
}

func TestDoorEventIsStoredOnce(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	body := []byte(`{"event":"access.door.unlock","data":{"location":{"id":"door-1","location_type":"door"},"object":{"result":"Access Granted"}}}`)
	mac := hmac.New(sha256.New, []byte(unifiSecret))
	fmt.Fprintf(mac, "%d.%s", storetest.Start.Unix(), body)
	r := request{path: "/hooks/test/unifi", kind: "application/json", body: body, header: http.Header{"Signature": {fmt.Sprintf("t=%d,v1=%s", storetest.Start.Unix(), hex.EncodeToString(mac.Sum(nil)))}}}
	stored := func() int {
		return storetest.Count(t, g.tenant, "SELECT COUNT(*) FROM access_events WHERE door_ref = 'door-1' AND kind = 'granted' AND vendor = 'unifi'")
	}
	for range 2 {
		if w := g.send(r); w.Code != 200 || stored() != 1 {
			t.Errorf("%d %s, %d stored", w.Code, w.Body, stored())
		}
	}
	r.header = nil
	if w := g.send(r); w.Code != 401 || stored() != 1 {
		t.Errorf("unsigned: %d", w.Code)
	}
}

func TestCorrelationIsTakenFromOursOnly(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	ours := club.NewCorrelationID(storetest.Start).String()
	n := 0
	for header, keep := range map[string]bool{ours: true, "": false, "cor_x": false, ours + "\n": false, strings.ToUpper(ours): false, "0af7651916cd43dd8448eb211c80319c": false} {
		n++
		r := received(fmt.Sprint("c", n), member, "hi")
		r.header.Set("X-Request-Id", header)
		got := g.send(r).Header().Get("X-Request-Id")
		if (got == header) != keep || !strings.HasPrefix(got, "cor_") {
			t.Errorf("%q became %q", header, got)
		}
	}
	if n = storetest.Count(t, g.tenant, "SELECT COUNT(*) FROM messages WHERE correlation_id = $1", ours); n != 1 {
		t.Errorf("%d texts carry the id", n)
	}
}

func TestLogHoldsOneLineForARequestAndNothingPersonal(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.send(received("1", member, "my name is Ada and my code is 4711"))
	g.send(sms("SM1", member, "Ada again"))
	bad := received("2", member, "Ada")
	bad.header = nil
	g.send(bad)
	nowhere := received("3", member, "Ada")
	nowhere.path = "/hooks/test/" + url.PathEscape("Ada Lovelace")
	g.send(nowhere)
	log := strings.TrimSpace(g.log.String())
	if n := len(strings.Split(log, "\n")); n != 4 {
		t.Errorf("%d lines", n)
	}
	for _, word := range []string{"Ada", "4711", "5550111", clubLine} {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %q:\n%s", word, log)
		}
	}
	for _, field := range []string{"http.request.method", "url.path", "http.response.status_code", "event.duration", "http.request.id", "organization.id", "labels.thread", "event.outcome"} {
		if !strings.Contains(log, `"`+field+`"`) {
			t.Errorf("the log lacks %s", field)
		}
	}
}

func TestASuspendedClubKeepsWhatComesAndDoesNothing(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	if err := g.cluster.SetTenantStatus(t.Context(), "test", store.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	for _, r := range []request{received("1", member, "the door is locked"), sms("SM1", member, "hello?")} {
		if w := g.send(r); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", r.path, w.Code, w.Body)
		}
	}
	if n := g.texts(); n != 2 {
		t.Errorf("%d texts are kept", n)
	}
	if jobs, err := store.JobsForTest(t.Context(), g.cluster, g.tenant, "advance_thread"); err != nil || len(jobs) != 2 {
		t.Errorf("%d jobs wait for the club, %v", len(jobs), err)
	}
	if log := g.log.String(); !strings.Contains(log, "the club is suspended: kept") || !strings.Contains(log, `"level":"WARN"`) {
		t.Errorf("log %s", log)
	}
	forged := sms("SM2", member, "hi")
	forged.header = http.Header{"X-Twilio-Signature": {"AAAA"}}
	if w := g.send(forged); w.Code != http.StatusUnauthorized {
		t.Errorf("forged: %d", w.Code)
	}
	if w := g.send(press("approve")); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "suspended") || len(g.presses) != 0 {
		t.Errorf("button: %d %s, presses %q", w.Code, w.Body, g.presses)
	}
}
