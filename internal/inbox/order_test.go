package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

const (
	orderClients = 64
	orderTurns   = 6
	orderThreads = 8
)

// deed is one thing that a client did: it wrote a text, or read the thread.
type deed struct {
	thread      int
	text        string   // "" when it read
	seen        []string // when it read
	began, over time.Duration
}

// TestTextsOfAThreadAreReadInOneOrderByEverybody has many write into and read from a few conversations at
// once, on PostgreSQL through two replicas. All that they saw must follow from one list to whose end texts
// are put: whoever reads sees its beginning, of which nobody ever sees another; a text that was acknowledged
// is there from then on, none is there before it was sent, and one that was sent after another was
// acknowledged comes after it.
func TestTextsOfAThreadAreReadInOneOrderByEverybody(t *testing.T) {
	t.Parallel()
	c := storetest.ClusterWith(t, club.SystemClock{})
	tenant, _ := vaulttest.AddTenant(t, c, "test")
	replicas := 1
	if c.Engine() == "postgres" {
		replicas = 2
	}
	var inboxes []*inbox.Inbox
	for range replicas {
		in := inbox.New(inbox.Config{Cluster: c, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler)})
		t.Cleanup(in.Close)
		inboxes = append(inboxes, in)
	}
	var threads []club.ThreadID
	for i := range orderThreads {
		r, err := inboxes[0].Deliver(t.Context(), tenant, text(sender(i), "hello"), vendor)
		if err != nil {
			t.Fatal(err)
		}
		threads = append(threads, r.Thread)
	}
	began := time.Now()
	var mu sync.Mutex
	history := make([][]deed, orderThreads)
	var clients sync.WaitGroup
	for id := range orderClients {
		clients.Go(func() {
			for turn := range orderTurns {
				did := deed{thread: id % orderThreads, began: time.Since(began)}
				var err error
				if turn%2 == 0 {
					d := text(sender(did.thread), "hello")
					did.text = d.Inbound.ProviderMessageID
					_, err = inboxes[id/orderThreads%replicas].Deliver(t.Context(), tenant, d, vendor)
				} else {
					did.seen, err = readThread(t.Context(), tenant, threads[did.thread])
				}
				if err != nil {
					t.Error(err)
					return
				}
				did.over = time.Since(began)
				mu.Lock()
				history[did.thread] = append(history[did.thread], did)
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	for i, deeds := range history {
		list, err := readThread(t.Context(), tenant, threads[i])
		if err != nil {
			t.Fatal(err)
		}
		if wrong := disorder(list, deeds); len(wrong) > 0 {
			t.Errorf("%d things are out of order, the first: %s", len(wrong), wrong[0])
		}
	}
}

func sender(i int) string { return fmt.Sprintf("+1415555%04d", 2000+i) }

// readThread returns the ids of a thread's texts in their order.
func readThread(ctx context.Context, tenant *store.Tenant, id club.ThreadID) (ids []string, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: id, Size: 1000})
		for _, m := range slices.Backward(rows) {
			ids = append(ids, *m.ProviderMessageID)
		}
		return err
	})
	return ids, err
}

// disorder says what of the deeds of a thread does not follow from the list that it came to.
func disorder(list []string, deeds []deed) (wrong []string) {
	at := map[string]int{}
	for i, id := range list {
		at[id] = i
	}
	for _, a := range deeds {
		if a.text != "" {
			if _, ok := at[a.text]; !ok {
				wrong = append(wrong, a.text+" was acknowledged and is lost")
			}
		} else if !slices.Equal(a.seen, list[:min(len(a.seen), len(list))]) {
			wrong = append(wrong, fmt.Sprintf("somebody saw %q of %q", a.seen, list))
		}
		for _, b := range deeds {
			switch {
			case b.text == "":
			case a.text == "" && b.over < a.began && at[b.text] >= len(a.seen):
				wrong = append(wrong, b.text+" was acknowledged, and then not seen")
			case a.text == "" && a.over < b.began && at[b.text] < len(a.seen):
				wrong = append(wrong, b.text+" was seen before it was sent")
			case a.text != "" && a.over < b.began && at[b.text] < at[a.text]:
				wrong = append(wrong, b.text+" was sent after "+a.text+" was acknowledged, and comes before it")
			}
		}
	}
	return wrong
}

func TestDisorderIsFound(t *testing.T) {
	t.Parallel()
	write := func(text string, began, over time.Duration) deed { return deed{text: text, began: began, over: over} }
	read := func(began, over time.Duration, seen ...string) deed {
		return deed{seen: seen, began: began, over: over}
	}
	for name, c := range map[string]struct {
		list  []string
		deeds []deed
		wrong bool
	}{
		"one after the other":                     {[]string{"a", "b"}, []deed{write("a", 0, 1), write("b", 2, 3), read(4, 5, "a", "b")}, false},
		"at once, in either order":                {[]string{"b", "a"}, []deed{write("a", 0, 3), write("b", 1, 2)}, false},
		"a text is lost":                          {[]string{"a"}, []deed{write("a", 0, 1), write("b", 2, 3)}, true},
		"two who were one after the other change": {[]string{"b", "a"}, []deed{write("a", 0, 1), write("b", 2, 3)}, true},
		"a text comes before one that was seen":   {[]string{"b", "a"}, []deed{write("a", 0, 9), write("b", 0, 9), read(1, 2, "a")}, true},
		"an acknowledged text is not seen":        {[]string{"a"}, []deed{write("a", 0, 1), read(2, 3)}, true},
		"a text is seen before it is sent":        {[]string{"a"}, []deed{write("a", 4, 5), read(2, 3, "a")}, true},
	} {
		if wrong := disorder(c.list, c.deeds); (len(wrong) > 0) != c.wrong {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}
