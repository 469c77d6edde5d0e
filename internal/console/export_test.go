package console

import (
	"net/http"

	"clubos/internal/identity"
)

// RouteForTest is a line of the route table.
type RouteForTest struct {
	Method, Path string
	Permission   identity.Permission
	Outside      bool
}

// RoutesForTest returns the route table of a handler that New returned.
func RoutesForTest(h http.Handler) (out []RouteForTest) {
	for _, rt := range h.(*console).routes() {
		out = append(out, RouteForTest{rt.method, rt.path(), rt.perm, rt.outside})
	}
	return out
}

// MatchForTest returns the pattern that serves a request, "/" when none does.
func MatchForTest(h http.Handler, method, path string) string {
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		return ""
	}
	_, pattern := h.(*console).mux.Handler(r)
	return pattern
}

// The permissions that are no identity.Permission.
const (
	PublicForTest   = public
	SignedInForTest = signedIn
)

// StatusForTest is the HTTP status of a code.
var StatusForTest = statusOf

// StreamsPerSessionForTest is how many streams one session may have.
const StreamsPerSessionForTest = streamsPerSession

// WhyOf says why a decision came out as it did.
var WhyOf = whyOf
