// Package store keeps everything ClubOS knows in SQL: one text for SQLite and PostgreSQL.
//
// Open returns a Cluster: the control plane, which knows the tenants, and a Tenant for each of them.
// A tenant on SQLite is a database file of its own; on PostgreSQL it is a schema with a role of its
// own that has no right anywhere else. Read and Write hand a transaction to a function; the Tx has
// the generated queries (queries/*.sql) and Enqueue, which stores a job in the same transaction.
//
// Rows and parameters are the generated structs. Times are UTC in microseconds; ids that are zero
// are NULL. Errors are translated: a missing row is club.CodeNotFound, a broken unique constraint is
// club.CodeConflict, a database that cannot be reached is club.CodeUnavailable.
//
// A Write function may run more than once when PostgreSQL reports a deadlock, so it must have no
// effect outside its transaction: use Tx.AfterCommit for that. All types are safe for concurrent use
// except Tx, which belongs to its function.
package store
