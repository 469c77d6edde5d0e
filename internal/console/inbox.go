package console

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/store"
)

// inboxView is a tab above the list of threads.
type inboxView struct {
	key, label string
	statuses   []club.ThreadStatus // nil: all
	open       bool                // only statuses in which somebody still owes something
}

var inboxViews = []inboxView{
	{"", "Open", openStatuses, true},
	{"needs", "People", []club.ThreadStatus{club.ThreadEscalated, club.ThreadInProgress, club.ThreadManualOverride}, true},
	{"working", "ClubOS", []club.ThreadStatus{club.ThreadPending, club.ThreadAwaitingAI, club.ThreadAwaitingResponse}, true},
	{"answered", "Answered", []club.ThreadStatus{club.ThreadAIResolved, club.ThreadResolved, club.ThreadTimeout}, false},
	{"all", "All", nil, false},
}

// filter is how the reader narrows the list of threads, by the address.
type filter struct {
	view     inboxView
	location club.LocationID
	mine     bool
	search   string
	cursor   string
}

func (v *visit) filter() filter {
	f := filter{view: inboxViews[0], location: idOf[club.LocationID](v.query("location")), mine: v.query("mine") == "1", search: v.query("q"), cursor: v.query("cursor")}
	for _, view := range inboxViews {
		if view.key == v.query("status") {
			f.view = view
		}
	}
	return f
}

const listSize = 50

// threadList reads the left pane.
func (v *visit) threadList(tx *store.Tx, f frame, users map[club.UserID]identity.User, by filter, selected club.ThreadID) (page.ThreadList, error) {
	out := page.ThreadList{Status: by.view.key, Location: by.location.String(), Mine: by.mine, Search: by.search, Locations: f.places(by.location, "All locations").Options, Selected: selected}
	open := f.open
	if !by.location.IsZero() {
		open = map[club.ThreadStatus]int64{}
		rows, err := tx.CountOpenThreads(v.r.Context(), store.CountOpenThreadsParams{Scope: v.p.LocationScope(), Location: by.location.String()})
		if err != nil {
			return out, fmt.Errorf("count threads: %w", err)
		}
		for _, r := range rows {
			open[r.Status] = r.Threads
		}
	}
	for _, view := range inboxViews {
		l := page.Link{Label: view.label, Current: view.key == by.view.key, URL: f.Query("inbox", "status", view.key, "location", by.location.String(), "mine", flag(by.mine), "q", by.search)}
		if view.open {
			for _, s := range view.statuses {
				l.Count += int(open[s])
			}
		}
		out.Views = append(out.Views, l)
	}
	rows, next, err := v.findThreads(tx, by)
	if err != nil {
		return out, err
	}
	if next != "" {
		out.Next = f.Query("inbox", "status", by.view.key, "location", by.location.String(), "mine", flag(by.mine), "q", by.search, "cursor", next)
	}
	out.Threads, err = v.threadRows(tx, rows, users)
	return out, err
}

// findThreads returns a page of threads. Open ones are few and are taken from the index of statuses; all
// others, and whatever is searched, come from the desk.
func (v *visit) findThreads(tx *store.Tx, by filter) ([]desk.ThreadRow, string, error) {
	if !by.view.open || by.search != "" {
		return v.c.Desk.FindThreads(v.r.Context(), tx, v.p, desk.Filter{Status: by.view.statuses, Location: by.location, Mine: by.mine, Query: by.search, Cursor: by.cursor, Size: listSize})
	}
	if by.mine && v.p.UserID.IsZero() {
		return nil, "", nil
	}
	at, id, err := parseCursor(by.cursor)
	if err != nil {
		return nil, "", err
	}
	st := make([]club.ThreadStatus, 6)
	copy(st, by.view.statuses)
	arg := store.FindOpenThreadsParams{Status1: st[0], Status2: st[1], Status3: st[2], Status4: st[3], Status5: st[4], Status6: st[5],
		Scope: v.p.LocationScope(), Location: by.location.String(), AfterAt: at, AfterID: id, Size: listSize + 1}
	if by.mine {
		arg.Mine = v.p.UserID.String()
	}
	rows, err := tx.FindOpenThreads(v.r.Context(), arg)
	if err != nil {
		return nil, "", fmt.Errorf("find open threads: %w", err)
	}
	next := ""
	if len(rows) > listSize {
		rows = rows[:listSize]
		last := rows[listSize-1].Thread
		next = strconv.FormatInt(last.UpdatedAt.UnixMicro(), 10) + "." + last.ID.String()
	}
	out := make([]desk.ThreadRow, 0, len(rows))
	for _, r := range rows {
		row := desk.ThreadRow{Thread: r.Thread, Member: r.PersonMemberID, Location: r.LocationName, Bay: r.BayName}
		if len(r.WrappedKey) > 0 {
			s := store.Subject{ID: r.Thread.SubjectID, WrappedKey: r.WrappedKey}
			if row.Phone, err = v.open(s, people.ColumnPhone, s.ID.String(), r.Phone); err != nil {
				return nil, "", err
			}
			if row.Name, err = v.open(s, people.ColumnName, r.PersonMemberID.String(), r.MemberName); err != nil {
				return nil, "", err
			}
		}
		out = append(out, row)
	}
	return out, next, nil
}

