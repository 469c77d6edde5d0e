package bookings

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/simulate/vendor"

	"github.com/google/go-cmp/cmp"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func at(h, m int) time.Time { return time.Date(2026, 11, 26, h, m, 0, 0, time.UTC) }

func TestWebhookBringsABooking(t *testing.T) {
	t.Parallel()
	w, err := NewWebhook([]string{secret})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"event":"created","booking_id":"B1","location":"Northside","bay":"3","start":"2026-11-26T13:00:00-05:00","end":"2026-11-26T14:00:00-05:00","customer":{"phone":"+15550199999","email":"a@b.c","name":"Ann"}}`)
	h := vendor.StandardSign(secret, "msg_1", noon, body)
	id, b, err := w.Receive(h, body, noon)
	want := club.BookingChange{Source: "webhook", ExternalID: "B1", Location: "Northside", Bay: "3", Start: at(18, 0), End: at(19, 0), Phone: "+15550199999", Email: "a@b.c", Name: "Ann", Sequence: noon.UnixMicro()}
	if diff := cmp.Diff(want, b); diff != "" || err != nil || id != "msg_1" {
		t.Errorf("%q %v (-want +got)\n%s", id, err, diff)
	}
	for name, bad := range map[string]struct {
		h    http.Header
		body string
		now  time.Time
	}{
		"tampered": {h, strings.Replace(string(body), "Ann", "Bob", 1), noon}, "stale": {h, string(body), noon.Add(time.Hour)}, "unsigned": {http.Header{}, string(body), noon},
	} {
		if _, _, err := w.Receive(bad.h, []byte(bad.body), bad.now); club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	none, err := NewWebhook(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := none.Receive(h, body, noon); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("without a secret: %v", err)
	}
}

func TestWebhookSaysWhatToMend(t *testing.T) {
	t.Parallel()
	w, err := NewWebhook([]string{secret})
	if err != nil {
		t.Fatal(err)
	}
	const times = `,"start":"2026-11-26T13:00:00Z","end":"2026-11-26T14:00:00Z"}`
	for body, want := range map[string]string{
		`{`: "JSON", `{"event":"moved","booking_id":"B1"` + times: "event must be", `{"event":"created"` + times: "no id",
		`{"event":"created","booking_id":"B1"}`: "start and an end", `{"event":"created","booking_id":"B1","start":"tomorrow"}`: "times are written",
		`{"event":"updated","booking_id":"B1","start":"2026-11-26T15:00:00Z","end":"2026-11-26T14:00:00Z"}`: "ends before",
	} {
		_, _, err := w.Receive(vendor.StandardSign(secret, "m", noon, []byte(body)), []byte(body), noon)
		if club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{`{"event":"cancelled","booking_id":"B1"}`, `{"event":"updated","status":"Canceled","booking_id":"B1"` + times} {
		if _, b, err := w.Receive(vendor.StandardSign(secret, "m", noon, []byte(body)), []byte(body), noon); err != nil || !b.Cancelled {
			t.Errorf("%s: %+v %v", body, b, err)
		}
	}
}

const calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Northside\\, Golf\r\nX-ODD;P=\"a:b;c\":whatever\r\n" +
	"BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" +
	"BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=America/New_York:20261126T130000\r\nDTEND;TZID=\"Eastern Standard Time\":20261126T140000\r\nSUMMARY:Ann\r\nLOCATION:Bay 3\\; le\r\n ft\\, by the \r\n\tdoor\r\nSEQUENCE:2\r\nLAST-MODIFIED:20261126T000000Z\r\nBEGIN:VALARM\r\nUID:no\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261126T180000Z\r\nDURATION:PT1H30M\r\nSTATUS:CANCELLED\r\nATTENDEE;CN=\"Ann: A\":mailto:ann@example.com\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:3\r\nDTSTART;VALUE=DATE:20261126\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:4\r\nRECURRENCE-ID:20261126T130000\r\nDTSTART;TZID=Nowhere/Land:20261126T130000\r\nDTEND:20261126T140000\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:bad\r\nDTSTART:soon\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20261126T180000Z\r\nEND:VEVENT\r\nno property at all\r\nEND:VCALENDAR\r\n"

func TestCalendarIsReadAsTheStandardSays(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseICS(strings.NewReader(calendar), zone)
	if err != nil {
		t.Fatal(err)
	}
	const name = "Northside, Golf"
	want := []club.BookingChange{
		{Source: "ical", ExternalID: "1", Location: name, Bay: "Bay 3; left, by the door", Start: at(18, 0), End: at(19, 0), Sequence: 2<<40 | at(0, 0).Unix()},
		{Source: "ical", ExternalID: "2", Location: name, Start: at(18, 0), End: at(19, 30), Cancelled: true, Email: "ann@example.com", Name: "Ann: A"},
		{Source: "ical", ExternalID: "3", Location: name, Start: at(6, 0), End: at(30, 0)},
		{Source: "ical", ExternalID: "4/20261126T130000", Location: name, Start: at(19, 0), End: at(20, 0)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, bad := range map[string]string{
		"a web page": "<html>", "nothing": "", "cut off": calendar[:len(calendar)-20], "an endless line": "BEGIN:VCALENDAR\r\nX:" + strings.Repeat("x", mostLine+1),
		"an endless folded line": "BEGIN:VCALENDAR\r\nX:" + strings.Repeat("x\r\n "+strings.Repeat("y", 1000), 100), "endless nesting": strings.Repeat("BEGIN:VCALENDAR\r\n", 20),
	} {
		if got, err := ParseICS(strings.NewReader(bad), zone); club.CodeOf(err) != club.CodeInvalid || got != nil {
			t.Errorf("%s: %d bookings, %v", name, len(got), err)
		}
	}
}

func TestAnEventThatIsNeverEndedIsNone(t *testing.T) {
	t.Parallel()
	const event = "BEGIN:VEVENT\nUID:%s\nDTSTART:20261126T180000Z\nDURATION:PT1H\n"
	got, err := ParseICS(strings.NewReader("BEGIN:VCALENDAR\n"+fmt.Sprintf(event, "1")+"END:VCALENDAR\nUID:outside\nEND:VEVENT\n"+
		"BEGIN:VCALENDAR\n"+fmt.Sprintf(event, "2")+"END:VEVENT\nEND:VCALENDAR\n"), nil)
	if err != nil || len(got) != 1 || got[0].ExternalID != "2" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFeedIsReadOnceUntilItChanges(t *testing.T) {
	t.Parallel()
	etag, status := `"1"`, 200
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ical/top-secret" || r.URL.RawQuery != "key=hidden" {
			t.Errorf("asked for %s", r.URL)
		}
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", etag)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(calendar))
	}))
	defer s.Close()
	f, err := NewFeed(FeedConfig{URL: s.URL + "/ical/top-secret?key=hidden", Location: "northside"}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, want := range []struct {
		n    int
		same bool
	}{{4, false}, {0, true}, {4, false}, {4, false}} {
		switch i {
		case 2:
			etag = `"2"`
		case 3:
			f.Forget()
		}
		got, same, err := f.Fetch(t.Context())
		if err != nil || len(got) != want.n || same != want.same || len(got) > 0 && got[0].Location != "northside" {
			t.Errorf("fetch %d: %d bookings, %t, %v", i, len(got), same, err)
		}
	}
	f.Forget()
	status = 403
	if _, _, err := f.Fetch(t.Context()); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%v", err)
	}
	s.Close()
	if _, _, err := f.Fetch(t.Context()); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%v", err)
	}
	if _, err := NewFeed(FeedConfig{URL: "http://x/top-secret"}, connector.Deps{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

func FuzzParseICS(f *testing.F) {
	f.Add(calendar)
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=../../etc:20261126T130000\nDURATION:P99999999D\nEND:VEVENT\nEND:VCALENDAR")
	f.Add("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VCALENDAR\nUID:2")
	f.Fuzz(func(t *testing.T, s string) {
		got, _ := ParseICS(strings.NewReader(s), nil)
		for _, b := range got {
			if b.ExternalID == "" || !b.Cancelled && !b.End.After(b.Start) || b.Sequence < 0 {
				t.Errorf("%+v", b)
			}
		}
	})
}
