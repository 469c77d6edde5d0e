//go:build !linux

package app

// unmapProgram does nothing where nobody says which pages are the program's.
func unmapProgram() {}
