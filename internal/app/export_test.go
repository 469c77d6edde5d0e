package app

// KnowsWhomToTell reports whether every club that is served here has been asked whom to tell without the database.
func (a *App) KnowsWhomToTell() bool { return len(a.rolls.due(a.Cluster.Clock().Now())) == 0 }
