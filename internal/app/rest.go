package app

import (
	"runtime/debug"
)

// rest gives back what only the start needed: a start takes twice what is kept of it, reads each model into
// buffers of its own, by connections that keep what they have read, and runs through much of the program once.
func (a *App) rest() {
	a.Cluster.Rest()
	debug.FreeOSMemory()
	unmapProgram()
}
