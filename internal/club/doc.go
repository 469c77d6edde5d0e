// Package club is the vocabulary of ClubOS: typed ids, places, people, messages, decisions,
// actions, errors, money and the clock. Every other package speaks these words.
//
// It holds data and the rules that need nothing but the data (which status may follow which,
// which tier a confidence earns). It does no I/O and imports the standard library only, so that
// any package may import it. All values are safe to copy; nothing here needs a lock.
package club
