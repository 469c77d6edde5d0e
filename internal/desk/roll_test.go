package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/desk"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/store/storetest"
)

// reached lists where a roll's ways lead, as channel:address.
func reached(r *desk.Roll, at time.Time) (out []string) {
	for _, w := range r.Call(at) {
		out = append(out, string(w.Channel)+":"+w.To)
	}
	slices.Sort(out)
	return out
}

func (h *house) roll() *desk.Roll {
	h.t.Helper()
	r, err := h.desk.Roll(h.t.Context(), h.tenant)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func TestTheRollCallsWhomAnAlarmCalls(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	r := h.roll()
	got := reached(r, h.clock.Now())
	if want := []string{"email:ann@club.example", "email:olive@club.example", "pagerduty:", "slack:#ops", "sms:" + annPhone}; !slices.Equal(got, want) {
		t.Errorf("reached %q, want %q", got, want)
	}
	for _, w := range r.Call(h.clock.Now()) {
		if person := w.Channel == notify.ChannelSMS || w.Channel == notify.ChannelEmail; person != (w.Index != "") || strings.Contains(w.Index, "2671") {
			t.Errorf("%s is known to others as %q", w.Channel, w.Index)
		}
	}
}

func TestWhereNobodyIsOnCallWhoRunsTheClubIsReachedByEveryWay(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.contact(h.owner, oncall.ContactEdit{Phone: ownerPhone, Email: "olive@club.example", BySMS: true, ByEmail: true, QuietFrom: "00:00", QuietUntil: "23:59"})
	storetest.Exec(t, h.tenant, "DELETE FROM shifts")
	got := reached(h.roll(), h.clock.Now())
	if want := []string{"email:olive@club.example", "pagerduty:", "slack:#ops", "sms:" + ownerPhone}; !slices.Equal(got, want) {
		t.Errorf("reached %q, want %q", got, want)
	}
}

func TestNoNumberLiesOpenInARoll(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	all := fmt.Sprint(*h.roll())
	for _, open := range []string{annPhone, "ann@club.example", "olive@club.example"} {
		if strings.Contains(all, open) || strings.Contains(all, strings.Trim(fmt.Sprintf("%d", []byte(open)), "[]")) {
			t.Errorf("%s is readable", open)
		}
	}
}
