package api

import "testing"

func TestHowADeviceIsWatchedIsShownAndSet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	at := w.at("/devices/" + w.device.String())
	var got Device
	h.want(200, h.do(h.north.full, ask{method: "GET", path: at}), &got)
	if got.Watch != (Watch{}) {
		t.Errorf("at first: %+v", got.Watch)
	}
	for _, c := range []struct {
		watch Watch
		want  int
	}{{Watch{EverySeconds: 300}, 200}, {Watch{Off: true}, 200}, {Watch{EverySeconds: 3}, 422}, {Watch{EverySeconds: -1}, 422}, {Watch{}, 200}} {
		res := h.do(h.north.full, ask{method: "PATCH", path: at, body: object{"watch": object{"off": c.watch.Off, "every_seconds": c.watch.EverySeconds}}, headers: []string{"If-Match", "*"}})
		if c.want != 200 {
			h.want(c.want, res, nil)
			continue
		}
		got = Device{}
		h.want(200, res, &got)
		if got.Watch != c.watch {
			t.Errorf("watched %+v, want %+v", got.Watch, c.watch)
		}
	}
}
