package console

import (
	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/store"
)

// patternAct is something that the page of a pattern may do, and what is said when it is done.
type patternAct struct {
	do   func(*visit, *store.Tx, learn.Change) (store.DecisionPattern, error)
	said string
	// asks has the reader see first what it would have done to the last month. What stops a pattern does
	// not ask: it must be one press.
	asks   bool
	title  string // of the page that asks
	about  string
	yes    string // its button
	danger bool
}

// patternActs lists the acts by what their buttons send.
func patternActs() map[string]patternAct {
	return map[string]patternAct{
		"pause": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Pause(v.r.Context(), tx, c)
		}, said: "Paused: people decide until it is resumed.",
			title: "Pause this pattern?", about: "People decide whenever it comes up, until somebody resumes it.", yes: "Pause it", danger: true},
		"resume": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Resume(v.r.Context(), tx, c)
		}, said: "Resumed.", asks: true,
			title: "Resume this pattern?", about: "It is followed again, as far as its record and its limit go.", yes: "Resume it"},
		"retire": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Retire(v.r.Context(), tx, c)
		}, said: "Retired.", asks: true,
			title: "Retire this pattern?", about: "It is followed no more. Its record is kept, and it can be resumed.", yes: "Retire it", danger: true},
		"delete": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return store.DecisionPattern{}, v.c.Memory.Delete(v.r.Context(), tx, c)
		}, said: "Deleted for good.", asks: true,
			title: "Delete this pattern for good?", about: "Its words, its situations and their outcomes are deleted, and whatever was merged into it. The decisions that followed it stay as they were taken. To keep what was learned, retire it instead.", yes: "Delete it for good", danger: true},
		"pin": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Pin(v.r.Context(), tx, c, club.Tier(v.field("ceiling")))
		}, said: "The limit is set.", asks: true,
			title: "Set this limit?", about: "Whatever its record earns, it does no more than that.", yes: "Set the limit"},
		"trip": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.TripBreaker(v.r.Context(), tx, c)
		}, said: "Tripped: people are asked every time.", asks: true,
			title: "Trip its breaker?", about: "People are asked every time, until enough good outcomes in a row close it, or somebody does.", yes: "Trip the breaker", danger: true},
		"correct": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Correct(v.r.Context(), tx, v.keys, c, v.correction())
		}, said: "Corrected.", asks: true,
			title: "Correct what it says and does?", about: "Other words or actions are another decision: its record begins anew. Another title alone changes nothing else.", yes: "Save the correction"},
		"merge": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Merge(v.r.Context(), tx, v.keys, c, idOf[club.PatternID](v.field("onto")))
		}, said: "Merged: its situations are part of this pattern.", asks: true,
			title: "Merge these two?", about: "Its situations move for good to the pattern that stays, whose words and actions hold. Its record counts there only if both do exactly the same. Whatever stops either of them stops the one that stays: a pause, a limit, a tripped breaker.", yes: "Merge", danger: true},
		"split": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Split(v.r.Context(), tx, v.keys, c, v.field("title"), ticked(v))
		}, said: "Split off: this is the pattern of the ticked situations.", asks: true,
			title: "Split these situations off?", about: "They become a pattern of their own that says and does the same until somebody corrects it. What people decided in them goes along.", yes: "Split them off"},
		"forget": {do: func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Forget(v.r.Context(), tx, c, idOf[club.PrecedentID](v.field("precedent")))
		}, said: "Forgotten.", asks: true,
			title: "Forget this situation?", about: "It is deleted for good, and its outcome no longer counts.", yes: "Forget it", danger: true},
	}
}

// correction is what the form of a correction asks for.
func (v *visit) correction() learn.Correction {
	to := learn.Correction{Title: v.field("title"), Words: v.text("words")}
	for _, a := range v.r.PostForm["action"] {
		to.Actions = append(to.Actions, club.ActionName(a))
	}
	return to
}

// ticked are the situations that are to be split off.
func ticked(v *visit) (chosen []club.PrecedentID) {
	for _, id := range v.r.PostForm["precedent"] {
		chosen = append(chosen, idOf[club.PrecedentID](id))
	}
	return chosen
}
