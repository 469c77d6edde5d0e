package demo_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// hook makes a genuine text to the first line, in Quo's format.
func hook(w *simulate.World, from, text string) vendor.Webhook {
	return w.Vendors.SMS.Text(vendor.OpenPhone, address(w, "openphone"), vendor.Incoming{From: from, To: w.Club.Locations[0].Line, Text: text})
}

func address(w *simulate.World, vendorName string) string {
	return w.BaseURL + "/hooks/" + w.Club.Slug.String() + "/" + vendorName
}

// signed makes a delivery of any body with a genuine signature of an instant.
func signed(w *simulate.World, body []byte, at time.Time) vendor.Webhook {
	return vendor.Webhook{URL: address(w, "openphone"), Header: vendor.StandardSign(w.Vendors.SMS.Config().OpenPhoneSecret, "msg_"+fmt.Sprint(at.UnixNano()), at, body), Body: body}
}

func TestBadInputIsAnsweredAndNeverAFailureOfOurs(t *testing.T) {
	t.Parallel()
	whole(t)
	_, w := start(t, logger(t))
	eve := w.Club.Members[5].Phone
	with := func(name, value string) func(vendor.Webhook) vendor.Webhook {
		return func(h vendor.Webhook) vendor.Webhook { h.Header.Set(name, value); return h }
	}
	at := func(url string) func(vendor.Webhook) vendor.Webhook {
		return func(h vendor.Webhook) vendor.Webhook { h.URL = url; return h }
	}
	body := func(b []byte) func(vendor.Webhook) vendor.Webhook {
		return func(vendor.Webhook) vendor.Webhook { return signed(w, b, time.Now()) }
	}
	for name, c := range map[string]struct {
		spoil func(vendor.Webhook) vendor.Webhook
		want  int
	}{
		"unsigned":                 {func(h vendor.Webhook) vendor.Webhook { h.Header.Del("webhook-signature"); return h }, 401},
		"an empty signature":       {with("webhook-signature", ""), 401},
		"a signature of elsewhere": {with("webhook-signature", "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), 401},
		"a signature of no form":   {with("webhook-signature", "v1;,,v2 v1a,="), 401},
		"stale":                    {func(h vendor.Webhook) vendor.Webhook { return signed(w, h.Body, time.Now().Add(-time.Hour)) }, 401},
		"from the future":          {func(h vendor.Webhook) vendor.Webhook { return signed(w, h.Body, time.Now().Add(time.Hour)) }, 401},
		"another time than signed": {with("webhook-timestamp", fmt.Sprint(time.Now().Unix()-5)), 401},
		"a time that is none":      {with("webhook-timestamp", "yesterday"), 401},
		"another id than signed":   {with("webhook-id", "msg_other"), 401},
		"cut off after signing":    {func(h vendor.Webhook) vendor.Webhook { h.Body = h.Body[:len(h.Body)/2]; return h }, 401},
		"changed after signing": {func(h vendor.Webhook) vendor.Webhook {
			h.Body = bytes.Replace(h.Body, []byte("hello"), []byte("jello"), 1)
			return h
		}, 401},
		"10 MB":                 {body(bytes.Repeat([]byte("a"), 10<<20)), 413},
		"a wrong content type":  {with("Content-Type", "text/html"), 415},
		"no content type":       {with("Content-Type", ""), 415},
		"an unknown club":       {at(w.BaseURL + "/hooks/nobody/openphone"), 404},
		"a club that cannot be": {at(w.BaseURL + "/hooks/..%2f..%2fetc/openphone"), 404},
		"an unknown vendor":     {at(address(w, "acme")), 404},
		"another vendor's door": {at(address(w, "bookings")), 401},
		"no body":               {body(nil), 400},
		"no JSON":               {body([]byte("hello")), 400},
		"half of JSON":          {body([]byte(`{"type":"message.received","data":{`)), 400},
		"JSON of another shape": {body([]byte(`[1,2,3]`)), 400},
		"JSON of other types":   {body([]byte(`{"type":"message.received","data":{"resource":{"id":7,"text":{}}}}`)), 400},
		"deep JSON":             {body([]byte(strings.Repeat("[", 100_000))), 400},
		"a text of nobody":      {body([]byte(`{"type":"message.received","data":{"resource":{"id":"AC1"}}}`)), 400},
		"an unknown type":       {body([]byte(`{"id":"EV1","type":"call.recording.completed","data":{}}`)), 200},
	} {
		t.Run(name, func(t *testing.T) {
			status, err := c.spoil(hook(w, eve, "hello")).Post(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if status != c.want {
				t.Errorf("answered %d, want %d", status, c.want)
			}
		})
	}
	if got := texts(t, w, eve); len(got) != 0 {
		t.Errorf("%d texts were stored", len(got))
	}
}

func TestReplayedDeliveryIsAcknowledgedAndStoredOnce(t *testing.T) {
	t.Parallel()
	whole(t)
	_, w := start(t, logger(t))
	from := w.Club.Members[6].Phone
	h := hook(w, from, "is anybody there")
	for range 3 {
		if status, err := h.Post(t.Context()); err != nil || status != http.StatusOK {
			t.Fatalf("answered %d, %v", status, err)
		}
	}
	if diff := cmp.Diff([]string{"is anybody there"}, texts(t, w, from)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// TestEveryTextIsKeptByteForByte sends texts that software trips over through Twilio's form, which
// carries any bytes, and through JSON, which carries Unicode only.
func TestEveryTextIsKeptByteForByte(t *testing.T) {
	t.Parallel()
	whole(t)
	_, w := start(t, logger(t))
	var mill simulate.Location
	for _, l := range w.Club.Locations {
		if l.Provider == "twilio" {
			mill = l
		}
	}
	nasty := simulate.EdgeTexts(7, 200)
	nasty = append(nasty, simulate.EdgeText{Name: "media only"}, simulate.EdgeText{Name: "sixteen hundred", Text: strings.Repeat("x", 1600)})
	var form, object []string
	byForm, byJSON := "+19895550101", "+19895550102"
	for i, e := range nasty {
		in := vendor.Incoming{From: byForm, To: mill.Line, Text: e.Text}
		if e.Name == "media only" {
			in.Media = []club.Media{{URL: "https://media.example.com/1.jpg", Type: "image/jpeg"}}
		}
		post(t, e.Name, w.Vendors.SMS.Text(vendor.Twilio, address(w, "twilio"), in))
		form = append(form, e.Text)
		wire := []vendor.Wire{vendor.OpenPhone, vendor.OpenPhoneLegacy}[i%2]
		in.From, in.To = byJSON, w.Club.Locations[0].Line
		post(t, e.Name, w.Vendors.SMS.Text(wire, address(w, "openphone"), in))
		object = append(object, asUnicode(e.Text))
	}
	if diff := cmp.Diff(form, texts(t, w, byForm)); diff != "" {
		t.Errorf("by form (-sent +stored):\n%.2000s", diff)
	}
	if diff := cmp.Diff(object, texts(t, w, byJSON)); diff != "" {
		t.Errorf("by JSON (-sent +stored):\n%.2000s", diff)
	}
}

// asUnicode is what JSON makes of a text: each byte that is not UTF-8 is read as U+FFFD.
func asUnicode(s string) string { return string([]rune(s)) }

func post(t *testing.T, name string, h vendor.Webhook) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if status, err := h.Post(ctx); err != nil || status != http.StatusOK {
		t.Errorf("%s: answered %d, %v", name, status, err)
	}
}

// texts opens everything a number has sent, oldest first, when all that was acknowledged has been filed.
func texts(t *testing.T, w *simulate.World, number string) (out []string) {
	t.Helper()
	await(t, "the filing of all texts", func() bool {
		var kept int64
		err := w.Tenant.Read(t.Context(), func(tx *store.Tx) (err error) {
			kept, err = tx.CountArrivals(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return kept == 0
	})
	err := w.Tenant.Read(t.Context(), func(tx *store.Tx) error {
		out = nil
		index := w.Keys.Index(vault.IndexPhone, number)
		s, err := tx.FindSubjectByPhone(t.Context(), &index)
		if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
			return nil
		} else if err != nil {
			return err
		}
		threads, err := tx.FindThreadsOfSubject(t.Context(), store.FindThreadsOfSubjectParams{SubjectID: s.ID, Limit: 10})
		if err != nil {
			return err
		}
		var all []store.Message
		for _, th := range threads {
			page, err := tx.FindMessagesPage(t.Context(), store.FindMessagesPageParams{ThreadID: th.ID, Size: 1000})
			if err != nil {
				return err
			}
			all = append(all, page...)
		}
		for i := len(all) - 1; i >= 0; i-- { // pages are newest first
			m := all[i]
			if m.Direction != club.DirectionIn {
				continue
			}
			body, err := people.Open(w.Keys, s, people.ColumnMessage, m.ID.String(), m.Body)
			if err != nil {
				return err
			}
			out = append(out, body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
