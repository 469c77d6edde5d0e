package inbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
)

func kept(ds ...club.Delivery) (out []*filing) {
	for _, d := range ds {
		out = append(out, &filing{text: newText(Read(d), "twilio", &numbers{}), correlation: "cor_1"})
	}
	return out
}

func TestKeptTextsReadBackAsTheyWere(t *testing.T) {
	t.Parallel()
	want := []club.Delivery{
		{ID: "EV1", Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: "SM1", DeliveryID: "D1", From: "+14155550111", To: "+14155550100", Text: "caf\xe9 \x00 \U0001F3CC",
			Media: []club.Media{{URL: "https://media.example.com/1", Type: "image/png"}}, SentAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)}},
		{Inbound: &club.Inbound{From: "Anonymous"}},
	}
	list, err := decodeKept(encodeKept(kept(want...)), &numbers{})
	if err != nil {
		t.Fatal(err)
	}
	var got []club.Delivery
	for _, k := range list {
		in := k.Inbound
		got = append(got, club.Delivery{ID: k.deliveryID, Inbound: &in})
		if k.provider != "twilio" || k.correlation != "cor_1" {
			t.Errorf("provider %q, correlation %q", k.provider, k.correlation)
		}
	}
	want[1].ID = want[1].Inbound.DeliveryID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzKeptTextsThatAreSpoiltAreRefused(f *testing.F) {
	whole := encodeKept(kept(club.Delivery{ID: "EV1", Inbound: &club.Inbound{From: "+14155550111", Text: "hi", Media: []club.Media{{URL: "u"}}}}))
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(append([]byte{}, whole...), 0))
	f.Add([]byte{keptFormat, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := decodeKept(b, &numbers{})
		if err != nil && list != nil {
			t.Error("texts along with an error")
		}
	})
}
