package identity

import "time"

// throttle is how attempts to sign in are slowed down for one key. After the free ones each further
// attempt waits, twice as long each time.
type throttle struct {
	name   string
	free   int64         // attempts without a wait
	first  time.Duration // the first wait
	most   time.Duration // the longest wait
	forget time.Duration // without an attempt for this long, the count starts anew
}

// The three throttles. Attempts are counted before the password is looked at, so that parallel guesses
// do not slip through together; a success gives the attempt back.
//
//	pair     one account from one address: the honest user who mistypes, and the plain guesser
//	address  one address, any account: one password tried on everybody
//	account  one account, any address: guesses from many machines; its wait is short, because a long
//	         one would let a stranger lock the owner out
func throttles() (pair, address, account throttle) {
	return throttle{"pair", 5, 2 * time.Second, 15 * time.Minute, 24 * time.Hour},
		throttle{"address", 50, 2 * time.Second, 15 * time.Minute, time.Hour},
		throttle{"account", 100, 2 * time.Second, time.Minute, 24 * time.Hour}
}

// wait returns how long the next attempt must wait after the n-th in a row.
func (t throttle) wait(n int64) time.Duration {
	if n < t.free {
		return 0
	}
	d := t.first
	for range n - t.free {
		if d *= 2; d >= t.most {
			return t.most
		}
	}
	return d
}
