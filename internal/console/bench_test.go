package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/store"
)

// crowd fills a club with threads of one text each, of which one in 250 is open.
func (h *house) crowd(threads int) (last club.ThreadID) {
	h.t.Helper()
	ctx := h.t.Context()
	for from := 0; from < threads; from += 5000 {
		h.write(func(tx *store.Tx) error {
			var s store.Subject
			for i := range 5000 {
				if i%20 == 0 {
					var err error
					if s, err = people.Subject(ctx, tx, h.keys, fmt.Sprintf("+1415557%04d", (from+i)/20)); err != nil {
						return err
					}
				}
				at := h.clock.Advance(time.Second)
				status := club.ThreadAIResolved
				if i%250 == 0 {
					status = club.ThreadEscalated
				}
				last = club.NewThreadID(at)
				if err := tx.CreateThread(ctx, store.CreateThreadParams{ID: last, SubjectID: s.ID, LocationID: h.north, BayID: h.bay, Line: line, Provider: "twilio", Status: status, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: at}); err != nil {
					return err
				}
				id := club.NewMessageID(at)
				body, err := people.Seal(h.keys, s, people.ColumnMessage, id.String(), "bay 3 froze")
				if err != nil {
					return err
				}
				if _, err := tx.CreateMessage(ctx, store.CreateMessageParams{ID: id, ThreadID: last, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: "twilio", Status: club.MessageReceived, Body: body, Masked: "bay 3 froze", Media: "[]", CorrelationID: tx.Correlation, Now: at}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return last
}

// BenchmarkPages opens pages of a club with 100 000 threads and reports the 90th percentile in
// milliseconds; the target is 50. Filling the club takes a while: run it with -benchtime 50x.
func BenchmarkPages(b *testing.B) {
	h := newHouse(b)
	last := h.crowd(100_000)
	who := h.as(club.RoleOperator)
	for _, path := range []string{"inbox", "inbox?status=needs", "inbox?status=all", "inbox?status=answered", "inbox?mine=1", "inbox?location=" + h.sea.String(), "inbox?q=froze", "inbox?q=byron", "threads/" + last.String(), "threads/" + last.String() + "?part=thread", "tickets", "decisions", "members", "bookings", "places", "sops", "health"} {
		b.Run(path, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				who.get("/c/fairway/" + path).want(http.StatusOK)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*9/10].Microseconds())/1000, "p90-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
