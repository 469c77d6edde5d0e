package app

import (
	"runtime/debug"
	"time"
)

// quietEvery bounds how often memory is given back: to collect it takes some tens of milliseconds.
const quietEvery = time.Minute

// quiet gives memory back when nothing happens in any club.
func (a *App) quiet() {
	now := a.Cluster.Clock().Now().UnixNano()
	if last := a.rested.Load(); now-last >= int64(quietEvery) && a.rested.CompareAndSwap(last, now) {
		debug.FreeOSMemory()
		unmapProgram()
	}
}

// rest gives back what only the start needed: a start takes twice what is kept of it, reads each model into
// buffers of its own, by connections that keep what they have read, and runs through much of the program once.
func (a *App) rest() {
	a.Cluster.Rest()
	debug.FreeOSMemory()
	unmapProgram()
}
