// Package decide turns a member's texts into one decision, and people's word on it into acts.
//
// The worker of inbox.AdvanceJob waits out a burst, reads every text that nobody has taken up as one
// episode, and in one transaction stores a Decision and moves the thread. Fixed rules come first
// (STOP, emergencies, "human please", thanks); then the SOPs that hold at the place are weighed by
// package pattern. A decision is immutable; its evidence says what was seen, where and when, what
// else was weighed, and what lowered its tier.
//
// The tier says what follows: auto starts a run at once, suggest and approve open a proposal (suggest
// with a durable deadline), escalate calls a person. Settings, kill switches and what is unusual (package
// pattern/anomaly) can only lower a tier. A proposal is claimed by one conditional UPDATE before anything else happens, so that two
// people, or a person and the deadline, never both decide.
//
// Targets come from rows: a text may choose among the bays of the member's own location, never name
// anything else. All types are safe for concurrent use.
package decide
