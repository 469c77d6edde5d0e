package limit

import (
	"context"
	"net/http"
	"time"

	"clubos/internal/club"
)

// Limits are the rates of an installation. Nil limits nobody. A member's text is never limited: webhooks
// whose signature is right pass without.
type Limits struct {
	*Limiter

	Instance Rate // requests of programs to one process, whoever sends them
	Operator Rate // what a person asks for; pages that follow the club by themselves are not counted
	Key      Rate // requests with an API key
	Stranger Rate // by address: attempts to sign in, and requests that prove nothing
}

// Admit takes one of a rate and tells the client what is left. Limited, with the time to wait, when there
// is none.
func (l *Limits) Admit(ctx context.Context, h http.Header, r Rate, key string) error {
	if l == nil {
		return nil
	}
	v := l.Take(ctx, r, key)
	v.Write(h)
	if v.OK {
		return nil
	}
	return club.Limited("that is more than %d in %s; please go on in %s", r.Max, club.Span(r.Window), club.Span(max(v.Wait, time.Second)))
}
