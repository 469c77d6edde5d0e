// Package reliability says how often a decision may rightly be claimed to work, from the outcomes that
// it has had. It is pure computation.
//
// # The claim
//
// A bound L at level α means: whatever the true success rate is, the probability that L ever exceeds
// it, at any of the looks that are taken after every outcome, is at most α. An interval for a fixed
// number of outcomes does not hold under such looking; this one does.
//
// It rests on a test martingale (Ville 1939; Robbins 1970). For a supposed rate θ, S successes and F
// failures, let
//
//	M(θ) = ∫ p^S (1−p)^F dπ(p) / (θ^S (1−θ)^F)
//
// with π a Beta(a, b) law restricted to p > θ. If the true rate is at most θ, M is a nonnegative
// supermartingale that starts at one, so it ever reaches 1/α with probability at most α. L is the
// largest θ below which every θ is refuted so. Because p > θ, three changes to the counts keep the
// property, and all are used:
//
//   - an outcome x between 0 and 1 adds x to S and 1−x to F, since p^x(1−p)^(1−x)/(θ^x(1−θ)^(1−x)) is
//     convex in x (Hoeffding 1963);
//   - successes may count for less than one, by their source or their age, since that only lowers M;
//   - successes may be left out, one person's for instance.
//
// Failures therefore never weigh less, and never age, within an epoch. An epoch begins when the
// decision itself changes, or when its record was broken, and evidence from before it does not count.
//
// # Whose word it rests on
//
// Outcomes that a person judged are only as good as the person. The bound is the smallest of those
// that leave out one person's successes, so nobody lifts a decision alone, and a share of the
// remaining judgements is taken to be mistaken (Policy.LabelError).
//
// # Where it holds
//
// Evidence is pooled over places as long as no place's own record speaks against it: the claim is
// about the decisions of a tier together. A place whose own failures refute the pooled bound stands on
// its own record from then on.
//
// # When it stops holding
//
// Detector watches for a fall of the rate below what is claimed, by the CUSUM of a likelihood ratio
// (Page 1954; as an e-detector Shin, Ramdas, Rinaldo 2024): the mean time to a false alarm is at least
// its threshold in outcomes, whenever the claim is true.
package reliability
