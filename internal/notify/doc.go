// Package notify calls people: it posts proposals, escalations, tickets and problems to the club's
// Slack channel (or whatever its Poster is) and edits the posts when the matter moves.
//
// A note is a row and a job in the transaction that makes it necessary (Queue). Everything for people
// in it is masked here once more, so that no post holds a number, an address or a code. The job claims
// the row, commits, posts, and records the vendor's id of the post.
//
// One dedup key is queued once. Posting is at least once: when a process ends, or a vendor's answer is
// lost, between claim and record, the note is posted again, for a doubled call for people does no harm
// and silence does. The buttons of both posts lead to the same claim, which one click wins.
//
// A club without a channel gets no rows: the console shows every matter anyway, and the log says so. A
// note that cannot be posted ends as failed, which Failures shows; it never ends in silence.
//
// It does not decide who is called or when: package desk does.
package notify
