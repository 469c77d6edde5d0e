package console

import (
	"net/http"
	"slices"

	"clubos/internal/identity"
)

// Permissions of the route table beside those of package identity.
const (
	public   identity.Permission = "public"    // nobody need have signed in
	signedIn identity.Permission = "signed in" // whoever has signed in
)

// route is a line of the route table. Patterns are those of http.ServeMux, below a club's address unless
// outside is set.
type route struct {
	method  string
	pattern string
	perm    identity.Permission // zero admits nobody and is refused by New
	handle  func(*visit) error
	outside bool  // of no club
	due     bool  // may be used while a password is due
	limit   int64 // of the body in bytes; 0 is maxBody
}

func (rt route) path() string {
	if rt.outside {
		return rt.pattern
	}
	return "/c/{tenant}" + rt.pattern
}

// routes is the whole table.
func (c *console) routes() []route {
	return slices.Concat(c.sessionRoutes(), c.accountRoutes(), c.threadRoutes(), c.proposalRoutes(), c.ticketRoutes(), c.sopRoutes(), c.placeRoutes(), c.bookingRoutes(), c.bayRoutes(), c.placeEditRoutes(), c.deviceRoutes(),
		c.memberRoutes(), c.decisionRoutes(), c.memoryRoutes(), c.reviewRoutes(), c.resultRoutes(), c.autonomyRoutes(), c.settingRoutes(), c.userRoutes(), c.onCallRoutes(), c.keyRoutes())
}

func get(pattern string, perm identity.Permission, h func(*visit) error) route {
	return route{method: http.MethodGet, pattern: pattern, perm: perm, handle: h}
}

func post(pattern string, perm identity.Permission, h func(*visit) error) route {
	return route{method: http.MethodPost, pattern: pattern, perm: perm, handle: h}
}

// whileDue lets routes be used by somebody whose password is due.
func whileDue(rs ...route) []route {
	for i := range rs {
		rs[i].due = true
	}
	return rs
}
