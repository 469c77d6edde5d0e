// Package rota says who is on call: weekly shifts, read in the time zone of their place, and covers that
// change them for once. It computes and stores nothing; package oncall keeps the rows.
//
// A shift begins and ends by the clock on the wall. On the days on which clocks are changed a shift is
// therefore an hour shorter or longer, and two shifts that meet at a time of day meet on those days too:
// there is never a gap or an overlap that the rota does not show. A time that a day does not have, because
// clocks jump over it, is the instant of the jump; of a time that a day has twice, the first counts.
//
// Everything here is pure and safe for concurrent use.
package rota
