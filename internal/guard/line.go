package guard

import "slices"

// waiter is a request without a place.
type waiter struct {
	class  Class
	club   string
	came   uint64    // its number, in the order in which they came
	answer chan bool // receives true with a place, false when it made room for another
}

// line is who waits, of one class: of each club, in the order in which they came.
type line struct {
	clubs map[string][]*waiter
	n     int
}

func (l *line) push(w *waiter) {
	if l.clubs == nil {
		l.clubs = map[string][]*waiter{}
	}
	l.clubs[w.club] = append(l.clubs[w.club], w)
	l.n++
}

// remove takes one out, and reports whether it was there.
func (l *line) remove(w *waiter) bool {
	q := l.clubs[w.club]
	switch i := slices.Index(q, w); {
	case i < 0:
		return false
	case len(q) == 1:
		delete(l.clubs, w.club)
	case i == 0: // most often: nothing is moved
		q[0] = nil
		l.clubs[w.club] = q[1:]
	default:
		l.clubs[w.club] = slices.Delete(q, i, i+1)
	}
	l.n--
	return true
}

// next returns who came first of the club that has the least; most have none.
func (l *line) next(has func(of string) (places int, more bool)) (first *waiter) {
	fewest := 0
	for of, q := range l.clubs {
		places, more := has(of)
		if more && (first == nil || places < fewest || places == fewest && q[0].came < first.came) {
			first, fewest = q[0], places
		}
	}
	return first
}

// newest returns who came last.
func (l *line) newest() (last *waiter) {
	for _, q := range l.clubs {
		if w := q[len(q)-1]; last == nil || w.came > last.came {
			last = w
		}
	}
	return last
}

// newestOfMost returns who came last of the club that has the most in the line, and how many those are.
func (l *line) newestOfMost() (last *waiter, n int) {
	for _, q := range l.clubs {
		w := q[len(q)-1]
		if len(q) > n || len(q) == n && w.came > last.came {
			last, n = w, len(q)
		}
	}
	return last, n
}

// of returns how many of a club are in the line.
func (l *line) of(club string) int { return len(l.clubs[club]) }
