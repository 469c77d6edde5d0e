package vendor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports that FreeAddress chooses from. They lie below those that systems take for outgoing
// connections, so that none of these can take one before its listener does.
const (
	firstPort = 20000
	lastPort  = 32000
)

// FreeAddress finds an address of loopback that nobody listens on, for whoever must know an address
// before listening there, or listens there again after a pause.
func FreeAddress(ctx context.Context) (string, error) {
	var err error
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(lastPort-firstPort)))
		var l net.Listener
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", fmt.Errorf("find a free port: %w", err)
}
