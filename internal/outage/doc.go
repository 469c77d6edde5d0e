// Package outage tells people when the database is gone: when nothing can be read, or nothing can be stored. All
// other calls to people are rows and jobs of that database, and would stay where they are.
//
// A Watch looks at the database every few seconds. When no look has gone well for Timing.After, it tells those whom
// it last knew to be on call, by the vendors' clients that are in memory, and goes on trying those whom it does not
// reach while the outage lasts. When the database has worked again for Timing.Calm, the same people are told that.
// One that goes and comes within that time is one outage.
//
// Somebody is told once of an outage by each way that they have, whatever number of clubs they work at, and at most
// once in Timing.Apart. Replicas that share Redis tell each way once among them (Marks); without it, or when it is
// gone as well, each replica tells for itself, and says its name.
//
// It does not look at the database or choose people itself: app hands it both.
package outage
