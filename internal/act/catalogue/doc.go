// Package catalogue is the list of everything ClubOS can do to the world, as data.
//
// An entry says what the action is called, how much harm it can do, what it acts on, which
// parameters it takes, what must hold before it may run, how often it may run, how one sees that it
// worked, and which call of which vendor carries it out. The gate, the console, the SOP validator
// and the API all read the same entries, so that none of them knows an action the others do not.
//
// It is not the gate: it does no I/O, asks no clock and runs nothing. Targets (which door, which
// bay, which device) are never parameters; they come from context, and Validate refuses an entry
// that tries otherwise.
//
//	c, err := catalogue.Load()
//	a, ok := c.Find("reboot_pc")
//	p, err := a.ParseParams(map[string]any{"mode": "normal"})
//
// A Catalogue is immutable once parsed and safe for concurrent use.
package catalogue
