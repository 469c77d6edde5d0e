package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/desk"
)

func TestDescriptionIsReadAsWordsAndItems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []desk.TextPart
	}{
		"nothing":          {"", nil},
		"blank":            {"\n \n", nil},
		"words":            {"a\n\n- b\n", []desk.TextPart{{Text: "a\n\n- b"}}},
		"template":         {"Green.\n\n- [ ] look\n- [x] mend", []desk.TextPart{{Text: "Green."}, {"look", 1, false}, {"mend", 2, true}}},
		"between":          {"- [X] a \r\nthen\r\n\r\n  * [ ] b", []desk.TextPart{{"a", 1, true}, {Text: "then"}, {"b", 2, false}}},
		"not quite":        {"-[ ] a\n- [] b\n- [ ]\n- [y] c\nsee - [ ] d", []desk.TextPart{{Text: "-[ ] a\n- [] b\n- [ ]\n- [y] c\nsee - [ ] d"}}},
		"markup is text":   {"- [ ] <b>x</b>", []desk.TextPart{{"<b>x</b>", 1, false}}},
		"brackets in text": {"- [ ] [x] - [ ]", []desk.TextPart{{"[x] - [ ]", 1, false}}},
	} {
		if diff := cmp.Diff(c.want, desk.ReadDescription(c.text)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTickIsAnEventAndChangesNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.ticket(desk.NewTicket{Description: "First:\n- [ ] one\r\n  - [ ] two  \nthen rest"})
	tick := func(item int, isDone bool, text string) error {
		h.clock.Advance(time.Second)
		return h.desk.TickTicket(t.Context(), h.tenant, h.ann, k.ID, desk.Tick{Item: item, Done: isDone, Text: text})
	}
	if err := errors.Join(tick(2, true, "two"), tick(2, true, "two"), tick(1, true, ""), tick(1, false, "one")); err != nil {
		t.Fatal(err)
	}
	d := h.detail(k.ID)
	if !strings.Contains(d.Description, "First:\n- [ ] one\n  - [x] two\nthen rest") {
		t.Errorf("description %q", d.Description)
	}
	if want := []string{"created", "ticked", "ticked", "unticked"}; !slices.Equal(kinds(d), want) || d.Events[1].Text != "two" || d.Ticket.Version != k.Version+3 {
		t.Errorf("history %v, version %d", kinds(d), d.Ticket.Version)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action LIKE 'ticket.%ticked'"); n != 3 {
		t.Errorf("%d audit entries", n)
	}
	want(t, tick(99, true, ""), club.CodeNotFound)
	want(t, tick(0, true, ""), club.CodeNotFound)
	want(t, tick(1, true, "another"), club.CodeConflict)
	want(t, h.desk.TickTicket(t.Context(), h.tenant, h.viewer, k.ID, desk.Tick{Item: 1, Done: true}), club.CodeForbidden)
	want(t, h.desk.TickTicket(t.Context(), h.tenant, h.ann, "tkt_none", desk.Tick{Item: 1}), club.CodeNotFound)
	far := h.ticket(desk.NewTicket{Location: h.b})
	want(t, h.desk.TickTicket(t.Context(), h.tenant, h.only, far.ID, desk.Tick{Item: 1, Done: true}), club.CodeNotFound)
}

func TestTicksAtOnceAllCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, "- [ ] step %d\n", i)
	}
	k := h.ticket(desk.NewTicket{Description: b.String()})
	if err := errors.Join(atOnce(6, func(i int) error {
		return h.desk.TickTicket(t.Context(), h.tenant, h.ann, k.ID, desk.Tick{Item: i + 1, Done: true})
	})...); err != nil {
		t.Fatal(err)
	}
	for _, p := range desk.ReadDescription(h.detail(k.ID).Description)[:6] {
		if !p.Done {
			t.Errorf("the tick of %q is lost", p.Text)
		}
	}
}
