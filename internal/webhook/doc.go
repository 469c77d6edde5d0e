// Package webhook is the door for vendors: it proves that an event is genuine, hands it to a room, and
// answers only when it is committed.
//
// Each request goes the same way: the body is read (at most 1 MiB), the club is found, the signature
// is verified, the body is parsed, and the room stores it. A club that has configured no secret for a
// vendor refuses all that comes in that vendor's name.
//
//	200  stored, stored before, or of a type we do not use
//	400  signed, but not readable: the vendor's page or docs have changed, or a bug
//	401  not signed, badly signed, too old, or no secret is configured
//	404  no such club or no such vendor; both look the same
//	405  not a POST
//	413  larger than 1 MiB
//	415  of a content type that the vendor never sends
//	500, 503 with Retry-After: our failure, or more than we can take in, though never a text that speaks
//	of danger; nothing was stored in part, and the vendor tries again
//
// A text is stored byte for byte as it came out of its envelope. A form carries any bytes; JSON carries
// Unicode only, and what is not is read as U+FFFD.
//
// Nothing of what members write, and no number or name, goes into the log. The package knows no
// vendor's package: app hands in who verifies and reads for a club.
package webhook
