package webhook_test

import (
	"net/http"
	"testing"

	"clubos/internal/store/storetest"
)

// sentInTheApp is a text that somebody of the club wrote in the vendor's own app, as the vendor reports
// it: the same event that follows our own texts, for one that is not ours.
func sentInTheApp(id, words string) request {
	return quo("msg_"+id, map[string]any{"id": "EV" + id, "type": "message.delivered", "createdAt": storetest.Start, "data": map[string]any{
		"resource": map[string]any{"id": "AC" + id, "direction": "outgoing", "text": words, "status": "delivered", "createdAt": storetest.Start},
		"context":  map[string]any{"phoneNumberId": "PN1", "senderIdentifier": clubLine, "recipientIdentifiers": []string{member}},
	}})
}

// legacyInTheApp is the same in the vendor's former form, signed in the same way.
func legacyInTheApp(id, words string) request {
	return quo("msg_"+id, map[string]any{"id": "EV" + id, "object": "event", "apiVersion": "v3", "type": "message.delivered", "createdAt": storetest.Start, "data": map[string]any{
		"object": map[string]any{"id": "AC" + id, "object": "message", "from": clubLine, "to": member, "direction": "outgoing", "body": words, "status": "delivered", "createdAt": storetest.Start, "phoneNumberId": "PN1"},
	}})
}

func TestATextFromTheVendorsAppIsAColleaguesReply(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(id, words string) request{"present form": sentInTheApp, "former form": legacyInTheApp} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			if w := g.send(received("1", member, "do you sell vouchers?")); w.Code != http.StatusOK {
				t.Fatalf("status %d", w.Code)
			}
			for range 2 { // the vendor tells it twice
				if w := g.send(make("2", "Yes: at the counter.")); w.Code != http.StatusOK {
					t.Fatalf("status %d: %s", w.Code, w.Body)
				}
			}
			if len(g.byHand) != 1 || g.byHand[0] != "vendor_app: Yes: at the counter." {
				t.Errorf("by hand: %q", g.byHand)
			}
			count := func(query string) int { return storetest.Count(t, g.tenant, query) }
			if n := count("SELECT COUNT(*) FROM messages WHERE direction = 'out' AND author = 'operator' AND provider_message_id = 'AC2'"); n != 1 {
				t.Errorf("%d texts of staff in the conversation", n)
			}
			if n := count("SELECT COUNT(*) FROM threads WHERE status = 'manual_override' AND silent_until IS NOT NULL"); n != 1 || count("SELECT COUNT(*) FROM threads") != 1 {
				t.Error("the machine is not silent in the conversation")
			}
			if n := count("SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL"); n != 0 {
				t.Errorf("%d texts wait for the machine", n)
			}
		})
	}
}
