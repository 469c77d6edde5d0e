package store

import (
	"context"
	"slices"
	"sync"
)

// line is where those stand who want SQLite's one writer. Whoever somebody outside waits for goes first. What
// need not wait for the disk is handed in by few, one after another, and takes turns with all others, of whom there are many
// and of whom each waits for it.
//
// Who goes first cannot hold up the others for good: a club has one lane (inbox), which is not in the line at the
// moment at which it leaves the writer.
type line struct {
	mu      sync.Mutex // guards the fields below
	held    bool
	waiting [3][]chan struct{} // by class, in their order
	eased   bool               // the last that did not go first was one of relaxed
}

// The classes, by their place in line.waiting.
const (
	classFirst = iota
	classRelaxed
	classOther
)

func classOf(m mode) int {
	switch m {
	case first:
		return classFirst
	case relaxed:
		return classRelaxed
	}
	return classOther
}

// enter waits until the writer is the caller's, who must leave then; or returns the context's error.
func (l *line) enter(ctx context.Context, class int) error {
	l.mu.Lock()
	if !l.held {
		l.held = true
		l.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	l.waiting[class] = append(l.waiting[class], turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	at := slices.Index(l.waiting[class], turn)
	if at >= 0 {
		l.waiting[class] = slices.Delete(l.waiting[class], at, at+1)
	}
	l.mu.Unlock()
	if at < 0 { // it was given the turn meanwhile
		l.leave()
	}
	return ctx.Err()
}

// leave hands the writer on.
func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	class := classFirst
	if len(l.waiting[classFirst]) == 0 {
		class = classRelaxed
		if len(l.waiting[classRelaxed]) == 0 || l.eased && len(l.waiting[classOther]) > 0 {
			class = classOther
		}
		l.eased = class == classRelaxed
	}
	if len(l.waiting[class]) == 0 {
		l.held = false
		return
	}
	turn := l.waiting[class][0]
	l.waiting[class] = slices.Delete(l.waiting[class], 0, 1)
	close(turn)
}
