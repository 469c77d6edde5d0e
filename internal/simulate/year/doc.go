// Package year lives a year of a club that never was in minutes: its members write, its devices fail and
// heal, its people approve, answer and err, and what ClubOS does, learns and gets wrong is measured
// against what was right.
//
// Everything between a text and its answer is the product: the inbox takes texts in, decide and learn
// weigh them, act walks through the gate, the desk calls people, all of it with its SQL. Jobs are worked
// by jobs.Stepper in the order of their due time, and the clock jumps from one to the next. Only the
// world is made up: members and their wishes, vendors (within the process), and the people, who press the
// same buttons as in the console.
//
// Everything follows from the seed: the same seed and configuration have the same trace, whose digest is
// part of the report.
package year
