// Package act carries decisions out: it opens doors, restarts machines, sends what a procedure says,
// and looks again whether it worked.
//
// # The gate
//
// Nothing is done to the world but by an execution, and an execution exists only because the gate let
// it pass (gate.go). The gate finds the target in rows, never in a text; proves each prerequisite from
// rows and vendors, with source and time; and counts limits and takes the cooldown in the transaction
// that stores the execution. Machine, operators and integrators go through the same gate. A person may
// override some prerequisites with a reason, but no switch, cooldown or limit.
//
// # At most once, never lost
//
// An execution is claimed (its row), called (the member's standing is proved once more and called_at is
// committed, then the vendor is called with the execution's id as the key), and verified by a second look. Where a crash or a lost answer leaves open
// whether the vendor acted, the vendor is asked; nothing is called a second time unless the first call
// certainly never reached it. Only what the second look saw is a success. What nobody can say is
// unconfirmed, and a person looks.
//
// # Runs
//
// A run walks the steps of a decision (run.go), as package knowledge defines their meaning. Where it
// stands is a row, and each move is one transaction, so a run goes on after a crash at the step where
// it was. It ends when people take the thread over.
//
// The package does not decide what is to be done, and knows no vendor: RMM and Doors are declared here
// and given by the wiring. All types are safe for concurrent use.
package act
