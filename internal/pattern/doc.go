// Package pattern says which known situation a text is like. It is trained on
// labelled example texts (the triggers of SOPs) and answers with candidates,
// the example that each resembles most, and a confidence; "none of these" is
// an answer.
//
// It is pure computation: no I/O, no clock, no package state. Training makes an
// immutable Matcher; a change of examples trains another one. It knows nothing
// of what happens after a match: whether a decision works is a question of
// outcomes, which this matcher has none of, so its confidence stays below
// MaxConfidence whatever the text.
//
// # Similarity
//
// A text becomes three groups of features: stemmed words, pairs of neighbouring
// content words, and character 2- to 4-grams across word borders. A feature f
// that occurs tf times weighs (1 + ln tf) · icf(f) with
//
//	icf(f) = ln((L + 21) / (l(f) + 1))
//
// where L is the number of labels and l(f) how many of them use f: inverse
// document frequency (Spärck Jones 1972) counted over labels, smoothed as if
// there were 20 more, since small sets say little about rarity. Each group is
// scaled to length one, and the similarity of two texts is the weighted sum of
// the groups' cosines (Salton, Buckley 1988: tf-idf and cosine; Cavnar, Trenkle
// 1994: character n-grams). Words never seen in training count in the length of
// a text, so that unknown matter lowers every similarity.
//
// # Negation
//
// A forbidden request ("do NOT unlock the door", read by package phrase) and a
// reported failure ("the door won't unlock") turn the words they govern into
// features of their own, different from the plain word and from each other. So
// the forbidding of an act shares nothing with the wish for it.
package pattern
