// Package console is the operators' face: server-rendered pages, forms that post to them, and a stream
// of what has changed.
//
// Routes stand in one table per noun (routes_….go): method, pattern, permission, handler. One wrapper
// (door.go) does for each request what all need, in this order: a correlation id and security headers,
// the club, protection against forged posts, the session, the permission. What the table does not allow
// is refused. Handlers return errors; one function (failure.go) maps, logs and shows them.
//
// Each page reads everything it shows in one transaction, with a number of queries that does not depend
// on how much there is. A GET changes nothing but the session's own cookies, so a thread is marked read
// by a POST: from the script when the page is in sight, from a button without scripts.
//
// Every form works without scripts: a POST answers 303 with a sealed note for the next page (flash.go),
// or the same page again with what was typed and what was wrong. Forms whose second press must not act
// twice carry a fresh key.
//
// Rules are not kept here: rooms check permission and place at the row. The package makes no decisions
// and knows no vendor. All types are safe for concurrent use.
package console
