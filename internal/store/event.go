package store

// Cleared reports whether the state that an event reported is over.
func (e Event) Cleared() bool { return e.ClearedAt != nil }
