package api

import (
	"bytes"
	"mime/multipart"
	"strings"
	"testing"

	"clubos/internal/booking"
)

const bookingHead = "booking_id,location,bay,start,end\n"

func TestFileOfBookingsIsTakenInByFormOrBody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	line := func(id, bay string) string {
		return id + "," + w.location.String() + "," + bay + ",2026-11-27T17:00:00Z,2026-11-27T18:00:00Z\n"
	}
	file := bookingHead + line("f1", w.bay.String()) + line("f2", "77")
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", "bookings.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(file)); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	send := func(query, media string, body []byte) ask {
		return ask{method: "POST", path: w.at("/booking-file" + query), body: body, headers: []string{"Content-Type", media}}
	}
	var got BookingImport
	h.want(200, h.do(h.north.full, send("?dry_run=true", m.FormDataContentType(), form.Bytes())), &got)
	if got.Applied || got.Created != 1 || got.Rejected != 1 || len(got.Faults) != 1 || got.Faults[0].Line != 3 || got.Faults[0].Column != "bay" || got.Faults[0].Remedy == "" || got.Lines[0].BookingID != "" {
		t.Errorf("dry run: %+v", got)
	}
	h.want(200, h.do(h.north.full, send("?strict=true", "text/csv", []byte(file))), &got)
	if got.Applied {
		t.Errorf("strict: %+v", got)
	}
	h.want(200, h.do(h.north.full, send("", "text/csv; charset=utf-8", []byte(file))), &got)
	if !got.Applied || got.Created != 1 || got.Lines[0].BookingID == "" {
		t.Errorf("taken: %+v", got)
	}
	var log struct{ Items []AuditEntry }
	h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/audit?object=" + got.Lines[0].BookingID)}), &log)
	if len(log.Items) != 1 || !strings.HasPrefix(log.Items[0].Actor, "api_key:") {
		t.Errorf("the audit log says %+v", log.Items)
	}
	for body, status := range map[string]int{"id,bay\n": 422, bookingHead + "\xff": 422, "PK\x03\x04": 422, bookingHead + strings.Repeat("x", booking.MaxBytes): 413} {
		if res := h.do(h.north.full, send("", "text/csv", []byte(body))); res.Code != status || strings.Contains(res.Body.String(), "\xff") {
			t.Errorf("%.20q: %d %s", body, res.Code, res.Body)
		}
	}
	if res := h.do(h.north.full, send("", "multipart/form-data; boundary=x", []byte("--x--"))); res.Code != 422 {
		t.Errorf("no field: %d", res.Code)
	}
	if res := h.do(h.north.full, send("", "application/json", []byte("{}"))); res.Code != 415 {
		t.Errorf("JSON: %d", res.Code)
	}
	res := h.do(h.north.full, ask{method: "GET", path: w.at("/booking-file")})
	if res.Code != 200 || !strings.Contains(res.Header().Get("Content-Disposition"), "bookings.csv") || !strings.Contains(res.Body.String(), "booking_id") {
		t.Errorf("template: %d %s", res.Code, res.Body)
	}
}
