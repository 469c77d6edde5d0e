package inbox

import (
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
)

func TestTextsOfABacklogAreReadWhenItIsExpectedToBeOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rows int
		each time.Duration
		want time.Duration
	}{
		{rows: 2, each: time.Second, want: 0},
		{rows: 50, each: 100 * time.Millisecond, want: 4800 * time.Millisecond},
		{rows: 5000, each: 100 * time.Millisecond, want: mostBacklog},
	} {
		f := &filer{intake: &intake{unfiled: newUnfiled()}, each: c.each}
		for i := range c.rows {
			f.unfiled.add(club.ArrivalID(fmt.Sprint(i)), []string{"somebody"})
		}
		if got := f.backlog(2); got != c.want {
			t.Errorf("%d rows at %s each: read after %s, want %s", c.rows, c.each, got, c.want)
		}
	}
}

func TestOnlyTheRowsOfWhoIsInDangerGoBeforeTheOthers(t *testing.T) {
	t.Parallel()
	u := newUnfiled()
	u.add("a", []string{"ada", "bob"})
	u.add("b", []string{"bob"})
	u.add("c", []string{"ada"}) // not committed yet
	u.commit([]club.ArrivalID{"a", "b"})
	if u.press("nobody") != nil || u.pressed() {
		t.Error("nobody is waited for who has written nothing")
	}
	filed := u.press("ada")
	keys, rows := u.pressing()
	if !keys["ada"] || len(keys) != 1 || len(rows) != 1 || rows[0] != "a" {
		t.Errorf("rows %v of %v go first", rows, keys)
	}
	u.take(rows, keys)
	select {
	case <-filed:
		t.Error("ada's second text counts as filed")
	default:
	}
	u.drop([]club.ArrivalID{"c"})
	<-filed
	if u.pressed() || u.of("bob") == nil || u.len() != 2 {
		t.Errorf("pressed %v, %d rows left", u.pressed(), u.len())
	}
	u.drop([]club.ArrivalID{"a", "b"})
	if u.of("bob") != nil || u.any() {
		t.Error("something is left")
	}
}
