// Package pattern says which known situation an event is: a text that somebody
// wrote, a fault, a booking, an access event, with its circumstances. It is trained
// on labelled examples and answers with candidates, the precedent that each
// resembles most, and the probability that the first is right; "none of these" is
// an answer.
//
// It is pure computation: no I/O, no clock, no package state. A Model is immutable;
// equal examples and seed give an equal model, and the same bits on every
// processor. It knows nothing of what happens after a match: whether a decision
// works is the question of package reliability.
//
// # How it is used
//
//   - Matcher: the triggers of procedures, matched by text, by words or by meaning.
//   - Model: TrainModel, Predict; With adds precedents without training;
//     MarshalBinary stores it.
//   - Learner: decides events as they come, learns from those that are handed to
//     people or audited, and answers by itself as far as its own record allows.
//   - Threshold, FitCalibrator, ClopperPearson: from outcomes to promises.
//
// # Features
//
// An event becomes features of five kinds: words as written and pairs of
// neighbours; light stems and pairs of them up to three words apart; character 2-
// to 5-grams across word borders; circumstances; and its meaning, the
// fields of its words in package lexicon. Features but the last weigh (1 + ln tf) · idf
// (Spärck Jones 1972; Salton, Buckley 1988). Each kind is scaled to its share of
// length one, and features never seen in training count in that length, so that
// unknown matter lowers every score.
//
// A forbidden request ("do NOT unlock the door", read by package phrase) and a
// reported failure ("the door won't unlock") turn the words that they govern into
// features of their own, different from the plain word and from each other. So the
// forbidding of an act shares nothing with the wish for it.
//
// # Learners
//
// A committee of one linear support vector machine per label against all others
// (Hsieh et al. 2008) and three nets with one hidden layer and much dropout. Examples
// of none of the labels are negatives for the first and a label of their own for
// the nets (outlier exposure: Hendrycks, Mazeika, Dietterich 2019). Candidates are
// ranked by the nets' mean log probability plus twice the linear score. The
// weights are stored in one byte each, a feature's weights for all learners side
// by side.
//
// # How sure
//
// The selector, a logistic regression on some twenty signals (margins, agreement,
// nearness of examples, unseen matter), tells whether the first candidate is right.
// It learns from rehearsals: models trained without a part of the labels and of the
// examples see what they were not shown, so near misses are known from the training
// set alone. A Calibrator corrects its odds by outcomes.
package pattern
