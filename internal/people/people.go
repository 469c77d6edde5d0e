// Package people finds and keeps the people who text the club: subjects (whoever is behind a number,
// known or not) and members.
//
// Everything personal is sealed by the subject's key; look-ups go by blind index. A Person is what a
// room may hold in memory while it works; it is never logged and never stored elsewhere.
package people

import (
	"context"
	"fmt"
	"strings"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/phone"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Columns that hold sealed values, as vault.Field names them.
const (
	ColumnPhone   = "subjects.phone"
	ColumnName    = "members.name"
	ColumnEmail   = "members.email"
	ColumnMessage = "messages.body"
)

// Person is somebody behind a number, with what is known of them in plain text.
type Person struct {
	Subject store.Subject
	Member  store.Member // zero ID: not a member
	Name    string       // "" when unknown
	Phone   string       // E.164; "" when unknown or erased
	Email   string
}

// Known reports whether the person is a member.
func (p Person) Known() bool { return !p.Member.ID.IsZero() }

// FirstName returns the first word of the name, "" when there is none.
func (p Person) FirstName() string {
	first, _, _ := strings.Cut(strings.TrimSpace(p.Name), " ")
	return first
}

// Names returns the name and its words, for masking: a word alone may be an ordinary one, both together are not.
func (p Person) Names() []string {
	words := strings.Fields(p.Name)
	if len(words) > 1 {
		return append([]string{p.Name}, words...)
	}
	return words
}

// Subject returns the subject behind a number in E.164, making one at the first sight of it. A number
// that texts us has consented to be answered until it says STOP.
func Subject(ctx context.Context, tx *store.Tx, keys *vault.Tenant, number string) (store.Subject, error) {
	index := keys.Index(vault.IndexPhone, number)
	s, err := tx.FindSubjectByPhone(ctx, &index)
	if err == nil || club.CodeOf(store.Translate(err)) != club.CodeNotFound {
		return s, store.Translate(err)
	}
	row, err := NewSubject(tx, keys, number)
	if err != nil {
		return s, err
	}
	if _, err := tx.CreateSubject(ctx, row); err != nil {
		return s, fmt.Errorf("create subject: %w", err)
	}
	// Another transaction may have been first: the row that is there counts.
	return tx.FindSubjectByPhone(ctx, &index)
}

// NewSubject makes the row of a subject behind a number in E.164, which is not stored yet.
func NewSubject(tx *store.Tx, keys *vault.Tenant, number string) (store.CreateSubjectParams, error) {
	index, id := keys.Index(vault.IndexPhone, number), club.NewSubjectID(tx.Now)
	row := store.CreateSubjectParams{ID: id, PhoneIndex: &index, CreatedAt: tx.Now}
	var err error
	if row.WrappedKey, err = keys.NewSubjectKey(id); err != nil {
		return row, fmt.Errorf("make subject key: %w", err)
	}
	if row.Phone, err = keys.Seal(row.WrappedKey, vault.Field{Subject: id, Column: ColumnPhone, Row: id.String()}, []byte(number)); err != nil {
		return row, fmt.Errorf("seal number: %w", err)
	}
	return row, nil
}

// Find returns the person of a subject. What was erased stays empty.
func Find(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.SubjectID) (Person, error) {
	return find(ctx, tx.Queries, keys, id)
}

// Known is Find as store.Tx.Known tells it: for what is understood and said, never for whether somebody may
// be written to or let in.
func Known(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.SubjectID) (Person, error) {
	return find(ctx, tx.Known(), keys, id)
}

func find(ctx context.Context, tx *store.Queries, keys *vault.Tenant, id club.SubjectID) (Person, error) {
	s, err := tx.FindSubject(ctx, id)
	if err != nil {
		return Person{}, fmt.Errorf("find subject: %w", err)
	}
	p := Person{Subject: s}
	m, err := tx.FindMemberBySubject(ctx, id)
	if err == nil {
		p.Member = m
	} else if club.CodeOf(store.Translate(err)) != club.CodeNotFound {
		return p, fmt.Errorf("find member: %w", err)
	}
	return p, p.open(keys)
}

// Of returns the person of a member's row.
func Of(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m store.Member) (Person, error) {
	s, err := tx.FindSubject(ctx, m.SubjectID)
	if err != nil {
		return Person{}, fmt.Errorf("find subject: %w", err)
	}
	p := Person{Subject: s, Member: m}
	return p, p.open(keys)
}

func (p *Person) open(keys *vault.Tenant) error {
	for _, f := range []struct {
		sealed []byte
		column string
		row    string
		into   *string
	}{
		{p.Subject.Phone, ColumnPhone, p.Subject.ID.String(), &p.Phone},
		{p.Member.Name, ColumnName, p.Member.ID.String(), &p.Name},
		{p.Member.Email, ColumnEmail, p.Member.ID.String(), &p.Email},
	} {
		if len(f.sealed) == 0 || len(p.Subject.WrappedKey) == 0 {
			continue
		}
		plain, err := keys.Open(p.Subject.WrappedKey, vault.Field{Subject: p.Subject.ID, Column: f.column, Row: f.row}, f.sealed)
		if err != nil {
			return fmt.Errorf("open %s: %w", f.column, err)
		}
		*f.into = string(plain)
	}
	return nil
}

// Seal seals a text of or to the subject for one cell.
func Seal(keys *vault.Tenant, s store.Subject, column, row, text string) ([]byte, error) {
	b, err := keys.Seal(s.WrappedKey, vault.Field{Subject: s.ID, Column: column, Row: row}, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", column, err)
	}
	return b, nil
}

// Erased is what stands where erased words stood.
const Erased = "[erased]"

// Open opens what Seal returned for the same cell; Erased when the subject's key is gone.
func Open(keys *vault.Tenant, s store.Subject, column, row string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if len(s.WrappedKey) == 0 {
		return Erased, nil
	}
	b, err := keys.Open(s.WrappedKey, vault.Field{Subject: s.ID, Column: column, Row: row}, sealed)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", column, err)
	}
	return string(b), nil
}

