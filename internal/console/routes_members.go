package console

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (c *console) memberRoutes() []route {
	return []route{
		get("/members", identity.MembersRead, showMembers),
		get("/members/{id}", identity.MembersRead, showMember),
	}
}

func showMembers(v *visit) error {
	p := page.MembersPage{Search: v.query("q")}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "members", "Members")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		found, err := v.findMembers(tx, f.settings, p.Search)
		if err != nil {
			return err
		}
		if len(found) > listSize {
			found = found[:listSize]
			p.Pager.Next = f.Query("members", "after", found[listSize-1].ID.String())
		}
		p.Rows, err = v.memberRows(tx, found)
		return err
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Members(p))
}

// findMembers returns the members that a search finds, or the newest ones.
func (v *visit) findMembers(tx *store.Tx, s setting.Settings, search string) ([]store.Member, error) {
	ctx := v.r.Context()
	if search != "" {
		found, err := people.Search(ctx, tx, v.keys, search, s.Region)
		return slices.DeleteFunc(found, func(m store.Member) bool { return !v.p.AllowsLocation(m.HomeLocationID) }), err
	}
	rows, err := tx.FindMembersInScope(ctx, store.FindMembersInScopeParams{Scope: v.p.LocationScope(), After: string(idOf[club.MemberID](v.query("after"))), Size: listSize + 1})
	if err != nil {
		return nil, fmt.Errorf("find members: %w", err)
	}
	return rows, nil
}

func (v *visit) memberRows(tx *store.Tx, found []store.Member) ([]page.MemberRow, error) {
	ids := make([]club.MemberID, 0, len(found))
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	keys, err := keysOf(ids)
	if err != nil {
		return nil, err
	}
	cards, err := tx.FindMemberCards(v.r.Context(), keys)
	if err != nil {
		return nil, fmt.Errorf("find members' cards: %w", err)
	}
	out := make([]page.MemberRow, 0, len(cards))
	for _, c := range cards {
		r, err := v.memberRow(c)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (v *visit) memberRow(c store.FindMemberCardsRow) (page.MemberRow, error) {
	s := store.Subject{ID: c.SubjectID, WrappedKey: c.WrappedKey}
	name, err := v.open(s, people.ColumnName, c.ID.String(), c.Name)
	if err != nil {
		return page.MemberRow{}, err
	}
	phone, err := v.open(s, people.ColumnPhone, c.SubjectID.String(), c.Phone)
	if err != nil {
		return page.MemberRow{}, err
	}
	r := page.MemberRow{ID: c.ID, Name: orText(name, people.Erased), Phone: maskPhone(phone), Home: c.LocationName, OptOut: c.Consent == club.ConsentWithdrawn, Threads: int(c.Threads)}
	if c.LastInAt != nil {
		r.LastSeen = *c.LastInAt
	}
	return r, nil
}

func showMember(v *visit) error {
	id, err := pathID[club.MemberID](v)
	if err != nil {
		return err
	}
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.MemberPage
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "members", "Member")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		m, err := tx.FindMember(v.r.Context(), id)
		if err != nil || !v.p.AllowsLocation(m.HomeLocationID) {
			return orNotFound(err, club.NotFound("There is no such member."))
		}
		return v.member(tx, f, users, m, &p)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Member(p))
}

// member reads all about one member. Their own page shows number and address in full: it is where an
// operator looks them up to call.
func (v *visit) member(tx *store.Tx, f frame, users map[club.UserID]identity.User, m store.Member, p *page.MemberPage) error {
	ctx := v.r.Context()
	rows, err := v.memberRows(tx, []store.Member{m})
	if err != nil {
		return err
	}
	who, err := people.Of(ctx, tx, v.keys, m)
	if err != nil {
		return err
	}
	p.Member, p.Email, p.Since, p.Title = rows[0], who.Email, m.CreatedAt, rows[0].Name
	p.Member.Phone = who.Phone
	consents, err := tx.FindConsents(ctx, m.SubjectID)
	if err != nil {
		return fmt.Errorf("find consents: %w", err)
	}
	for _, c := range consents {
		p.Consents = append(p.Consents, page.ConsentRow{Purpose: "Being texted", Granted: c.State == club.ConsentGiven, Source: c.Source, At: c.At})
	}
	if v.p.Can(identity.ThreadsRead) {
		if p.Threads, err = v.threadsOf(tx, f, users, m, who); err != nil {
			return err
		}
	}
	if v.p.Can(identity.BookingsRead) {
		bookings, err := tx.FindBookingsOfDay(ctx, store.FindBookingsOfDayParams{Reach: tx.Now.Add(-31 * 24 * time.Hour), Since: tx.Now.Add(-30 * 24 * time.Hour), Until: tx.Now.Add(90 * 24 * time.Hour), Scope: v.p.LocationScope(), Member: m.ID.String(), Size: 60})
		if err != nil {
			return fmt.Errorf("find bookings: %w", err)
		}
		for _, b := range slices.Backward(bookings) {
			row, err := v.bookingRow(f, b)
			if err != nil {
				return err
			}
			p.Bookings = append(p.Bookings, row)
		}
	}
	return nil
}

func (v *visit) threadsOf(tx *store.Tx, f frame, users map[club.UserID]identity.User, m store.Member, who people.Person) ([]page.ThreadRow, error) {
	threads, err := tx.FindThreadsOfSubject(v.r.Context(), store.FindThreadsOfSubjectParams{SubjectID: m.SubjectID, Limit: 30})
	if err != nil {
		return nil, fmt.Errorf("find threads: %w", err)
	}
	bays, err := v.bayNames(tx)
	if err != nil {
		return nil, err
	}
	var rows []desk.ThreadRow
	for _, t := range threads {
		if v.p.AllowsLocation(t.LocationID) {
			rows = append(rows, desk.ThreadRow{Thread: t, Member: m.ID, Name: who.Name, Phone: who.Phone, Location: f.locationName(t.LocationID), Bay: bays[t.BayID]})
		}
	}
	return v.threadRows(tx, rows, users)
}
