package desk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/phone"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Filter narrows a list of threads; the zero value admits everything. Fields combine by "and", the
// statuses by "or".
type Filter struct {
	Status   []club.ThreadStatus
	Location club.LocationID
	Mine     bool // the principal's own; nothing for one that is no user
	Unread   bool
	// Query is looked for in the masked texts: all its words, each as the beginning of one. It is also
	// looked for as a whole word of the member's name, a phone number or an e-mail address, which are
	// compared by blind index.
	Query  string
	Cursor string // from the page before
	Size   int    // default 50, at most 200
}

// ThreadRow is a line of the list.
type ThreadRow struct {
	Thread   store.Thread
	Member   club.MemberID // zero when the sender is not a member
	Name     string        // "" when unknown or erased
	Phone    string        // E.164; "" when unknown or erased
	Location string        // its name
	Bay      string        // its name
}

// FindThreads returns threads that p may see, the last changed first, and the cursor of the next page,
// "" when there is none. Paging is by key: rows that change between two pages move to the top and are
// not shown twice on a later page.
func (d *Desk) FindThreads(ctx context.Context, tx *store.Tx, p identity.Principal, f Filter) ([]ThreadRow, string, error) {
	if err := admit(tx, p, identity.ThreadsRead); err != nil {
		return nil, "", err
	}
	after, err := parseCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	if f.Mine && p.UserID.IsZero() {
		return []ThreadRow{}, "", nil
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(f.Size)
	arg := store.FindThreadsPageParams{Scope: p.LocationScope(), Statuses: set(f.Status), Location: f.Location.String(), Unread: flag(f.Unread),
		AfterID: after.id, AfterAt: after.at, Size: size + 1}
	if f.Mine {
		arg.Mine = p.UserID.String()
	}
	rows, err := findPage(ctx, tx, keys, f.Query, arg)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > int(size) {
		rows = rows[:size]
		last := rows[size-1].Thread
		next = cursor{last.UpdatedAt, last.ID.String()}.String()
	}
	out := make([]ThreadRow, 0, len(rows))
	for _, r := range rows {
		row, err := rowOf(keys, r)
		if err != nil {
			return nil, "", err
		}
		out = append(out, row)
	}
	return out, next, nil
}

// findPage finds the rows of a page, which a query that is not empty narrows.
func findPage(ctx context.Context, tx *store.Tx, keys *vault.Tenant, query string, arg store.FindThreadsPageParams) ([]store.FindThreadsPageRow, error) {
	if strings.TrimSpace(query) == "" {
		rows, err := tx.FindThreadsPage(ctx, arg)
		if err != nil {
			return nil, fmt.Errorf("find threads: %w", err)
		}
		return rows, nil
	}
	who, err := subjectsNamed(ctx, tx, keys, query)
	if err != nil {
		return nil, err
	}
	people := make(map[club.SubjectID]bool, len(who))
	for _, id := range who {
		people[id] = true
	}
	raw, err := json.Marshal(people)
	if err != nil {
		return nil, fmt.Errorf("encode people: %w", err)
	}
	found, err := tx.SearchThreadsPage(ctx, store.SearchThreadsPageParams{Words: prefixes(query), People: raw, Scope: arg.Scope, Statuses: arg.Statuses,
		Location: arg.Location, Mine: arg.Mine, Unread: arg.Unread, AfterID: arg.AfterID, AfterAt: arg.AfterAt, Size: arg.Size})
	if err != nil {
		return nil, fmt.Errorf("search threads: %w", err)
	}
	rows := make([]store.FindThreadsPageRow, len(found))
	for i, r := range found {
		rows[i] = store.FindThreadsPageRow(r)
	}
	return rows, nil
}

func rowOf(keys *vault.Tenant, r store.FindThreadsPageRow) (ThreadRow, error) {
	row := ThreadRow{Thread: r.Thread, Member: r.PersonMemberID, Location: r.LocationName, Bay: r.BayName}
	if len(r.WrappedKey) == 0 {
		return row, nil
	}
	s := store.Subject{ID: r.Thread.SubjectID, WrappedKey: r.WrappedKey}
	var err error
	if row.Phone, err = people.Open(keys, s, people.ColumnPhone, s.ID.String(), r.Phone); err != nil {
		return row, err
	}
	row.Name, err = people.Open(keys, s, people.ColumnName, r.PersonMemberID.String(), r.MemberName)
	return row, err
}

// subjectsNamed finds who a query names by number, address or words of a name.
func subjectsNamed(ctx context.Context, tx *store.Tx, keys *vault.Tenant, query string) ([]club.SubjectID, error) {
	if strings.TrimSpace(query) == "" {
		return nil, nil
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return nil, err
	}
	members, err := people.Search(ctx, tx, keys, query, s.Region)
	if err != nil {
		return nil, fmt.Errorf("search members: %w", err)
	}
	var out []club.SubjectID
	for _, m := range members {
		out = append(out, m.SubjectID)
	}
	if number, ok := phone.Normalise(strings.TrimSpace(query), s.Region); ok { // somebody who is no member
		index := keys.Index(vault.IndexPhone, number)
		subject, err := tx.FindSubjectByPhone(ctx, &index)
		if err == nil {
			out = append(out, subject.ID)
		} else if !missing(err) {
			return nil, fmt.Errorf("search number: %w", err)
		}
	}
	return out, nil
}

// Counts are the figures beside a list of threads.
type Counts struct {
	Status map[club.ThreadStatus]int64 // threads in each; all statuses are present
	All    int64
	Unread int64 // threads with texts that nobody has read
	Mine   int64
}

// CountThreads counts the threads that p may see, at one place or at all.
func (d *Desk) CountThreads(ctx context.Context, tx *store.Tx, p identity.Principal, location club.LocationID) (Counts, error) {
	out := Counts{Status: map[club.ThreadStatus]int64{}}
	if err := admit(tx, p, identity.ThreadsRead); err != nil {
		return out, err
	}
	rows, err := tx.CountThreads(ctx, store.CountThreadsParams{Scope: p.LocationScope(), Location: location.String(), Mine: p.UserID.String()})
	if err != nil {
		return out, fmt.Errorf("count threads: %w", err)
	}
	for _, s := range club.ThreadStatuses() {
		out.Status[s] = 0
	}
	for _, r := range rows {
		out.Status[r.Status] = r.Threads
		out.All, out.Unread, out.Mine = out.All+r.Threads, out.Unread+r.Unread, out.Mine+r.Mine
	}
	return out, nil
}

// cursor is the place in a list behind a row.
type cursor struct {
	at time.Time
	id string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.at.UnixMicro(), 10) + "." + c.id))
}

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	micros, id, ok := strings.Cut(string(b), ".")
	n, numErr := strconv.ParseInt(micros, 10, 64)
	if err != nil || !ok || numErr != nil || id == "" || len(id) > 64 {
		return cursor{}, club.Invalid("the cursor is not one of ours; begin with the first page")
	}
	return cursor{time.UnixMicro(n).UTC(), id}, nil
}

func pageSize(n int) int32 {
	switch {
	case n <= 0:
		return 50
	case n > 200:
		return 200
	}
	return int32(n) // #nosec G115 -- at most 200
}

// set writes values as one text for SQL, ",a,b,"; "" for none.
func set[T ~string](values []T) string {
	if len(values) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte(',')
	for _, v := range values {
		b.WriteString(string(v))
		b.WriteByte(',')
	}
	return b.String()
}

// pattern is a LIKE pattern that finds the query as it stands, "" for none.
func pattern(query string) string {
	query = clip(strings.Join(strings.Fields(query), " "), 100)
	if query == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(query) + "%"
}

// mostWords bounds the words of a query.
const mostWords = 12

// prefixes writes the words of a query for message_search: "froze"* "bay"*. Words are letters and digits;
// everything else parts them, as in the texts that are searched. Without any it is the empty word, which no
// text holds.
func prefixes(query string) string {
	words := strings.FieldsFunc(clip(query, 100), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	if words = words[:min(len(words), mostWords)]; len(words) == 0 {
		return `""`
	}
	for i, w := range words {
		words[i] = `"` + w + `"*`
	}
	return strings.Join(words, " ")
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
