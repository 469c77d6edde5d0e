// Package trial puts the way of a text on trial: a few hours of a small club in which whatever may go wrong
// does, decided by a seed.
//
// The rooms are the product's own, on a real store; what is made up is the world. A seed decides what members
// write and book, how often and in which order their vendor delivers it, what people at the desk press, what
// vendors of texts, computers and doors answer and whether they did it, where the clock jumps, and where the process
// ends. It decides the order, too: jobs, deliveries and clicks under way take turns, a transaction or a call to a
// vendor at a time, and whose turn it is is drawn (loom). The process ends between two of them: before a
// transaction, with a vendor asked and nothing done, with it done and nothing recorded. All that is under way is then cut off,
// and new rooms begin on the same store.
//
// In some trials every text is kept when it comes, as in a storm, and filed by a task of its own; in some two
// replicas share deliveries, clicks and jobs, and one of them ends while the other lives on.
//
// What must hold whatever happens is looked at from outside: by what the vendors were really told, and by the
// rows at the end (promises). The same seed has the same trace, byte for byte, in any process, so that what failed
// once fails again:
//
//	clubos simulate seeds --from 4711 --seeds 1 --trace
//
// Ids and keys are drawn by crypto/rand as ever. They are not part of the trace, and nothing that the rooms do may
// depend on them.
package trial
