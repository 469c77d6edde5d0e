// Package phrase reads short member texts by fixed rules, before anything is
// matched or any model is asked: opt-out words, a wish for a person,
// emergencies, thanks, tapbacks, yes and no, bay numbers, negated requests.
//
// It is pure: no I/O, no clock, no configuration. The same text gives the same
// reading for ever, so a reading never needs to be stored. It is no matcher:
// what a text is about is the business of package pattern.
//
// Every reading has its words in a file of its own (emergency_words.go,
// human.go, …), written in the small phrase notation that table.go explains.
// Tables are compiled once; all functions are safe for concurrent use and none
// panics, whatever bytes it is given.
package phrase
