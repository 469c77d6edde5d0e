package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/knowledge"
	"clubos/internal/place"
	"clubos/internal/store"
)

// Problem is the body of every answer that is not a success (RFC 9457). It never repeats what was sent
// and never tells what went wrong inside: RequestID finds that in the log.
type Problem struct {
	Type      string  `json:"type" doc:"Where this kind of problem is explained, relative to this host."`
	Title     string  `json:"title" doc:"The kind of problem in a few words."`
	Status    int     `json:"status" doc:"The HTTP status."`
	Detail    string  `json:"detail" doc:"What is wrong, for people."`
	Code      string  `json:"code" doc:"The kind of problem, for programs."`
	RequestID string  `json:"request_id" doc:"Names this request in the log; quote it when you ask for help."`
	Errors    []Fault `json:"errors,omitempty" doc:"Each thing that is wrong with the request."`

	headers http.Header
}

// Fault is one thing that is wrong with a request.
type Fault struct {
	Where   string `json:"where,omitempty" doc:"Like body.name, query.limit or document.steps[2]."`
	Line    int    `json:"line,omitempty" doc:"Of an imported file."`
	Message string `json:"message"`
}

// Error returns what the caller is told.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// kind is what a code means over HTTP.
type kind struct {
	code   string
	status int
	title  string
	help   string // for the documentation
}

// Codes that the rooms do not know.
const (
	codeMalformed   = "malformed"
	codeNoMethod    = "method_not_allowed"
	codeUnsupported = "unsupported_media_type"
	codeStale       = "precondition_failed"
	codeNoVersion   = "precondition_required"
	codeKeyReused   = "idempotency_key_reused"
	codeKeyBusy     = "idempotency_key_in_use"
	codePasswordDue = "password_due"
	codeSuspended   = "club_suspended"
)

func kinds() []kind {
	return []kind{
		{codeMalformed, http.StatusBadRequest, "Malformed request", "The request cannot be read: the body is not JSON, text is not valid UTF-8 or holds NUL."},
		{string(club.CodeInvalid), http.StatusUnprocessableEntity, "Invalid request", "The request can be read but breaks a rule; `errors` says which."},
		{string(club.CodeUnauthenticated), http.StatusUnauthorized, "Not signed in", "There is no credential, or it is not valid for this club."},
		{string(club.CodeForbidden), http.StatusForbidden, "Not allowed", "The credential lacks the permission, or a browser sent it from another site."},
		{codePasswordDue, http.StatusForbidden, "Password due", "The session's password must be changed first: `PUT /me/password`, or in the console. Until then only `GET /me`, that and `DELETE /me/session` are open."},
		{codeSuspended, http.StatusForbidden, "Club suspended", "Whoever runs this installation has suspended the club: nothing is shown, answered or done. Texts that come meanwhile are kept."},
		{string(club.CodeNotFound), http.StatusNotFound, "Not found", "There is no such thing, or none that you may know of."},
		{codeNoMethod, http.StatusMethodNotAllowed, "Method not allowed", "The header `Allow` says which methods there are."},
		{string(club.CodeConflict), http.StatusConflict, "Conflict", "Somebody else was first, or the state does not admit it."},
		{codeKeyBusy, http.StatusConflict, "Idempotency key in use", "A request with this key is at work (`Retry-After` says when to ask again), or ended without telling what became of it: look before you try with another key."},
		{codeStale, http.StatusPreconditionFailed, "Changed meanwhile", "The version in `If-Match` is not the present one: read it again."},
		{string(club.CodeTooLarge), http.StatusRequestEntityTooLarge, "Too large", "The body is over 1 MiB."},
		{codeUnsupported, http.StatusUnsupportedMediaType, "Content type not supported", "The body must be of the content type that the operation names."},
		{codeKeyReused, http.StatusUnprocessableEntity, "Idempotency key reused", "The key was used for another request."},
		{codeNoVersion, http.StatusPreconditionRequired, "Version required", "Send the `ETag` that you read in `If-Match`, so that nobody's change is overwritten unseen."},
		{string(club.CodeLimited), http.StatusTooManyRequests, "Too many", "A limit says no for the time being; where the header `Retry-After` stands, it says for how many seconds."},
		{string(club.CodeUnavailable), http.StatusServiceUnavailable, "Not available", "A vendor or a database cannot be reached: try again."},
		{string(club.CodeInternal), http.StatusInternalServerError, "Our fault", "Something went wrong on our side. It has been recorded."},
	}
}

func kindOf(code string) kind {
	for _, k := range kinds() {
		if k.code == code {
			return k
		}
	}
	return kindOf(string(club.CodeInternal))
}

// refuse returns a problem that is no error of a room.
func refuse(code, detail string) *Problem {
	k := kindOf(code)
	return &Problem{Type: Prefix + "/docs#" + code, Title: k.title, Status: k.status, Detail: detail, Code: code}
}

func (p *Problem) with(header, value string) *Problem {
	if p.headers == nil {
		p.headers = http.Header{}
	}
	p.headers.Set(header, value)
	return p
}

// GetHeaders returns the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// problem turns any error into what the caller may know of it, and keeps the cause for the log.
func (a *api) problem(ctx context.Context, err error) *Problem {
	var p *Problem
	if !errors.As(err, &p) {
		code := string(club.CodeOf(err))
		switch {
		case errors.Is(err, place.ErrChanged), errors.Is(err, inbox.ErrChanged):
			code = codeStale
		case errors.Is(err, identity.ErrPasswordDue):
			code = codePasswordDue
		case errors.Is(err, store.ErrSuspended):
			code = codeSuspended
		}
		p = refuse(code, club.MessageOf(err))
		for _, f := range knowledge.Problems(err) {
			p.Errors = append(p.Errors, Fault{Where: f.Path, Line: f.Line, Message: f.Msg})
		}
	}
	if rq := requestFrom(ctx); rq != nil {
		p.RequestID = rq.id.String()
		if p.Status >= 500 {
			rq.cause = err
		}
	}
	if p.Status == http.StatusUnauthorized {
		p = p.with("WWW-Authenticate", `Bearer realm="clubos"`)
	}
	return p
}

// transform rewrites what the framework itself says is wrong with a request. Its own form repeats the
// values that were sent.
func (a *api) transform(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code := string(club.CodeInternal)
	switch m.Status {
	case http.StatusBadRequest, http.StatusRequestTimeout:
		code = codeMalformed
	case http.StatusUnprocessableEntity:
		code = string(club.CodeInvalid)
	case http.StatusRequestEntityTooLarge:
		code = string(club.CodeTooLarge)
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		code = codeUnsupported
	}
	p := refuse(code, "The request is not valid.")
	p.Status = m.Status
	if m.Status < 500 {
		for _, e := range m.Errors {
			if e != nil {
				p.Errors = append(p.Errors, Fault{Where: clip(e.Location, 120), Message: clip(e.Message, 200)})
			}
		}
	}
	if len(p.Errors) == 1 {
		p.Detail = strings.TrimPrefix(p.Errors[0].Where+": ", ": ") + p.Errors[0].Message
	} else if len(m.Errors) == 0 && m.Status < 500 {
		p.Detail = m.Detail
	}
	return a.problem(ctx.Context(), p), nil
}

// write sends a problem where the framework has not been reached.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{}`)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a caller who has gone needs no answer
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
