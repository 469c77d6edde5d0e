// Package notify calls people. It posts proposals, escalations, tickets and problems to the club's
// channel and edits the posts when the matter moves (Queue, Update), and it calls single people by text
// and mail, and the club's pager (Call).
//
// A note is a row and a job in the transaction that makes it necessary. Everything for people in it is
// masked here once more, so that no post holds a number, an address or a code; how somebody is reached is
// read when their note goes out and stands in no note. The job claims the row, commits, calls the vendor,
// and records the vendor's id of the post.
//
// One dedup key is queued once per way and person. Posting is at least once: when a process ends, or a
// vendor's answer is lost, between claim and record, the note is posted again, for a doubled call for
// people does no harm and silence does. The buttons of both posts lead to the same claim, which one click
// wins.
//
// A club without a channel gets no rows: the console shows every matter anyway, and the log says so. A
// note that cannot be posted ends as failed, which Failures shows; it never ends in silence. Of a call
// that fails, even if it will be tried again, whoever made it is told at once (Config.Failed), so that
// somebody else can be called meanwhile. A call that nobody needs any more is withdrawn.
//
// Tell alone needs no database: it calls a vendor at once, by means that were looked up before, and leaves trying
// again to whoever calls it.
//
// It does not decide who is called or when: package desk does.
package notify
