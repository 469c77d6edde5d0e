package identity

import (
	"net/http"
	"net/netip"
	"strings"
)

// ClientAddr returns the address a request came from. X-Forwarded-For is believed only as far as
// trusted proxies wrote it: the list is read from its end, and the first address that is not a trusted
// proxy is the client. With no trusted proxies the header is ignored, because anybody can send one.
// The zero Addr means that the address is not known (a Unix socket).
func ClientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(addr, trusted); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // a proxy of ours does not write this: what stands further left is worth nothing
		}
		addr = hop.Unmap().WithZone("")
	}
	return addr
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// AddrKey is the part of an address that one party controls: an IPv6 customer has a whole /64.
func AddrKey(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
