// Package crashtest proves from outside that the program survives being ended at any moment, and whatever
// becomes of what it calls: it builds the real binary, runs `clubos serve` as a child process against
// stand-ins for the vendors, posts signed webhooks the way vendors do (repeated, shuffled, side by side,
// again until they are acknowledged), and meanwhile
//
//   - ends the child by SIGKILL and SIGTERM at random moments (crash), and by SIGKILL at each of its
//     failpoints (failpoint; they are linked in here and nowhere else), and starts it again;
//   - kills, adds and upgrades replicas behind the balancer that is shipped (replica);
//   - stops a PostgreSQL server of its own as a crash of it does (database);
//   - has the wires to vendors (fault), to the database and to Redis (store_fault) hang, break, crawl, and cut.
//
// What must hold in the end, on the engine that the tests run on:
//
//   - every text that was acknowledged is stored exactly once;
//   - no text left for a member more often than it is recorded, and none twice for one decision;
//   - no device got a command twice for one execution, and none that is said to have worked never;
//   - what nobody can vouch for is with a person;
//   - every matter is answered or with a person, and no work is left over;
//   - a server that is asked to end drains, and ends well.
//
// Moments and order follow from a seed, which is printed; CLUBOS_CRASH_SEED sets it. CLUBOS_CRASH_FOR adds a
// long run of that duration, or of CLUBOS_CRASH_KILLS ends, which add up over the runs that CLUBOS_CRASH_SUMS names one
// file for, and CLUBOS_CRASH_STOPS sets how often the
// database is stopped: make crash. Everything listens on loopback, and nothing but the tests' own children is
// ever signalled. The package holds tests only.
package crashtest
