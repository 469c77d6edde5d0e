package console_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
)

// upload posts a file as a browser does.
func (b *browser) upload(path, name, content string, fields ...string) *browser {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	for i := 0; i+1 < len(fields) && err == nil; i += 2 {
		err = m.WriteField(fields[i], fields[i+1])
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	b.send(r)
	return b
}

const bookingFile = "booking_id,location,bay,start,end\nX1,Northside,3,2026-12-24 18:00,2026-12-24 19:00\nX2,Northside,77,2026-12-24 18:00,2026-12-24 19:00\n"

func TestFileOfBookingsIsShownBeforeItIsTakenIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/bookings/import").want(http.StatusOK, "booking_id", "Template to fill in")
	b.get("/c/fairway/bookings/template.csv").want(http.StatusOK)
	if !strings.Contains(b.body, "booking_id,location") || !strings.Contains(b.header.Get("Content-Disposition"), "bookings.csv") {
		t.Errorf("template: %s", b.body)
	}
	b.upload("/c/fairway/booking-files", "x.csv", "PK\x03\x04").want(http.StatusUnprocessableEntity, "spreadsheet")
	b.upload("/c/fairway/booking-files", "x.csv", "booking_id,bay,location,start,end\nX,3,Northside,3/4/2026 18:00,3/4/2026 19:00\n").want(http.StatusUnprocessableEntity, "two ways")
	b.upload("/c/fairway/booking-files", "november.csv", bookingFile).want(http.StatusSeeOther)
	preview := b.header.Get("Location")
	b.get(preview).want(http.StatusOK, "november.csv", "Take in 1 change", "There is no bay called", "24 Dec 18:00 – 19:00 EST")
	if n := h.count("SELECT COUNT(*) FROM bookings"); n != 0 {
		t.Fatalf("the preview stored %d bookings", n)
	}
	if n := h.count("SELECT COUNT(*) FROM booking_files WHERE CAST(sealed AS TEXT) LIKE '%Northside%'"); n != 0 {
		t.Error("the file lies open in the database")
	}
	h.as(club.RoleOperator).get(preview).want(http.StatusNotFound, "no longer here")
	path, _, _ := strings.Cut(preview, "?")
	form := valuesOf(b.get(preview).form(path))
	// Somebody changes what the file is about before it is confirmed.
	form.Set("fingerprint", "another")
	b.postForm(path, form)
	b.want(http.StatusConflict, "Something has changed")
	form = valuesOf(b.form(path))
	b.postForm(path, form)
	b.want(http.StatusSeeOther)
	b.get(b.header.Get("Location")).want(http.StatusOK, "1 new", "1 lines were left out", "18:00 – 19:00")
	if n := h.count("SELECT COUNT(*) FROM bookings WHERE source = 'csv'"); n != 1 || h.count("SELECT COUNT(*) FROM booking_files") != 0 {
		t.Errorf("%d bookings", n)
	}
	b.postForm(path, form)
	b.want(http.StatusNotFound)
	h.as(club.RoleTech).upload("/c/fairway/booking-files", "x.csv", bookingFile).want(http.StatusForbidden)
}

func TestBookingIsFoundByNameAndReference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	b := h.as(club.RoleOperator)
	for _, q := range []string{"byron", "B1", "415-555-0111"} {
		b.get("/c/fairway/bookings?q="+q).want(http.StatusOK, "Found for", "Ada Byron")
	}
	b.get("/c/fairway/bookings?q=nobody").want(http.StatusOK, "Nothing found")
	b = h.as(club.RoleViewer)
	b.get("/c/fairway/bookings?q=byron").want(http.StatusOK, "Nothing found")
	if h.as(club.RoleOperator, h.sea).get("/c/fairway/bookings?q=B1"); strings.Contains(b.body, "Ada") {
		t.Error("a booking of another place is found")
	}
}

func TestPlacesAreSetUpChangedAndArchived(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/places/new").want(http.StatusOK)
	form := valuesOf(b.form("/places"))
	form.Set("name", "Old Mill")
	form.Set("time_zone", "Nowhere")
	form.Set("details", "wifi_name: Guests\n")
	b.postForm("/c/fairway/places", form)
	b.want(http.StatusBadRequest, "IANA", "wifi_name: Guests")
	form.Set("time_zone", "Europe/London")
	b.postForm("/c/fairway/places", form)
	b.get(b.header.Get("Location")).want(http.StatusOK, "Old Mill has been added", "Europe/London")

	b.get("/c/fairway/bays/new?location=" + h.north.String()).want(http.StatusOK)
	form = valuesOf(b.form("/bays"))
	if form.Get("number") != "4" {
		t.Errorf("the next number is %s", form.Get("number"))
	}
	form.Set("number", "3")
	b.postForm("/c/fairway/bays", form)
	b.want(http.StatusConflict, "already")

	bay := "/c/fairway/bays/" + h.bay.String()
	b.get(bay).want(http.StatusOK, "Bay 3 PC", "Restart")
	edit := valuesOf(b.form(bay))
	edit.Set("name", "Bay 3 East")
	b.postForm(bay, edit)
	b.get(bay).want(http.StatusOK, "Bay 3 East")
	b.postForm(bay, edit)
	b.want(http.StatusConflict, "Somebody else changed")
	b.post(bay+"/outage", "reason", "", "start", "", "end", "").want(http.StatusBadRequest, "Say why")
	b.post(bay+"/outage", "reason", "new carpet", "start", "", "end", "2030-01-01T10:00")
	b.get(bay).want(http.StatusOK, "Out of service", "New carpet, until Tue 1 Jan 10:00 EST")
	b.post(bay + "/outage/end")
	b.get(bay).want(http.StatusOK, "In service")

	b.get("/c/fairway/devices/new?location=" + h.north.String() + "&bay=" + h.bay.String()).want(http.StatusOK)
	form = valuesOf(b.form("/devices"))
	form.Set("name", "Projector")
	form.Set("vendor_ref", "4711")
	b.postForm("/c/fairway/devices", form)
	b.get(b.header.Get("Location")).want(http.StatusOK, "Projector")

	b.post("/c/fairway/places/archive", "object", h.bay.String())
	b.get("/c/fairway/places").want(http.StatusOK, "Archived (1)", "Restore")
	b.post("/c/fairway/places/restore", "object", h.bay.String())
	b.get("/c/fairway/places").want(http.StatusOK, "Bay 3 East", "It is back")
	h.as(club.RoleOperator).get(bay).want(http.StatusOK, "Bay 3 East")
	if h.as(club.RoleViewer).get(bay); len(find(b.doc, "form[action$='/action']")) != 0 {
		t.Error("a viewer is offered actions")
	}
}

func TestActionAtABayPassesTheGate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	bay := "/c/fairway/bays/" + h.bay.String()
	b.get(bay).want(http.StatusOK)
	form := valuesOf(b.form(bay + "/action"))
	b.postForm(bay+"/action", form)
	b.want(http.StatusSeeOther)
	b.get(bay).want(http.StatusOK, "What was done")
	if n := h.count("SELECT COUNT(*) FROM executions WHERE bay_id = $1 AND thread_id IS NULL", h.bay.String()); n != 1 {
		t.Errorf("%d executions", n)
	}
	b.postForm(bay+"/action", form)
	if n := h.count("SELECT COUNT(*) FROM executions"); n != 1 {
		t.Errorf("a second press made %d executions", n)
	}
	h.clock.Advance(time.Second)
	h.as(club.RoleViewer).post(bay+"/action", "action", form.Get("action")).want(http.StatusForbidden)
}
