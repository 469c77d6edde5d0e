// Package archive saves clubs in a file and brings them back, on either engine, and copies them from one
// installation to another.
//
// A club is read in one state while it goes on serving. What is saved is what the tables say, not how an
// engine keeps it, so that a club saved on SQLite can be restored on PostgreSQL and the other way round.
// Each table carries a digest of its rows, which does not depend on their order nor on the engine: after
// a restore the digests of what was written are compared with those of what was read.
//
// # The file
//
// One line in clear, "CLUBOS-BACKUP 1 <id of the master key>", then a stream sealed by the vault
// (AES-256-GCM, with the line as context) that holds gzip of JSON lines: an object is a frame, an array
// is a row of the table at hand.
//
//	{"backup":{"program":…,"engine":…,"created_at":…}}
//	{"club":{"id":…,"slug":…,"name":…,"status":…,"keyset":…,"created_at":…,"schema":16}}
//	{"table":{"name":…,"columns":[{"name":…,"kind":"text"}]}}
//	["…",null,12,true,"0.5",1790000000000000,"base64"]    text, integer, boolean, real, time in µs, bytes
//	{"table_end":{"rows":…,"digest":…}}
//	{"job":{…}}
//	{"club_end":{"jobs":…,"digest":…}}
//	{"backup_end":{"clubs":…}}
//
// Unfinished jobs are saved as well: deadlines and replies under way go on after a restore, with all
// their tries before them. A file that was cut short, altered or sealed under another master key is
// refused before anything is written of the part that is not whole.
package archive
