// Package desk is what people do: they are called to a thread (Escalate), take it, answer by hand, hand
// it back, and work tickets.
//
// While people have a thread the machine is silent. An escalation is one row per thread and matter: it
// gathers the reasons, calls people at once and again when nobody acknowledges it in time, and closes
// when the thread is resolved or handed back. Whom it calls, how and when, is the club's plan (call.go): a
// chain of steps that are durable jobs, which any acknowledgement stops everywhere. A sweep (neglect.go) finds threads in which somebody has
// waited too long while nothing is at work, so that no failure anywhere ends in silence.
//
// Every act of a person takes the identity.Principal and checks permission and place at the row itself.
// Acts that race are decided by the thread's version: the loser looks again and then finds what the
// winner did.
//
// The package does not decide or act on devices, and it sends only through the outbox.
package desk
