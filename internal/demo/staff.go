package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/simulate"
)

// staff acts for the demo club's people through its API, each with a session of their own.
type staff struct {
	demo *Demo
	http *http.Client

	mu     sync.Mutex // guards tokens
	tokens map[club.UserID]string
}

func newStaff(d *Demo) *staff {
	stays := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // where a page leads is its answer
	return &staff{demo: d, http: &http.Client{Timeout: 30 * time.Second, CheckRedirect: stays}, tokens: map[club.UserID]string{}}
}

// token signs somebody in at their first act.
func (s *staff) token(ctx context.Context, as simulate.Staff) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tokens[as.ID]; ok {
		return t, nil
	}
	dir, err := s.demo.App.Directory(ctx, s.demo.Club.Slug)
	if err != nil {
		return "", err
	}
	session, err := dir.SignIn(ctx, identity.SignIn{Email: as.Email, Password: Password, Addr: netip.MustParseAddr("127.0.0.1"), Agent: "demo"})
	if err != nil {
		return "", fmt.Errorf("sign %s in: %w", as.Role, err)
	}
	s.tokens[as.ID] = session.Token
	return session.Token, nil
}

// Operate carries an act out and returns the API's problem as a club.Error of its code. When the server has
// too much to do it tries again, a few times, as late as it is asked to.
func (s *staff) Operate(ctx context.Context, as simulate.Staff, o simulate.Operation) error {
	token, err := s.token(ctx, as)
	if err != nil {
		return err
	}
	if o.Do == simulate.DoRaise {
		return s.raise(ctx, token, o)
	}
	for again := 5; ; again-- {
		wait, err := s.send(ctx, token, o)
		if wait == 0 || again == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// send calls the API once; after wait, unless it is zero, the same may be sent again.
func (s *staff) send(ctx context.Context, token string, o simulate.Operation) (wait time.Duration, err error) {
	path, body := request(o)
	var encoded []byte
	if body != nil {
		if encoded, err = json.Marshal(body); err != nil {
			return 0, fmt.Errorf("encode act: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.demo.URL+"/api/v1/"+s.demo.Club.Slug.String()+path, bytes.NewReader(encoded))
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", s.demo.URL)
	if o.Key != "" {
		req.Header.Set("Idempotency-Key", o.Key)
	}
	cookies := identity.Cookies{PlainHTTP: true}
	req.AddCookie(cookies.Session(token, time.Now().Add(time.Hour)))
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("call the API: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, fmt.Errorf("read the API's answer: %w", err)
	}
	if resp.StatusCode < 300 {
		return 0, nil
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && resp.StatusCode == http.StatusServiceUnavailable {
		wait = time.Duration(seconds) * time.Second
	}
	var problem struct {
		Code   club.Code `json:"code"`
		Detail string    `json:"detail"`
	}
	if err := json.Unmarshal(answer, &problem); err != nil {
		return wait, fmt.Errorf("the API answered %d without a problem: %w", resp.StatusCode, err)
	}
	return wait, &club.Error{Code: problem.Code, Msg: problem.Detail}
}

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
	resp, err := s.http.Do(req)
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

// request says how an act is called in the API.
func request(o simulate.Operation) (path string, body any) {
	thread, proposal := "/threads/"+o.Thread.String(), "/proposals/"+o.Proposal.String()
	type words map[string]string
	switch o.Do {
	case simulate.DoApprove:
		return proposal + "/approve", words{"reason": o.Words}
	case simulate.DoEdit:
		return proposal + "/approve", words{"reply": o.Words}
	case simulate.DoReject:
		return proposal + "/reject", words{"reason": o.Words}
	case simulate.DoReply:
		return thread + "/reply", words{"text": o.Words}
	case simulate.DoEscalate:
		return thread + "/escalate", words{"reason": o.Words}
	case simulate.DoHandBack:
		return thread + "/hand-back", nil
	case simulate.DoClaim, simulate.DoResolve, simulate.DoRaise:
	}
	return thread + "/" + string(o.Do), nil
}
