package outage

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/notify"
	"clubos/internal/store"
)

// matter is an outage and who is told of it.
type matter struct {
	began, ended time.Time
	cause        error
	people       []*person
}

// person is somebody to tell by a phone, mailbox, channel or pager.
type person struct {
	key, mark string
	ways      []Way // to it: by one club, or by several
	tries     int
	told      bool
}

func newMatter(began time.Time, cause error, ways []Way) *matter {
	m := &matter{began: began, cause: cause}
	for _, way := range ways {
		i := slices.IndexFunc(m.people, func(p *person) bool { return p.key == way.Key })
		if i < 0 {
			i = len(m.people)
			m.people = append(m.people, &person{key: way.Key, mark: way.Mark})
		}
		if p := m.people[i]; !slices.ContainsFunc(p.ways, func(o Way) bool { return o.Target == way.Target }) {
			p.ways = append(p.ways, way)
		}
	}
	return m
}

// begun is what somebody is told of an outage.
func (w *Watch) begun(m *matter, p *person) notify.Note {
	title, what := "ClubOS cannot reach its database", "Nothing can be read or stored"
	switch {
	case errors.Is(m.cause, store.ErrDiskFull):
		title, what = "ClubOS has no room on its disk", "Nothing can be stored"
	case errors.Is(m.cause, store.ErrStoresNothing):
		title, what = "The database of ClubOS stores nothing", "It answers, and takes nothing in"
	}
	n := w.note(m, notify.PageTrigger)
	n.Title, n.Priority = title, club.PriorityEmergency
	n.Lines = []string{
		fmt.Sprintf("%s since %s, at %s (%s).", what, clock(m.began, p), w.cfg.Node, clubs(p)),
		"Texts that come are refused, so that vendors deliver them again; nothing that was acknowledged is lost. Doors and bays stay as they are. Nobody is answered, let in or called by ClubOS until it is back.",
		"Look after your members yourselves, and have whoever runs the server look: docs/operations.md, When the database is gone.",
	}
	return n
}

// over is what they are told afterwards.
func (w *Watch) over(m *matter, p *person) notify.Note {
	n := w.note(m, notify.PageResolve)
	n.Title, n.Priority = "ClubOS has its database again", club.PriorityNormal
	n.DedupKey += "-over"
	n.Lines = []string{
		fmt.Sprintf("It was gone from %s to %s (%s), at %s (%s).", clock(m.began, p), clock(m.ended, p), club.Span(m.ended.Sub(m.began)), w.cfg.Node, clubs(p)),
		"What waited is worked off by itself. Look at the inbox and at Health: members may have waited.",
	}
	return n
}

func (w *Watch) note(m *matter, event notify.Event) notify.Note {
	ref := "database-" + strconv.FormatInt(m.began.Unix(), 10)
	// One key for all replicas of the installation: at the pager they are one incident.
	return notify.Note{Kind: notify.KindOutage, Ref: ref, DedupKey: ref, Page: notify.Page{Event: event, Key: "clubos-database:" + w.cfg.Installation, Source: "ClubOS"}}
}

// clock says an instant in the zone of whoever reads it.
func clock(at time.Time, p *person) string {
	zone := time.UTC
	if len(p.ways) > 0 && p.ways[0].Zone != nil {
		zone = p.ways[0].Zone
	}
	return at.In(zone).Format("15:04 MST")
}

// clubs says which clubs somebody hears about.
func clubs(p *person) string {
	switch n := len(p.ways); n {
	case 0:
		return "ClubOS"
	case 1:
		return p.ways[0].Club
	case 2:
		return p.ways[0].Club + " and " + p.ways[1].Club
	default:
		return fmt.Sprintf("%s and %d more clubs", p.ways[0].Club, n-1)
	}
}
