// Package outbox sends replies to members: at most once to the world, and never lost.
//
// A reply is a row and a job in the transaction that decides on it (Queue). The job claims the row by
// one conditional UPDATE and commits before the vendor is called, with the message's id as the key, and
// records the answer afterwards. Whatever happens between claim and record (a crash, a timeout, a
// database that is away) leaves the row as "sending"; the next try then asks the vendor what became of
// it and never sends again unless the vendor is certain that nothing went out. Where nobody can say, the
// text is unconfirmed and a person looks.
//
// The texts of one thread leave in the order in which they were queued. The dedup key names the cause
// of a text: one cause sends one text, however often it is queued.
//
// It does not decide what is said, and it does not read delivery reports: those come in by the inbox.
package outbox
