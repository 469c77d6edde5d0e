// Package result says how far a club's machine keeps what it promises, by the club's own rows: how much it
// does without people, how often they must step in, whether repeated issues are solved sooner, and whether
// what it claims of itself is true.
//
// A matter is a decision about something that a member asked for; thanks, greetings and STOP are none. It
// is automated when its run was begun by the machine and nobody was called to it. An intervention is a
// thing that a person had to do: decide on a proposal, take over what was escalated, answer in the
// machine's place, act by hand.
//
// Rates of being right come from decisions of which a person said so. What was done alone is known by the
// reviews, which are drawn by chance: each stands for one over the probability of having been drawn (Horvitz,
// Thompson 1952; the ratio is Hájek's). What people were asked about is known in full and weighs one. Intervals
// are Clopper–Pearson's at 95 % for the effective number of outcomes (Kish 1965), exact when all weights are
// the same.
package result
