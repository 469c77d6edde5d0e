// Package inbox takes in what comes from outside: members' texts, vendors' reports on ours, bookings, and
// what doors report.
//
// It stores, and stores once; what a text means is not its business. A text's row, the record of its
// delivery, its thread's move and the job that reads it commit together, and only then is the caller
// answered. So an acknowledged text survives any crash, and a delivery that is repeated, at any time
// and on any replica, changes nothing. What makes a text the same text is its vendor's id alone:
// two honest "yes" are two messages.
//
// # Which thread a text belongs to
//
// A sender has at most one open thread per line of the club. A text continues the sender's latest
// thread on the line it was sent to
//
//   - while somebody still owes something there: the thread is not settled;
//   - when it is settled, while its last message is younger than setting wait.episode: the matter is
//     taken up again.
//
// Otherwise a thread is opened. A thread that an operator once answered by hand and then left
// (manual_override) stays open; a text that comes after the machine's silence and wait.episode have
// both passed is the beginning of a new episode of it: episode_at moves, so that what was said before
// is history.
//
// Every sender is kept, whatever the address: short codes, names ("Anonymous"), nothing at all. Such a
// sender is a subject by that very string, with no member. People who said STOP are stored as well:
// consent is about what we send.
//
// # What no webhook brought
//
// Some vendors call a webhook once. ReadMailboxes asks them for what they have received since it last looked, a few minutes
// more and a week at most, and takes in what is not here: so nothing is lost while nobody could take it. That a webhook
// comes in the same moment does no harm, for a text is known by its vendor's id.
//
// # Order and concurrency
//
// Texts that arrive together are committed together (see lane). Texts of one sender are stored in the
// order in which Deliver or Accept was called. All methods are safe for concurrent use.
//
// # Storms
//
// To file a text costs ten times what it costs to make it durable. Accept therefore keeps texts that come in
// numbers, and on PostgreSQL every one, as they are, in the table arrivals, and acknowledges them; the filer moves
// them to their threads afterwards. A kept text is filed by the transaction that deletes its row, so exactly once, and rows are
// taken in their order. Whatever must not overtake kept texts of its sender (danger, a report, a
// repetition, a text that Deliver brings) waits until they are filed. That holds within a process: danger, STOP and START,
// which are never kept, may be filed before a text that their sender has written to another replica a moment earlier.
package inbox
