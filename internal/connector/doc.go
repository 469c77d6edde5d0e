// Package connector is the way out to vendors: one HTTP client that every vendor's package is built
// on, the checks of webhook signatures that several vendors share, and the comparison of texts that
// reconciling needs.
//
// A [Client] adds to net/http what calling a stranger needs: a time limit per call, a circuit
// breaker, an optional rate limit, a limit on the answer's size, and verified TLS 1.2 or later.
// Every failure is a [club.VendorError] that says whether the vendor may have acted all the same;
// the client itself never tries a second time, because only its caller knows whether that is safe.
// Addresses, credentials and bodies never appear in errors and logs.
//
// All types are safe for concurrent use once made. Nothing here knows any particular vendor.
package connector