// NewMember is what a member is made of. Phone is in any written form.
type NewMember struct {
	Name   string
	Phone  string
	Email  string
	Home   club.LocationID
	Region string // for numbers without a country code, "US" for example
}

// Create makes a member. The number's subject may exist already, from texts before; a second member
// of one number is Conflict.
func Create(ctx context.Context, tx *store.Tx, keys *vault.Tenant, by club.Actor, n NewMember) (store.Member, error) {
	name := strings.Join(strings.Fields(n.Name), " ")
	if name == "" || len(name) > 200 {
		return store.Member{}, club.Invalid("a member's name has 1 to 200 characters")
	}
	number, ok := phone.Normalise(n.Phone, n.Region)
	if !ok {
		return store.Member{}, club.Invalid("the phone number is not a valid one; write it with its country code, like +1 555 010 1234")
	}
	s, err := Subject(ctx, tx, keys, number)
	if err != nil {
		return store.Member{}, err
	}
	if _, err := tx.FindMemberBySubject(ctx, s.ID); err == nil {
		return store.Member{}, club.Conflict("there is a member with this phone number already")
	}
	m := store.Member{ID: club.NewMemberID(tx.Now), SubjectID: s.ID, HomeLocationID: n.Home, Status: "active", CreatedAt: tx.Now, UpdatedAt: tx.Now}
	if err := fill(&m, keys, s, name, n.Email); err != nil {
		return store.Member{}, err
	}
	err = tx.CreateMember(ctx, store.CreateMemberParams{ID: m.ID, SubjectID: s.ID, Name: m.Name, Email: m.Email, EmailIndex: m.EmailIndex, HomeLocationID: n.Home, Status: m.Status, CreatedAt: tx.Now})
	if err != nil {
		return store.Member{}, fmt.Errorf("create member: %w", err)
	}
	if err := putWords(ctx, tx, keys, m.ID, name); err != nil {
		return store.Member{}, err
	}
	return m, audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "member.created", Object: m.ID.String()})
}

// Change is an edit of a member; nil leaves a field as it is.
type Change struct {
	Name, Email, Status *string
	Home                *club.LocationID
}

// Update changes a member.
func Update(ctx context.Context, tx *store.Tx, keys *vault.Tenant, by club.Actor, id club.MemberID, c Change) (store.Member, error) {
	m, err := tx.FindMember(ctx, id)
	if err != nil {
		return m, fmt.Errorf("find member: %w", err)
	}
	p, err := Of(ctx, tx, keys, m)
	if err != nil {
		return m, err
	}
	name, email := p.Name, p.Email
	var changed []string
	if c.Name != nil {
		name = strings.Join(strings.Fields(*c.Name), " ")
		if name == "" || len(name) > 200 {
			return m, club.Invalid("a member's name has 1 to 200 characters")
		}
		changed = append(changed, "name")
	}
	if c.Email != nil {
		email, changed = *c.Email, append(changed, "email")
	}
	if c.Status != nil {
		m.Status, changed = *c.Status, append(changed, "status")
	}
	if c.Home != nil {
		m.HomeLocationID, changed = *c.Home, append(changed, "home_location")
	}
	if err := fill(&m, keys, p.Subject, name, email); err != nil {
		return m, err
	}
	m.UpdatedAt = tx.Now
	if _, err := tx.UpdateMember(ctx, store.UpdateMemberParams{ID: id, Name: m.Name, Email: m.Email, EmailIndex: m.EmailIndex, HomeLocationID: m.HomeLocationID, Status: m.Status, UpdatedAt: tx.Now}); err != nil {
		return m, fmt.Errorf("update member: %w", err)
	}
	if c.Name != nil {
		if err := tx.DeleteMemberWords(ctx, id); err != nil {
			return m, fmt.Errorf("update member: %w", err)
		}
		if err := putWords(ctx, tx, keys, id, name); err != nil {
			return m, err
		}
	}
	return m, audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "member.updated", Object: id.String(), Detail: map[string]any{"fields": changed}})
}

