package guard

import (
	"net/http"
	"strconv"

	"clubos/internal/club"
)

// Protect has next answer what is admitted and refuse what is not, with Retry-After set. class tells a
// request's class by its route; false for what takes no place, as live streams do, which last for hours
// and do nothing meanwhile.
func (l *Limiter) Protect(next http.Handler, class func(*http.Request) (Class, bool), refuse http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, counts := class(r)
		if !counts {
			next.ServeHTTP(w, r)
			return
		}
		of := ""
		if l.Club != nil {
			of = l.Club(r)
		}
		done, err := l.AdmitFor(r.Context(), c, of)
		switch {
		case err == nil:
			defer done()
			next.ServeHTTP(w, r)
		case club.CodeOf(err) == club.CodeUnavailable:
			w.Header().Set("Retry-After", strconv.Itoa(l.RetryAfter()))
			refuse.ServeHTTP(w, r)
		} // else the client has gone
	})
}

// RetryAfter is how many seconds one who was refused should wait: longer under pressure, which lasts.
func (l *Limiter) RetryAfter() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return 2 + 3*l.load.Pressure
}
