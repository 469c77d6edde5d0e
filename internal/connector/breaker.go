package connector

import (
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// Breaker is the state of a client's breaker.
type Breaker struct {
	// State is "closed" while calls go out, "open" while none does, and "half-open" while one may try.
	State   string
	RetryIn time.Duration // of an open one: when a call may try
}

// Breaker returns the state of the breaker in this process.
func (c *Client) Breaker() Breaker {
	switch c.breaker.State() {
	case circuitbreaker.OpenState:
		return Breaker{State: "open", RetryIn: c.breaker.RemainingDelay()}
	case circuitbreaker.HalfOpenState:
		return Breaker{State: "half-open"}
	}
	return Breaker{State: "closed"}
}
