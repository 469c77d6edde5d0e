package crashtest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// fault is what becomes of a wire.
type fault string

const (
	hangs fault = "timeout" // what is asked arrives; no answer does
	reset fault = "reset"   // likewise, and the connection is broken
	slow  fault = "slow"    // answers take longer
	slice fault = "slice"   // answers come in crumbs
	down  fault = "down"    // nobody can be reached
)

func faults() []fault { return []fault{hangs, reset, slow, slice, down} }

// fatal reports whether nothing can be learned over a wire with the fault.
func (f fault) fatal() bool { return f == hangs || f == reset || f == down }

// wire stands between the program and what it calls.
type wire struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// newWire leads to the host of an address.
func newWire(t *testing.T, to string) *wire {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal("an address cannot be read")
	}
	quiet := zerolog.Nop()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), quiet), "wire", "127.0.0.1:0", u.Host)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return &wire{t: t, proxy: p}
}

// through is an address as it is reached over the wire.
func (w *wire) through(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		w.t.Fatal("an address cannot be read")
	}
	u.Host = w.proxy.Listen
	return u.String()
}

// suffer gives the wire a fault.
func (w *wire) suffer(f fault) {
	w.t.Helper()
	if f == down {
		w.proxy.Stop()
		return
	}
	toxic := map[fault]string{
		hangs: `{"type":"timeout","attributes":{"timeout":0}}`,
		reset: `{"type":"reset_peer","attributes":{"timeout":0}}`,
		slow:  `{"type":"latency","attributes":{"latency":800,"jitter":200}}`,
		slice: `{"type":"slicer","attributes":{"average_size":32,"size_variation":16,"delay":1000}}`,
	}[f]
	if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		w.t.Fatal(err)
	}
}

// mend has the wire as it was at first.
func (w *wire) mend() {
	w.t.Helper()
	w.proxy.Toxics.ResetToxics(w.t.Context())
	if !w.proxy.Enabled {
		if err := w.proxy.Start(); err != nil {
			w.t.Fatal(err)
		}
	}
}
