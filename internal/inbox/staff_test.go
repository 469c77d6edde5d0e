package inbox_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/store"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// crew stands for the desk: opal works here, and "ok" answers a call.
type crew struct {
	house *house
	mu    sync.Mutex // guards what follows
	heard []string
	lost  []string
	fail  error
}

const opal = "+14155550133"

func (c *crew) Numbers(context.Context, *store.Tx) (map[string]club.UserID, error) {
	return map[string]club.UserID{c.house.keys.Index(vault.IndexPhone, opal): "usr_opal"}, nil
}

func (c *crew) Answered(_ context.Context, _ *store.Tx, user club.UserID, text, key string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return false, c.fail
	}
	if text != "ok" {
		return false, nil
	}
	c.heard = append(c.heard, user.String()+" "+key)
	return true, nil
}

func (c *crew) Undelivered(_ context.Context, _ *store.Tx, id, code string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = append(c.lost, id+" "+code)
	return nil
}

func newStaffedHouse(t *testing.T) (*house, *crew) {
	t.Helper()
	h := newHouse(t)
	c := &crew{house: h}
	h.inbox = inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler), Escalate: h.escalate, HandReplied: h.handReplied, Staff: c})
	t.Cleanup(h.inbox.Close)
	return h, c
}

func said(id, text string) club.Delivery {
	return club.Delivery{ID: "evt-" + id, Inbound: &club.Inbound{ProviderMessageID: id, From: "(415) 555-0133", To: line, Text: text}}
}

func TestAnswerOfOneOfTheStaffOpensNoThreadAndCountsOnce(t *testing.T) {
	t.Parallel()
	h, c := newStaffedHouse(t)
	for range 2 {
		r, err := h.inbox.Deliver(t.Context(), h.tenant, said("m1", "ok"), vendor)
		if err != nil || !r.Thread.IsZero() || r.Ignored == "" {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if !slices.Equal(c.heard, []string{"usr_opal openphone:m1"}) {
		t.Errorf("heard %q", c.heard)
	}
	if n := h.count("SELECT COUNT(*) FROM threads") + h.count("SELECT COUNT(*) FROM subjects"); n != 0 {
		t.Error("one of the staff has become a member")
	}
	r, err := h.inbox.Deliver(t.Context(), h.tenant, said("m2", "there is smoke"), vendor)
	if err != nil || r.Thread.IsZero() {
		t.Errorf("what answers no call is lost: %+v, %v", r, err)
	}
}

func TestAnswerThatCannotBeTakenInIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	h, c := newStaffedHouse(t)
	c.fail = club.Conflict("look again")
	if _, err := h.inbox.Deliver(t.Context(), h.tenant, said("m1", "ok"), vendor); err == nil {
		t.Fatal("acknowledged, and nobody has heard it")
	}
	c.fail = nil
	if _, err := h.inbox.Deliver(t.Context(), h.tenant, said("m1", "ok"), vendor); err != nil || len(c.heard) != 1 {
		t.Errorf("%v, %q", err, c.heard)
	}
}

func TestTextToOneOfTheStaffIsNotTakenForAnOperatorsReply(t *testing.T) {
	t.Parallel()
	h, c := newStaffedHouse(t)
	for id, status := range map[string]club.MessageStatus{"x1": club.MessageDelivered, "x2": club.MessageFailed} {
		d := club.Delivery{ID: "r" + id, Report: &club.DeliveryReport{ProviderMessageID: id, Status: status, To: opal, Text: "EMERGENCY at Northside", Line: line, ErrorCode: "30003"}}
		if _, err := h.inbox.Deliver(t.Context(), h.tenant, d, vendor); err != nil {
			t.Fatal(err)
		}
	}
	if h.count("SELECT COUNT(*) FROM threads") != 0 || len(h.handed) != 0 {
		t.Error("a call to the staff has opened a thread")
	}
	if !slices.Equal(c.lost, []string{"x2 30003"}) {
		t.Errorf("undelivered: %q", c.lost)
	}
}
