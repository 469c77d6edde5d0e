package api

import (
	"net/http"

	"clubos/internal/club"
)

// Overloaded answers requests that are not admitted because more is asked than can be done; whoever
// refuses them sets Retry-After. It costs next to nothing, and is counted instead of logged.
func Overloaded(clock club.Clock) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		id := club.NewCorrelationID(clock.Now()).String()
		p := refuse(string(club.CodeUnavailable), "More is asked of this server than it can do at the moment. Nothing has been done; try again as late as Retry-After says.")
		p.RequestID = id
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		p.write(w)
	})
}
