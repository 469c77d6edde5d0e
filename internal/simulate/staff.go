package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
)

// APIStaff acts for the club's people through its HTTP API, each in a session of their own. It is safe
// for concurrent use.
type APIStaff struct {
	// BaseURL is the server's address, like http://127.0.0.1:8080. Required.
	BaseURL string
	// Slug is the club. Required.
	Slug club.Slug
	// Directory signs people in with Password, which all of a synthetic club's staff have. Required.
	Directory *identity.Directory
	Password  string
	// Cookies are written as the server reads them: identity.Cookies{PlainHTTP: true} on loopback.
	Cookies identity.Cookies

	mu       sync.Mutex // guards sessions
	sessions map[string]*http.Cookie
}

// Operate carries an operation out as one of the staff. The error has the code of the API's problem.
func (s *APIStaff) Operate(ctx context.Context, as Staff, o Operation) error {
	cookie, err := s.session(ctx, as)
	if err != nil {
		return fmt.Errorf("sign in %s: %w", as.Role, err)
	}
	path, body := o.request()
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s: %w", o.Do, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.BaseURL+"/api/v1/"+s.Slug.String()+path, bytes.NewReader(encoded))
	if err != nil {
		return fmt.Errorf("%s: %w", o.Do, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if o.Key != "" {
		req.Header.Set("Idempotency-Key", o.Key)
	}
	req.AddCookie(cookie)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Do, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("%s: %w", o.Do, err)
	}
	return problemOf(o.Do, resp.StatusCode, answer)
}

// request returns the path below the club and the body of an operation.
func (o Operation) request() (path string, body map[string]string) {
	proposal, thread := "/proposals/"+o.Proposal.String(), "/threads/"+o.Thread.String()
	body = map[string]string{}
	switch o.Do {
	case DoApprove, DoReject:
		if o.Words != "" {
			body["reason"] = o.Words
		}
		return proposal + "/" + string(o.Do), body
	case DoEdit:
		return proposal + "/approve", map[string]string{"reply": o.Words}
	case DoReply:
		return thread + "/reply", map[string]string{"text": o.Words}
	case DoEscalate:
		return thread + "/escalate", map[string]string{"reason": o.Words}
	case DoHandBack:
		return thread + "/hand-back", body
	case DoClaim, DoResolve:
	}
	return thread + "/" + string(o.Do), body
}

func problemOf(do Do, status int, answer []byte) error {
	if status/100 == 2 {
		return nil
	}
	var p struct{ Code, Detail string }
	if json.Unmarshal(answer, &p) != nil || p.Code == "" {
		return fmt.Errorf("%s: answered %d", do, status)
	}
	return &club.Error{Code: club.Code(p.Code), Msg: p.Detail, Err: fmt.Errorf("%s: answered %d", do, status)}
}

// session returns the cookie of somebody's session, signing them in the first time.
func (s *APIStaff) session(ctx context.Context, as Staff) (*http.Cookie, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.sessions[as.Email]; ok && time.Now().Before(c.Expires) {
		return c, nil
	}
	in, err := s.Directory.SignIn(ctx, identity.SignIn{Email: as.Email, Password: s.Password, Addr: netip.MustParseAddr("127.0.0.1"), Agent: "simulate"})
	if err != nil {
		return nil, err
	}
	if s.sessions == nil {
		s.sessions = map[string]*http.Cookie{}
	}
	s.sessions[as.Email] = s.Cookies.Session(in.Token, in.ExpiresAt)
	return s.sessions[as.Email], nil
}
