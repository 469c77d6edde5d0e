// Package crashtest proves from outside that the program survives being ended at any moment: it builds
// the real binary, runs `clubos serve` as a child process against stand-ins for the vendors, posts
// signed webhooks the way vendors do (repeated, shuffled, side by side, again until they are
// acknowledged), and meanwhile kills the child with SIGKILL and SIGTERM and starts it again.
//
// What must hold in the end, on the engine that the tests run on:
//
//   - every text that was acknowledged is stored exactly once;
//   - no text left for a member more often than it is recorded, and none twice for one decision;
//   - no device got a command twice for one execution;
//   - every matter is answered or with a person, and no work is left over;
//   - a server that is asked to end drains, and ends well.
//
// Moments and order follow from a seed, which is printed; CLUBOS_CRASH_SEED sets it. Everything listens
// on loopback, and nothing but the tests' own children is ever signalled. The package holds tests only.
package crashtest
