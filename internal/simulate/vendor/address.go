package vendor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports that listeners get, and those that FreeAddress hands out. They lie below those that systems take for
// outgoing connections, so that none of these can take one before its listener does, nor while a server that is
// to come back at its address is away; and apart, so that no other listener can.
const (
	firstListening = 20000
	firstFree      = 26000
	endFree        = 32000
)

// ListenSomewhere listens on an address of loopback that nobody else has.
func ListenSomewhere(ctx context.Context) (net.Listener, error) {
	return listenWithin(ctx, firstListening, firstFree)
}

func listenWithin(ctx context.Context, first, end int) (net.Listener, error) {
	var err error
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(first+rand.IntN(end-first)))
		var l net.Listener
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("find a free port: %w", err)
}

// FreeAddress finds an address of loopback that nobody listens on, for whoever must tell another process of one
// before that listens on it: somebody else may be faster. Whoever listens themselves use ListenSomewhere.
func FreeAddress(ctx context.Context) (string, error) {
	l, err := listenWithin(ctx, firstFree, endFree)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
