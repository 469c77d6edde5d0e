package simulate

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
)

// VisitConfig says which pages are asked for, by whom, and how hard.
type VisitConfig struct {
	// Target is the server's address, like http://127.0.0.1:8080. Required.
	Target string
	// Paths are asked for in turn: /c/fairway24/inbox. Required.
	Paths []string
	// Header goes with each request, like a session's cookie or a key.
	Header map[string]string
	// Rate is how many requests are sent per second, on schedule. 0: a closed loop, as of a LoadConfig.
	Rate int
	// Duration is how long. Required.
	Duration time.Duration
	// Connections is how many requests may be under way. Default 16.
	Connections int
	// Timeout is how long an answer may take. Default 10 s.
	Timeout time.Duration
}

// Visit asks for pages and measures how they are answered, as Load does for texts. An answer counts as
// acknowledged when it says 2xx and has been read to its end.
func Visit(ctx context.Context, c VisitConfig) (Report, error) {
	c.Connections, c.Timeout = cmp.Or(c.Connections, 16), cmp.Or(c.Timeout, 10*time.Second)
	switch {
	case c.Target == "" || len(c.Paths) == 0 || c.Duration <= 0:
		return Report{}, club.Invalid("visits need a target, paths and a duration")
	case c.Rate < 0 || c.Connections < 0:
		return Report{}, club.Invalid("the visits' numbers are out of range")
	}
	target, err := parseTarget(c.Target)
	if err != nil {
		return Report{}, err
	}
	requests := c.requests(target)
	return drive(ctx, schedule{rate: c.Rate, duration: c.Duration, connections: c.Connections, timeout: c.Timeout}, func() (*wire, error) {
		w := &wire{target: target, timeout: c.Timeout}
		w.write = func(i int, _ time.Time) { w.out = append(w.out[:0], requests[i%len(requests)]...) }
		return w, nil
	})
}

// requests writes what is asked for, once for all.
func (c VisitConfig) requests(target *url.URL) []string {
	var header strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		header.WriteString(name + ": " + c.Header[name] + "\r\n")
	}
	out := make([]string, len(c.Paths))
	for i, p := range c.Paths {
		out[i] = "GET " + strings.TrimRight(target.Path, "/") + p + " HTTP/1.1\r\nHost: " + target.Host + "\r\n" + header.String() + "\r\n"
	}
	return out
}
