// Package bench measures what a machine makes of ClubOS: how soon it serves, how much memory it takes,
// how many texts a second it acknowledges, and how soon it decides on them.
//
// Each scenario runs the real program as a child process on loopback, on an installation made for it:
// a temporary directory with SQLite files, or a database of its own on a PostgreSQL server. The club
// is synthetic, the vendors' stand-ins run in the measuring process, and what was made is removed at
// the end. Load generator and server share the machine's cores, so figures are below what two machines
// would give. All of it is bounded in time; memory is read from /proc and is 0 elsewhere than on Linux.
package bench
