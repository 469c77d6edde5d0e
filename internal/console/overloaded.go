package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"clubos/internal/console/page"
	"clubos/internal/identity"
)

// Overloaded returns what answers requests that are not admitted because more is asked than can be done;
// whoever refuses them sets Retry-After. The page is drawn once, so that a refusal costs next to nothing.
func Overloaded(cookies identity.Cookies) (http.Handler, error) {
	var b bytes.Buffer
	p := page.ErrorPage{Status: http.StatusServiceUnavailable, Title: "Very busy at the moment",
		Text: "Members' texts come first. Nothing of what you sent was done: wait a few seconds, go back and try again. What you typed is still there."}
	if err := page.Error(p).Render(context.Background(), &b); err != nil {
		return nil, fmt.Errorf("draw the page of an overload: %w", err)
	}
	c := &console{Config: Config{Cookies: cookies}}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.headers(w.Header())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(b.Bytes()) // a browser that has gone needs no page
	}), nil
}
