package demo_test

import (
	"log/slog"
	"net"
	"testing"

	"clubos/internal/demo"
	"clubos/internal/simulate/vendor"
)

// TestTextsOfEveryVendorAreTakenUnderANamedAddress: Twilio signs the address it calls, so the demo must
// be called by the very name that it was told to listen on.
func TestTextsOfEveryVendorAreTakenUnderANamedAddress(t *testing.T) {
	t.Parallel()
	whole(t)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := demo.Start(t.Context(), demo.Config{Listen: "localhost:" + port, Log: slog.New(slog.DiscardHandler), Quick: true, DataDir: t.TempDir(), Matchers: matchers()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	if want := "http://localhost:" + port; d.URL != want {
		t.Errorf("the demo is at %s, want %s", d.URL, want)
	}
	w, err := d.World()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range d.Club.Locations {
		if err := w.Deliver(t.Context(), at, vendor.Incoming{From: d.Club.Members[0].Phone, To: at.Line, Text: "wifi?"}); err != nil {
			t.Errorf("%s by %s: %v", at.Name, at.Provider, err)
		}
	}
}
