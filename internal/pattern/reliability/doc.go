// Package reliability says how often a decision may rightly be claimed to work, from the outcomes that
// it has had. It is pure computation.
//
// # The claim
//
// A bound L at level α means: whatever the true success rate is, the probability that L ever exceeds
// it, at any of the looks that are taken after every outcome, is at most α. An interval for a fixed
// number of outcomes does not hold under such looking; this one does.
//
// It rests on a test martingale (Ville 1939; Robbins 1970) made of bets (Waudby-Smith, Ramdas 2023). For a
// supposed rate θ, S successes and F failures, and a bet that failures are only the share u of what θ allows,
//
//	M(θ) = Σ w(u) · (u + (1−u)/θ)^S · u^F
//
// If the true rate is at most θ, each term is a nonnegative supermartingale that starts at its weight, so M
// ever reaches 1/α with probability at most α. L is the largest θ below which every θ is refuted so; M falls
// as θ rises, so that it is found by bisection. Half of what is allowed, a quarter and so on to a 64th are bet
// on alike: nobody knows by how much a decision is better than the tier asks for, and one law serves every tier.
//
// These changes to the counts keep the property, and all are used:
//
//   - an outcome x between 0 and 1 adds x to S and 1−x to F, since the logarithm of 1 + λ(x−θ) is concave in x;
//   - successes may count for less than one, by their source, since that only lowers M;
//   - what people judge may be mistaken: where they call the share e of what is wrong right, a judged success
//     is tested against θ + (1−θ)e. What a device verified is not judged, and is tested against θ;
//   - the situation may not have been the known one. If the probability was m, a success was to be expected
//     with θm, and Π(1 + (e^s−1)θmᵢ) is at most what the mean of all m gives, for the logarithm is concave in m.
//     So the record of uncertain matches is tested against θ times their mean. A decision's confidence is its
//     match times L; what mismatches cost is paid for once.
//
// # Age
//
// An outcome counts half after a HalfLife, whichever way it speaks. To raise a martingale to the power γ < 1
// is at most to mix it with one that begins afresh: M^γ ≤ γM + (1−γ). So a record that ages is a mixture of
// records that begin at every moment, of total weight 1 + T·ln 2/HalfLife after a time T, and within T the bound
// ever exceeds the truth with probability at most α times that. If failures alone did not age, every decision
// that fails at all would lose what it has earned as time goes by.
//
// An epoch begins when the decision itself changes, or when its record was broken, and evidence from before
// it does not count.
//
// # Whose word it rests on
//
// One person may be careless or hostile, and nobody knows who. The bound is the smallest of those that leave out
// all that one person said, so nobody lifts a decision alone: whoever it is, one of these holds, and the
// smallest is no greater.
//
// # Upper bounds
//
// That a rate is at most U is shown by the same means with successes and failures exchanged, every outcome
// counted in full, and all shares u bet on alike. Where a record refutes what was written down beforehand, U
// takes its place.
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
