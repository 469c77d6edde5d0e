// Package archtest holds the rules of the house that a compiler does not know: which package may
// import which, how long a file may grow, that a setting is read by some code, that a job's kind is
// used once, that every lesson has its test. It has tests only.
//
// A rule reads the sources with go/parser and returns findings, each with the reason why the thing is
// forbidden. Nothing is built or run, so the tests take about a second and hold even while another
// package does not compile. Every rule is also run on a small made-up source that breaks it: a rule
// that cannot fail guards nothing.
package archtest
