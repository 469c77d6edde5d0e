package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/simulate"
)

// raise answers what was reported of a booking, by the button on the booking's page: it leads to the report's
// conversation.
func (s *staff) raise(ctx context.Context, token string, o simulate.Operation) error {
	console := "/c/" + s.demo.Club.Slug.String()
	form := url.Values{"report": {o.Report.String()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.demo.URL+console+"/bookings/"+o.Booking.String()+"/answer", strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.demo.URL)
	cookies := identity.Cookies{PlainHTTP: true}
	req.AddCookie(cookies.Session(token, time.Now().Add(time.Hour)))
	resp, err := http.DefaultTransport.RoundTrip(req) // where the page leads is the answer
	if err != nil {
		return fmt.Errorf("answer a report: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch to := resp.Header.Get("Location"); {
	case resp.StatusCode == http.StatusSeeOther && strings.Contains(to, console+"/threads/"):
		return nil
	case resp.StatusCode == http.StatusSeeOther:
		return club.Conflict("the report cannot be answered")
	case resp.StatusCode == http.StatusForbidden:
		return club.Forbidden("the page does not let them answer the report")
	}
	return fmt.Errorf("answer a report: the page answered %d", resp.StatusCode)
}
