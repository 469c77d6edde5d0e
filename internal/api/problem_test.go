package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"clubos/internal/club"
)

func TestEveryRefusalIsAProblemThatRepeatsNothingAndHidesTheInside(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	const sent = "xyzzy-4155550123"
	big := bytes.Repeat([]byte("a"), maxBody+1)
	for name, c := range map[string]struct {
		ask
		status int
		code   string
	}{
		"nothing there":            {ask{method: "GET", path: "/api/v1/north/" + sent}, 404, "not_found"},
		"nothing at the root":      {ask{method: "GET", path: "/api/v1/"}, 404, "not_found"},
		"doubled slash":            {ask{method: "GET", path: "/api/v1/north//threads"}, 404, "not_found"},
		"dots":                     {ask{method: "GET", path: "/api/v1/south/../north/threads"}, 404, "not_found"},
		"wrong method":             {ask{method: "DELETE", path: w.at("/threads")}, 405, "method_not_allowed"},
		"odd method":               {ask{method: "BREW", path: w.at("/threads")}, 405, "method_not_allowed"},
		"too large":                {ask{method: "POST", path: w.at("/tickets"), body: big}, 413, "too_large"},
		"other type":               {ask{method: "POST", path: w.at("/tickets"), body: "title: " + sent}, 415, "unsupported_media_type"},
		"form":                     {ask{method: "POST", path: w.at("/tickets"), body: []byte("a=" + sent), headers: []string{"Content-Type", "application/x-www-form-urlencoded"}}, 415, "unsupported_media_type"},
		"no JSON":                  {ask{method: "POST", path: w.at("/tickets"), body: []byte(`{"title": "` + sent)}, 400, "malformed"},
		"no UTF-8":                 {ask{method: "POST", path: w.at("/tickets"), body: []byte("{\"title\": \"\xff\"}")}, 400, "malformed"},
		"NUL":                      {ask{method: "POST", path: w.at("/tickets"), body: []byte(`{"title": "a\u0000b"}`)}, 400, "malformed"},
		"half a pair":              {ask{method: "POST", path: w.at("/tickets"), body: []byte(`{"title": "a\ud83d b"}`)}, 400, "malformed"},
		"other half":               {ask{method: "POST", path: w.at("/tickets"), body: []byte(`{"title": "\udc00"}`)}, 400, "malformed"},
		"no body":                  {ask{method: "POST", path: w.at("/bays")}, 400, "malformed"},
		"wrong kind":               {ask{method: "POST", path: w.at("/bays"), body: object{"location_id": w.location, "number": sent}}, 422, "invalid"},
		"out of bounds":            {ask{method: "POST", path: w.at("/bays"), body: object{"location_id": w.location, "number": 123456789}}, 422, "invalid"},
		"unknown field":            {ask{method: "POST", path: w.at("/bays"), body: object{"location_id": w.location, "number": 1, "extra": sent}}, 422, "invalid"},
		"null":                     {ask{method: "POST", path: w.at("/bays"), body: []byte("null")}, 422, "invalid"},
		"list":                     {ask{method: "POST", path: w.at("/bays"), body: []byte("[]")}, 422, "invalid"},
		"unknown query":            {ask{method: "GET", path: w.at("/threads?statuss=open")}, 422, "invalid"},
		"limit of nothing":         {ask{method: "GET", path: w.at("/threads?limit=0")}, 422, "invalid"},
		"limit over":               {ask{method: "GET", path: w.at("/threads?limit=201")}, 422, "invalid"},
		"limit of words":           {ask{method: "GET", path: w.at("/threads?limit=" + sent)}, 422, "invalid"},
		"foreign cursor":           {ask{method: "GET", path: w.at("/members?cursor=" + sent)}, 422, "invalid"},
		"foreign cursor of desk":   {ask{method: "GET", path: w.at("/threads?cursor=" + sent)}, 422, "invalid"},
		"NUL in a cursor":          {ask{method: "GET", path: w.at("/threads?cursor=MS4A")}, 422, "invalid"},
		"NUL in the query":         {ask{method: "GET", path: w.at("/threads?q=%00")}, 400, "malformed"},
		"NUL in the path":          {ask{method: "GET", path: w.at("/threads/%00")}, 400, "malformed"},
		"no UTF-8 in the query":    {ask{method: "GET", path: w.at("/members?q=%ff")}, 400, "malformed"},
		"broken query":             {ask{method: "GET", path: w.at("/members?q=%zz")}, 400, "malformed"},
		"odd id":                   {ask{method: "GET", path: w.at("/threads/" + sent)}, 404, "not_found"},
		"traversal in an id":       {ask{method: "GET", path: w.at("/threads/..%2f..%2fsouth")}, 404, "not_found"},
		"id of another kind":       {ask{method: "GET", path: w.at("/threads/" + w.bay.String())}, 404, "not_found"},
		"no version":               {ask{method: "PATCH", path: w.at("/bays/" + w.bay.String()), body: object{"name": "x"}}, 428, "precondition_required"},
		"old version":              {ask{method: "PATCH", path: w.at("/bays/" + w.bay.String()), body: object{"name": "x"}, headers: []string{"If-Match", etag(7)}}, 412, "precondition_failed"},
		"odd version":              {ask{method: "PATCH", path: w.at("/bays/" + w.bay.String()), body: object{"name": "x"}, headers: []string{"If-Match", sent}}, 412, "precondition_failed"},
		"old version of a ticket":  {ask{method: "PATCH", path: w.at("/tickets/" + w.ticket.String()), body: object{"title": "xx"}, headers: []string{"If-Match", etag(7)}}, 412, "precondition_failed"},
		"old version of a user":    {ask{method: "PATCH", path: w.at("/users/" + w.user.String()), body: object{"name": "x"}, headers: []string{"If-Match", etag(7)}}, 412, "precondition_failed"},
		"old version of a member":  {ask{method: "PATCH", path: w.at("/members/" + w.member.String()), body: object{"name": "x"}, headers: []string{"If-Match", etag(7)}}, 412, "precondition_failed"},
		"old version of a SOP":     {ask{method: "PUT", path: w.at("/sops/" + w.sop.String()), body: object{"document": document("slug-"+w.tag, w.location)}, headers: []string{"If-Match", etag(7)}}, 412, "precondition_failed"},
		"old version of a booking": {ask{method: "PATCH", path: w.at("/bookings/" + w.booking.String()), body: object{"status": "no_show"}, headers: []string{"If-Match", etag(7)}}, 412, "precondition_failed"},
		"taken number":             {ask{method: "POST", path: w.at("/bays"), body: object{"location_id": w.location, "number": w.n}}, 409, "conflict"},
		"odd phone":                {ask{method: "POST", path: w.at("/members"), body: object{"name": "A", "phone": sent}}, 422, "invalid"},
		"odd document":             {ask{method: "POST", path: w.at("/sops"), body: object{"document": object{"slug": 5, "title": sent}}}, 422, "invalid"},
		"odd file":                 {ask{method: "POST", path: w.at("/sop-file"), body: "sops: [{slug: 5}]"}, 422, "invalid"},
		"unknown vendor":           {ask{method: "PUT", path: w.at("/integrations/nobody"), body: object{"fields": object{"a": "b"}}}, 404, "not_found"},
		"unknown setting":          {ask{method: "PUT", path: w.at("/settings/nothing"), body: object{"value": 1}}, 404, "not_found"},
		"odd setting":              {ask{method: "PUT", path: w.at("/settings/confidence.high"), body: object{"value": 7}}, 422, "invalid"},
		"time zone":                {ask{method: "POST", path: w.at("/locations"), body: object{"slug": "x", "name": "X", "time_zone": "EST5EDT"}}, 422, "invalid"},
		"file as a zone":           {ask{method: "POST", path: w.at("/locations"), body: object{"slug": "x", "name": "X", "time_zone": "../../etc/passwd"}}, 422, "invalid"},
	} {
		res := h.do(h.north.full, c.ask)
		var p Problem
		if err := json.Unmarshal(res.Body.Bytes(), &p); err != nil || res.Code != c.status || p.Code != c.code || p.Status != res.Code || p.Detail == "" {
			t.Errorf("%s: status %d, want %d %s: %v %s", name, res.Code, c.status, c.code, err, res.Body)
		}
		if res.Header().Get("Content-Type") != "application/problem+json" || p.RequestID != res.Header().Get("X-Request-Id") || p.RequestID == "" {
			t.Errorf("%s: headers %v", name, res.Header())
		}
		for _, no := range []string{"xyzzy", "4155550123", "internal/", "pq:", "SQL", "Go value", ".go"} {
			if strings.Contains(res.Body.String(), no) {
				t.Errorf("%s: the problem shows %q: %s", name, no, res.Body)
			}
		}
		if c.status == 405 && !strings.Contains(res.Header().Get("Allow"), "GET") {
			t.Errorf("%s: Allow is %q", name, res.Header().Get("Allow"))
		}
	}
}

