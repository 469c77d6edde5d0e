package desk_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/health"
	"clubos/internal/notify"
)

var (
	slowPages = health.Fault{Name: "page", Title: "Pages shown: slower than promised", Here: true}
	lateJobs  = health.Fault{Name: "jobs", Title: "Work waits too long"}
)

// looked is a look at everything that came to these faults.
func looked(faults ...health.Fault) health.Judgement {
	for i := range faults {
		faults[i].Detail = "so much"
	}
	return health.Judgement{Looked: []health.Fault{slowPages, lateJobs}, Faults: faults}
}

// alarm has a process look.
func (h *house) alarm(node string, j health.Judgement) {
	h.t.Helper()
	if err := h.desk.Alarm(h.t.Context(), h.tenant, node, j); err != nil {
		h.t.Fatal(err)
	}
}

// told counts what was posted to the channel, and its audit entries: what is raised, and what is over.
func (h *house) told(wantRaised, wantOver int) {
	h.t.Helper()
	raised := h.count("SELECT COUNT(*) FROM notifications WHERE channel = 'slack' AND kind = 'problem' AND dedup_key NOT LIKE '%:over'")
	over := h.count("SELECT COUNT(*) FROM notifications WHERE channel = 'slack' AND kind = 'problem' AND dedup_key LIKE '%:over'")
	if raised != wantRaised || over != wantOver {
		h.t.Errorf("%d raised, %d over; want %d and %d", raised, over, wantRaised, wantOver)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action IN ('alarm.raised', 'alarm.ended')"); n != wantRaised+wantOver {
		h.t.Errorf("%d audit entries", n)
	}
}

func TestWhatLastsIsToldOnceByWhicheverReplicaSeesItAndOnceMoreWhenItIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	twin := h.twin()
	h.alarm("a", looked(lateJobs))
	h.clock.Advance(4 * time.Minute)
	twin.alarm("b", looked(lateJobs))
	h.told(0, 0)
	h.clock.Advance(time.Minute)
	both := make(chan error, 2)
	for node, at := range map[string]*house{"a": h, "b": twin} {
		go func() { both <- at.desk.Alarm(t.Context(), at.tenant, node, looked(lateJobs)) }()
	}
	for range 2 {
		if err := <-both; err != nil {
			t.Error(err)
		}
	}
	h.clock.Advance(time.Hour)
	h.alarm("a", looked(lateJobs))
	h.told(1, 0)
	twin.alarm("b", looked())
	h.alarm("a", looked())
	h.told(1, 1)
	h.alarm("a", looked(lateJobs))
	h.clock.Advance(5 * time.Minute)
	h.alarm("a", looked(lateJobs))
	h.told(2, 1)
}

func TestWhatIsOverInTimeIsToldToNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 3 {
		h.alarm("a", looked(lateJobs, slowPages))
		h.clock.Advance(4 * time.Minute)
		h.alarm("a", looked())
	}
	h.told(0, 0)
	if n := h.count("SELECT COUNT(*) FROM alarms"); n != 0 {
		t.Errorf("%d alarms are left", n)
	}
}

func TestAlarmIsOverWhenNoProcessIsSlowAnyMoreAlsoWhereOneIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.alarm("a", looked(slowPages))
	h.alarm("b", looked(slowPages))
	h.clock.Advance(5 * time.Minute)
	h.alarm("a", looked(slowPages))
	h.told(1, 0)
	h.alarm("a", looked()) // b is still slow, as far as is known
	h.told(1, 0)
	h.clock.Advance(10 * time.Minute)
	h.alarm("a", looked())
	h.told(1, 0)
	h.clock.Advance(time.Minute) // nobody has heard of b for a quarter of an hour
	h.alarm("a", looked())
	h.told(1, 1)
}

func TestAlarmGoesToWhoIsOnCallAndToWhoRunsTheClub(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.set("monitor.alarm_after", "0s")
	h.alarm("a", looked(lateJobs))
	h.clock.Advance(time.Hour)
	h.alarm("a", looked(lateJobs))
	h.told(0, 0)
	h.set("monitor.alarm_after", "1m")
	h.alarm("a", looked(lateJobs))
	h.deliver()
	h.told(1, 0)
	if len(h.board.posts) != 1 || len(h.phones.texts[annPhone]) != 1 || len(h.phones.mails["ann@club.example"]) != 1 || len(h.phones.mails["olive@club.example"]) != 1 {
		t.Errorf("%d posts, texts %q, mails %q", len(h.board.posts), h.phones.texts, h.phones.mails)
	}
	if h.last(bobPhone) != "" || h.last(ownerPhone) != "" {
		t.Errorf("others were called: %q", h.phones.texts)
	}
	h.alarm("a", looked())
	h.deliver()
	h.told(1, 1)
	if p := h.phones.pages; len(p) != 2 || p[0].Event != notify.PageTrigger || p[1].Event != notify.PageResolve || p[0].Key != p[1].Key {
		t.Errorf("pages %+v", p)
	}
	if mails := h.phones.mails["olive@club.example"]; len(mails) != 2 || !strings.Contains(mails[1], "Over: Work waits too long") {
		t.Errorf("mails %q", mails)
	}
}
