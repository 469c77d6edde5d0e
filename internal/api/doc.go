// Package api is the HTTP interface for programs: /api/v1/{tenant}/…, described by OpenAPI 3.1.
//
// Every operation stands in one table (operation.go) with the permission that it asks for. One door
// (door.go) stands before all of them: it finds the credential, proves it, compares its tenant with the
// path's and checks the permission, so that an operation without a row in the table cannot be served.
// Which rows a principal may see is decided by the rooms, at the row; where a room does not know
// principals, the handler narrows by Principal.AllowsLocation.
//
// Errors are RFC 9457 problems and never show what was sent or what went wrong inside. Lists are cut
// into pages by opaque cursors. Edits are by version: ETag and If-Match. A POST with an Idempotency-Key
// has its effect once (idempotency.go).
//
// The package decides nothing and writes no rows but those of idempotency keys. Its handler is safe for
// concurrent use and holds no state between requests.
package api