func TestEveryCodeOfTheVocabularyHasAProblem(t *testing.T) {
	t.Parallel()
	for _, c := range club.Codes() {
		if k := kindOf(string(c)); k.code != string(c) {
			t.Errorf("%s has none", c)
		}
	}
}

func TestAPanicIsAProblemToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, ok := h.handler.(*api)
	if !ok {
		t.Fatal("not our handler")
	}
	a.mux.HandleFunc("GET "+Prefix+"/boom", func(http.ResponseWriter, *http.Request) { panic("Zelda Quist") })
	res := httptest.NewRecorder()
	h.handler.ServeHTTP(res, httptest.NewRequest("GET", Prefix+"/boom", nil))
	var p Problem
	h.want(500, res, &p)
	if p.Code != "internal" || p.RequestID == "" || strings.Contains(res.Body.String(), "Zelda") || strings.Contains(res.Body.String(), "goroutine") {
		t.Errorf("%s", res.Body)
	}
	if log := h.log.String(); !strings.Contains(log, "panic: string") || strings.Contains(log, "Zelda") || !strings.Contains(log, "goroutine") {
		t.Errorf("log: %s", log)
	}
}

func TestARequestIsOneLineOfLogWithoutPersonalData(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	res := h.do(h.north.full, ask{method: "GET", path: w.at("/members?q=%2B14155550001")})
	h.want(200, res, nil)
	h.do("", ask{method: "GET", path: w.at("/members/Zelda")})
	lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), h.log)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]any{"event.action": "api.request", "event.outcome": "success", "http.response.status_code": 200.0, "labels.operation": "list-members", "http.route": "/api/v1/{tenant}/members", "organization.id": "north"} {
		if line[k] != v {
			t.Errorf("%s is %v, want %v", k, line[k], v)
		}
	}
	for _, no := range []string{"4155550001", "Zelda", secret, "clubos_"} {
		if strings.Contains(h.log.String(), no) {
			t.Errorf("the log shows %s: %s", no, h.log)
		}
	}
}

