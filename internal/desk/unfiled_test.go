package desk_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/store"
)

func TestTextThatCannotBeFiledMakesOneTicketWithItsWordsAndCallsPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := h.clock.Now()
	row := inbox.UnfiledRow{Key: "twilio:SM1", ReceivedAt: at, Tries: 3, Texts: []club.Inbound{{From: "+14155550111", To: "+14155550100", Text: "the door is \xff shut"}}}
	call := func(u inbox.Unfiled) {
		t.Helper()
		h.write(func(tx *store.Tx) error { return h.desk.TextsUnfiled(t.Context(), tx, u) })
	}
	call(inbox.Unfiled{Rows: 1, Since: at, First: []inbox.UnfiledRow{row}})
	h.clock.Advance(20 * time.Second)
	call(inbox.Unfiled{Rows: 1, Since: at, First: []inbox.UnfiledRow{row}})
	if n := h.count("SELECT COUNT(*) FROM tickets WHERE template = 'unfiled' AND priority = 'high'"); n != 1 {
		t.Fatalf("%d tickets", n)
	}
	if n := h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'ticket'"); n == 0 {
		t.Error("nobody is called")
	}
	var text string
	h.write(func(tx *store.Tx) error {
		key := "unfiled:twilio:SM1"
		row, err := tx.FindTicketByDedupKey(t.Context(), &key)
		if err != nil {
			return err
		}
		plain, err := h.keys.OpenSecret(row.ID.String(), row.Description)
		text = string(plain)
		return err
	})
	if !strings.Contains(text, "+14155550111 to +14155550100") || !strings.Contains(text, "the door is \uFFFD shut") {
		t.Errorf("the ticket says %q", text)
	}

	many := inbox.Unfiled{Rows: 400, Since: at, First: []inbox.UnfiledRow{{Key: "arr_1", ReceivedAt: at}}}
	call(many)
	call(many)
	if n := h.count("SELECT COUNT(*) FROM tickets WHERE template = 'unfiled'"); n != 2 {
		t.Errorf("%d tickets", n)
	}
	h.clock.Advance(time.Hour)
	call(many)
	if n := h.count("SELECT COUNT(*) FROM tickets WHERE title LIKE '400 texts%'"); n != 2 {
		t.Errorf("%d tickets for many within two hours", n)
	}
}