// fill seals name and e-mail address into m.
func fill(m *store.Member, keys *vault.Tenant, s store.Subject, name, email string) (err error) {
	if m.Name, err = Seal(keys, s, ColumnName, m.ID.String(), name); err != nil {
		return err
	}
	m.Email, m.EmailIndex = nil, nil
	email = strings.ToLower(strings.TrimSpace(email))
	if email == "" {
		return nil
	}
	if !strings.Contains(email, "@") || len(email) > 254 {
		return club.Invalid("the e-mail address is not a valid one")
	}
	index := keys.Index(vault.IndexEmail, email)
	m.EmailIndex = &index
	m.Email, err = Seal(keys, s, ColumnEmail, m.ID.String(), email)
	return err
}

func putWords(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.MemberID, name string) error {
	for _, w := range strings.Fields(strings.ToLower(name)) {
		if err := tx.CreateMemberWord(ctx, store.CreateMemberWordParams{WordIndex: keys.Index(vault.IndexName, w), MemberID: id}); err != nil {
			return fmt.Errorf("index name: %w", err)
		}
	}
	return nil
}

// Search finds members by a whole word of their name, their number or their e-mail address.
func Search(ctx context.Context, tx *store.Tx, keys *vault.Tenant, query, region string) ([]store.Member, error) {
	query = strings.ToLower(strings.TrimSpace(query))
	if number, ok := phone.Normalise(query, region); ok {
		index := keys.Index(vault.IndexPhone, number)
		s, err := tx.FindSubjectByPhone(ctx, &index)
		if err != nil {
			return nil, ignoreMissing(err)
		}
		m, err := tx.FindMemberBySubject(ctx, s.ID)
		if err != nil {
			return nil, ignoreMissing(err)
		}
		return []store.Member{m}, nil
	}
	if strings.Contains(query, "@") {
		index := keys.Index(vault.IndexEmail, query)
		return tx.FindMembersByEmail(ctx, &index)
	}
	words := strings.Fields(query)
	if len(words) == 0 {
		return nil, nil
	}
	found, err := tx.FindMembersByWord(ctx, store.FindMembersByWordParams{WordIndex: keys.Index(vault.IndexName, words[0]), Limit: 200})
	if err != nil {
		return nil, fmt.Errorf("find members: %w", err)
	}
	for _, w := range words[1:] {
		more, err := tx.FindMembersByWord(ctx, store.FindMembersByWordParams{WordIndex: keys.Index(vault.IndexName, w), Limit: 200})
		if err != nil {
			return nil, fmt.Errorf("find members: %w", err)
		}
		found = both(found, more)
	}
	return found, nil
}

func both(a, b []store.Member) []store.Member {
	in := map[club.MemberID]bool{}
	for _, m := range b {
		in[m.ID] = true
	}
	out := a[:0]
	for _, m := range a {
		if in[m.ID] {
			out = append(out, m)
		}
	}
	return out
}

func ignoreMissing(err error) error {
	if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return nil
	}
	return err
}

// SetConsent records a subject's word on being texted, and reports whether it changed anything.
func SetConsent(ctx context.Context, tx *store.Tx, by club.Actor, id club.SubjectID, state club.ConsentState, source string) (bool, error) {
	n, err := tx.UpdateConsent(ctx, store.UpdateConsentParams{ID: id, Consent: state, UpdatedAt: tx.Now})
	if err != nil {
		return false, fmt.Errorf("update consent: %w", err)
	}
	// The word itself is recorded each time it is given, also when it changes nothing.
	if err := tx.CreateConsent(ctx, store.CreateConsentParams{ID: club.NewConsentID(tx.Now), SubjectID: id, State: state, Source: source, At: tx.Now}); err != nil {
		return false, fmt.Errorf("record consent: %w", err)
	}
	return n > 0, audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "consent." + string(state), Object: id.String(), Detail: map[string]any{"source": source}})
}
