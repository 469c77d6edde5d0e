// Package event takes in what devices, doors and booking systems report, and gathers what belongs
// together into situations.
//
// Take stores an event once, in the transaction that takes it in, together with the job that gathers it.
// The job waits (a minute for devices: a fault that is over by then is none, and the bays of one place
// that fail together are one incident), then opens a situation with a thread of its own, in which it says
// what was reported, and has the machine look at the thread as it looks at texts. What is reported again
// while a situation goes on adds to it; what comes back within a day comes back to the same thread, so
// that whoever decided sees that it had not helped.
//
// Nobody writes in such a thread (club.EventProvider): whoever holds the booking that it is about is told in a
// conversation of their own, by package outbox. Nothing is acted on by a report alone: that is for package decide, which also puts together what a member wrote and what was reported.
//
// Poll looks at devices, and Reported takes in what their vendors report unasked. It believes only a vendor that answers: one that does not is no fault of its
// devices. What is out of use, and what we restarted ourselves, is not reported.
package event
