// Package health tells how a club fares: what waits and for whom, how quickly texts are decided on, and
// which vendors answer. It reads and changes nothing.
//
// All but the breakers and the process's own figures is read from stored rows, so that every replica tells
// the same, also right after a restart. A breaker is a matter of the process that asks: each replica finds
// out for itself whether a vendor answers.
package health
