// Package hindsight says what a change would have done to the last month: another setting, a kill switch, a
// permission, or what people do to a pattern (pause, pin, correct, merge, split, delete).
//
// Try makes the change in a transaction that is undone, and replays the month's decisions in both worlds: the
// club as it is, and as it would be. What differs between the worlds takes the place of what was recorded of a
// decision; all else stays as it was then (Replay says what that leaves out). Nothing is stored, sent or
// announced, and nothing here decides or judges: what a record proves is asked of learn, which knows nothing
// of this package.
package hindsight