// open opens a sealed cell; "" when the cell is empty or the person was erased.
func (v *visit) open(s store.Subject, column, row string, sealed []byte) (string, error) {
	if len(sealed) == 0 || len(s.WrappedKey) == 0 {
		return "", nil
	}
	return people.Open(v.keys, s, column, row, sealed)
}

func parseCursor(s string) (time.Time, string, error) {
	if s == "" {
		return time.Time{}, "", nil
	}
	micros, id, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(micros, 10, 64)
	if !ok || err != nil || idOf[club.ThreadID](id) == "" {
		return time.Time{}, "", club.Invalid("This page of the list does not exist; begin with the first one.")
	}
	return time.UnixMicro(n).UTC(), id, nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// threadRows makes lines of a list from the desk's rows.
func (v *visit) threadRows(tx *store.Tx, rows []desk.ThreadRow, users map[club.UserID]identity.User) ([]page.ThreadRow, error) {
	ids := map[club.ThreadID]struct{}{}
	for _, r := range rows {
		ids[r.Thread.ID] = struct{}{}
	}
	keys, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("encode ids: %w", err)
	}
	last, err := tx.FindLastAuthors(v.r.Context(), keys)
	if err != nil {
		return nil, fmt.Errorf("find last authors: %w", err)
	}
	author := map[club.ThreadID]club.Author{}
	for _, a := range last {
		author[a.ThreadID] = a.Author
	}
	reported, err := tx.FindSituationDomains(v.r.Context(), keys)
	if err != nil {
		return nil, fmt.Errorf("find what was reported: %w", err)
	}
	about := map[club.ThreadID]string{}
	for _, s := range reported {
		about[s.ThreadID] = s.Domain
	}
	proposed, err := tx.FindThreadsWithProposal(v.r.Context())
	if err != nil {
		return nil, fmt.Errorf("find open proposals: %w", err)
	}
	withProposal := map[club.ThreadID]bool{}
	for _, id := range proposed {
		withProposal[id] = true
	}
	out := make([]page.ThreadRow, 0, len(rows))
	for _, r := range rows {
		t := r.Thread
		row := page.ThreadRow{ID: t.ID, Title: v.title(r.Name, r.Phone), Snippet: t.Snippet, SnippetBy: author[t.ID], Status: t.Status, Priority: t.Priority, Place: where(r.Location, r.Bay),
			Unread: t.Unread > 0, ProposalOpen: withProposal[t.ID], At: lastAt(t)}
		if t.Provider == club.EventProvider {
			row.Title = reportTitle(about[t.ID])
			if row.SnippetBy == club.AuthorMachine {
				row.SnippetBy = "" // it is what was reported
			}
		}
		if !t.AssignedTo.IsZero() {
			row.HeldBy = actorName(users, t.AssignedTo.String())
		}
		if t.WaitingSince != nil && t.Status.HeldByPeople() {
			row.WaitingSince = *t.WaitingSince
		}
		out = append(out, row)
	}
	return out, nil
}

// lastAt is when the last text of a thread was written.
func lastAt(t store.Thread) time.Time {
	at := t.CreatedAt
	for _, x := range []*time.Time{t.LastInAt, t.LastOutAt} {
		if x != nil && x.After(at) {
			at = *x
		}
	}
	return at
}
