package store

import (
	"context"
	"slices"
	"sync"
	"time"
)

// line is where those stand who want SQLite's one writer. Whoever somebody outside waits for goes first. What
// need not wait for the disk is handed in by few, one after another, and takes turns with all others, of whom there are many
// and of whom each waits for it.
//
// While those who go first come all the time, the writer is left to them for a while after each of the others, so that
// few of them find it taken. What the others do is safe where it is, and can be done afterwards.
//
// Who goes first cannot hold up the others for good: a club has one lane (inbox), which is not in the line at the
// moment at which it leaves the writer, and what is urgent is rare.
type line struct {
	mu      sync.Mutex // guards the fields below
	held    bool
	class   int                // of who holds it
	since   time.Time          // it is held
	waiting [3][]chan struct{} // by class, in their order
	eased   bool               // the last that did not go first was one of relaxed
	resting bool               // it is left to those who go first
	came    [often]time.Time   // when those who go first came last, the eldest at next
	next    int
}

const (
	// Those who go first come all the time when so many came within so long.
	often       = 8
	oftenWithin = 100 * time.Millisecond
	// The writer is left to them so many times as long as one of the others had it, mostRest at most.
	rests    = 3
	mostRest = 50 * time.Millisecond
)

// The classes, by their place in line.waiting.
const (
	classFirst = iota
	classRelaxed
	classOther
)

func classOf(m mode, urgent bool) int {
	switch {
	case m == first || urgent:
		return classFirst
	case m == relaxed:
		return classRelaxed
	}
	return classOther
}

// enter waits until the writer is the caller's, who must leave then; or returns the context's error.
func (l *line) enter(ctx context.Context, class int) error {
	l.mu.Lock()
	if class == classFirst {
		l.came[l.next] = time.Now()
		l.next = (l.next + 1) % often
	}
	if !l.held && (class == classFirst || !l.resting) {
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

func (l *line) take(class int) { l.held, l.class, l.since = true, class, time.Now() }

// leave hands the writer on.
func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.class != classFirst && now.Sub(l.came[l.next]) < oftenWithin {
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

// handOn gives the writer to whoever is next.
func (l *line) handOn() {
	class := classFirst
	if len(l.waiting[classFirst]) == 0 {
		if l.resting {
			return
		}
		class = classRelaxed
		if len(l.waiting[classRelaxed]) == 0 || l.eased && len(l.waiting[classOther]) > 0 {
			class = classOther
		}
		l.eased = class == classRelaxed
	}
	if len(l.waiting[class]) == 0 {
		return
	}
	turn := l.waiting[class][0]
	l.waiting[class] = slices.Delete(l.waiting[class], 0, 1)
	l.take(class)
	close(turn)
}