func TestTheDescriptionIsCompleteAndTheDocumentationNeedsNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	res := h.do("", ask{method: "GET", path: Prefix + "/openapi.json"})
	var doc struct {
		OpenAPI    string `json:"openapi"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
		Paths map[string]map[string]struct {
			OperationID string              `json:"operationId"`
			Security    []map[string]any    `json:"security"`
			Responses   map[string]struct{} `json:"responses"`
		} `json:"paths"`
	}
	h.want(200, res, &doc)
	if doc.OpenAPI != "3.1.0" || doc.Components.Schemas["Problem"] == nil || doc.Components.Schemas["ErrorModel"] != nil || strings.Contains(res.Body.String(), "ErrorModel") {
		t.Errorf("version %s, schemas %v", doc.OpenAPI, doc.Components.Schemas)
	}
	var all any
	h.must(json.Unmarshal(res.Body.Bytes(), &all))
	for _, ref := range refs(all) {
		if doc.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")] == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	}
	for _, op := range operations() {
		row, ok := doc.Paths[op.route()][strings.ToLower(op.method)]
		if !ok || row.OperationID != op.id || len(row.Security) != 2 {
			t.Errorf("%s is not described: %+v", op.id, row)
		}
		for _, status := range []string{"401", "403", "404", "422"} {
			if _, ok := row.Responses[status]; !ok {
				t.Errorf("%s does not describe %s", op.id, status)
			}
		}
		if _, ok := row.Responses["428"]; ok != op.edits {
			t.Errorf("%s describes 428: %v", op.id, ok)
		}
	}
	page := h.do("", ask{method: "GET", path: Prefix + "/docs"})
	h.want(200, page, nil)
	html := page.Body.String()
	for _, no := range []string{"<script", "style=", "http://", "https://", "<img", "onload", "$schema"} {
		if strings.Contains(html, no) {
			t.Errorf("the documentation has %s", no)
		}
	}
	for _, op := range operations() {
		if !strings.Contains(html, `id="`+op.id+`"`) {
			t.Errorf("the documentation lacks %s", op.id)
		}
	}
	for _, k := range kinds() {
		if !strings.Contains(html, `id="`+k.code+`"`) {
			t.Errorf("the documentation lacks the problem %s", k.code)
		}
	}
	if csp := page.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	h.want(200, h.do("", ask{method: "GET", path: Prefix + "/docs.css"}), nil)
}

// refs collects every $ref of a document.
func refs(v any) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v["$ref"].(string); ok {
			out = append(out, s)
		}
		for _, c := range v {
			out = append(out, refs(c)...)
		}
	case []any:
		for _, c := range v {
			out = append(out, refs(c)...)
		}
	}
	return out
}
