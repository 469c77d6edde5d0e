// Package anomaly says what is unusual about a matter, so that people look before something moves. It is
// pure computation over counts, instants and words that the caller has read.
//
// A Finding names what is unusual, how strongly, in words, and what it asks for (Need). It can only
// lower what a decision may do by itself. Every kind that tests something has a stated level: how often
// it fires while nothing has changed (Policy).
//
// # Too often
//
// Let k events have been seen in t hours, and n others in the last w hours besides the one that is looked
// at. (The others of a Poisson process, seen from one of its events, are a Poisson process of the same
// rate: Slivnyak 1962. So looking at every event does no harm.) If the rate is the same, then n of the n+k
// events are a binomial draw with share x = w/(w+t), whatever the rate is (Przyborowski, Wilenski 1940):
//
//	P(N ≥ n) = P(Bin(n+k, x) ≥ n) = I_x(n, k+1)
//
// with I the regularised incomplete beta function. It is also the tail of the Gamma–Poisson (negative
// binomial) prediction after a Gamma(k+1, t) posterior. Rates differ by the hour of the week, so k and t
// are those of that hour, in the place's own time; a window that touches two hours takes the one in
// which it is less surprising. An hour with few events is shrunk towards the same hour of all days, r
// events an hour, as if κ hours of that had been seen: I_x(n, k+1+κr) with t+κ. The larger of the two
// tails counts. The first is exact and keeps the level; shrinkage can only make a count less surprising.
//
// Without enough history there is only a shipped rate r, worth κ hours: I_x(n, k+1+κr) with t+κ. It holds
// its level for places that are no busier than r.
//
// # At an unusual time
//
// Of K earlier matters of a kind, s stand alone: no other within an hour of the week of theirs. If the
// matter at hand stands alone too, it is one of s+1 such among K+1; were it drawn as they were, that
// happens with probability at most (s+1)/(K+1). This is the rank p-value of conformal prediction (Vovk,
// Gammerman, Shafer 2005), and its s/K the estimate of unseen mass of Good (1953). With little history it
// cannot be small, so little history accuses nobody.
//
// # Unlike other members
//
// A member's day is compared with M days of members of the same place: (1 + #{days with at least as
// much}) / (M+1), the same rank p-value. Counts only grow during a day, so looking often does no harm.
//
// # Many at once
//
// Several numbers with one matter at one place within minutes are one situation when the tail above, for
// the other numbers, is small. Who writes again within the hour is counted once.
//
// # What needs no test
//
// A text that nothing known is like (the matcher's probability says how sure that is), data that
// contradict each other, and words that ask for what nobody may have are findings by themselves.
package anomaly
