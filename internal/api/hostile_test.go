package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// hostile are values that no field expects.
func hostile() []any {
	return []any{nil, true, -1, 0, 1e308, int64(9223372036854775807), json.Number("123456789012345678901234567890"), "", " ", "x", strings.Repeat("y", 5000), "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00",
		"0000-01-01T00:00:00-23:59", []any{}, []any{nil, 1, "a"}, object{}, object{"a": object{"b": []any{nil}}}, "%", "_", "\\", "'", "thr_00000000000000000000000000", "{\"$ref\":1}"}
}

func TestNoRequestBringsTheServerDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	all := probes()
	check := func(what string, a ask) {
		t.Helper()
		if res := h.do(h.north.full, a); res.Code >= http.StatusInternalServerError {
			t.Errorf("%s: status %d: %s\n%s", what, res.Code, res.Body, h.log)
		}
		h.log.Reset()
	}
	for _, op := range operations() {
		a := all[op.id](w)
		for i, v := range hostile() {
			if text, ok := v.(string); ok && len(text) < 100 {
				parts := strings.Split(strings.TrimPrefix(a.path, Prefix+"/north"), "/")
				for j := 2; j < len(parts); j++ {
					other := slices.Clone(parts)
					other[j] = url.PathEscape(text)
					b := a
					b.path = Prefix + "/north" + strings.Join(other, "/")
					check(op.id+" at "+b.path, b)
				}
			}
			if body, ok := a.body.(object); ok {
				for _, field := range slices.Sorted(maps.Keys(body)) {
					b := a
					other := maps.Clone(body)
					other[field] = v
					b.body = other
					check(op.id+" with odd "+field, b)
				}
				b := a
				raw, err := json.Marshal(v)
				h.must(err)
				b.body = raw
				check(op.id+" with an odd body", b)
			}
			if i == 0 {
				continue
			}
			if text, ok := v.(string); ok && op.method == http.MethodGet {
				for _, name := range queryOf(h, op) {
					check(op.id+" with odd "+name, ask{method: "GET", path: strings.Split(a.path, "?")[0] + "?" + name + "=" + url.QueryEscape(text)})
				}
			}
		}
	}
}

// queryOf lists the query parameters that an operation is described with.
func queryOf(h *house, op operation) []string {
	var out []string
	for _, p := range operationOf(h.handler.(*api).huma.OpenAPI(), op).Parameters {
		if p.In == "query" {
			out = append(out, p.Name)
		}
	}
	return out
}
