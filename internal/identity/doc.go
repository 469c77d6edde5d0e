// Package identity says who is asking and what they may do: users, roles, sessions, API keys, sign-in.
//
// A face turns a cookie or a bearer key into a Principal by Directory.Authenticate or
// Directory.AuthenticateKey, once per request: the user's status, role and locations are read afresh
// each time, so that a change counts at the next click. The Principal is then an argument of every
// operation behind the door. The face asks Require(permission) at the door; the room asks
// AllowsLocation, or filters by LocationScope, at the row.
//
// Passwords are kept as argon2id hashes; session tokens, API keys and sign-in links as SHA-256 hashes
// of 256 random bits. Names and e-mail addresses are sealed by the tenant's keyset. Every change of a
// user, session or key has an audit entry in the same transaction.
//
// All types are safe for concurrent use.
package identity
