package store

import (
	"context"
	"slices"
	"sync"
	"time"
)

// line is where those stand who want SQLite's one writer. Whoever somebody outside waits for goes first, then what is urgent. What
// need not wait for the disk is handed in by few, one after another, and takes turns with all others, of whom there are many
// and of whom each waits for it.
//
// While those who go first come all the time, the writer is left to them for a while after each of the others, so that
// few of them find it taken. What the others do is safe where it is, and can be done afterwards.
//
// Who goes first cannot hold up the others for good: a club has one lane (inbox), which is not in the line at the
// moment at which it leaves the writer. Nor can what is urgent: one of the others has a turn after some of them.
type line struct {
	mu      sync.Mutex // guards the fields below
	held    bool
	class   int                // of who holds it
	since   time.Time          // it is held
	waiting [4][]chan struct{} // by class, in their order
	eased   bool               // the last of them that did not go first and was not urgent was one of relaxed
	urgent  int                // how many that are urgent have had it one after the other
	resting bool               // it is left to those who go first
	first   crowd              // how often they come
}

const (
	// Of those that are urgent so many have it one after the other while others wait, too.
	mostUrgent = 8
	// The writer is left to them so many times as long as one of the others had it, mostRest at most.
	rests    = 3
	mostRest = 50 * time.Millisecond
)

// The classes, by their place in line.waiting.
const (
	classFirst = iota
	classUrgent
	classRelaxed
	classOther
)

func classOf(m mode, urgent bool) int {
	switch {
	case m == first:
		return classFirst
	case urgent:
		return classUrgent
	case m == relaxed:
		return classRelaxed
	}
	return classOther
}

// enter waits until the writer is the caller's, who must leave then; or returns the context's error.
func (l *line) enter(ctx context.Context, class int) error {
	l.mu.Lock()
	if class == classFirst {
		l.first.came(time.Now())
	}
	if !l.held && (class <= classUrgent || !l.resting) {
		l.take(class)
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

func (l *line) take(class int) {
	l.held, l.class, l.since = true, class, time.Now()
	switch class {
	case classUrgent:
		l.urgent++
	case classRelaxed, classOther:
		l.urgent, l.eased = 0, class == classRelaxed
	}
}

// leave hands the writer on.
func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.class > classUrgent && l.first.comes(now) {
		l.resting = true
		time.AfterFunc(min(rests*now.Sub(l.since), mostRest), l.rested)
	}
	l.held = false
	l.handOn()
}

// rested ends the time for which the writer was left to those who go first.
func (l *line) rested() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resting = false
	if !l.held {
		l.handOn()
	}
}

// next is the class whose turn it is.
func (l *line) next() int {
	others := len(l.waiting[classRelaxed])+len(l.waiting[classOther]) > 0
	switch {
	case len(l.waiting[classFirst]) > 0:
		return classFirst
	case len(l.waiting[classUrgent]) > 0 && (l.urgent < mostUrgent || l.resting || !others):
		return classUrgent
	case len(l.waiting[classRelaxed]) > 0 && !(l.eased && len(l.waiting[classOther]) > 0):
		return classRelaxed
	}
	return classOther
}

// handOn gives the writer to whoever is next.
func (l *line) handOn() {
	class := l.next()
	if len(l.waiting[class]) == 0 || l.resting && class > classUrgent {
		return
	}
	turn := l.waiting[class][0]
	l.waiting[class] = slices.Delete(l.waiting[class], 0, 1)
	l.take(class)
	close(turn)
}
