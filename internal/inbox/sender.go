package inbox

import (
	"context"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// sender is whoever is behind an address, as far as the inbox needs to know.
type sender struct {
	store.Subject
	member  store.Member             // zero ID: not a member
	names   []string                 // for masking
	threads map[string]*conversation // by line: what texts of this transaction go into
}

// findSenders finds or makes the subjects behind the addresses of texts, and the members where there are
// some.
func (b *batch) findSenders(ctx context.Context, all []*filing) error {
	unknown := map[string]*filing{} // by index of the number: the first text from it
	var order []string
	for _, f := range all {
		if f.sender = b.senders[f.From]; f.sender != nil {
			continue
		}
		address, err := b.address(ctx, f.From)
		if err != nil {
			return err
		}
		f.address, f.index = address, b.keys.Index(vault.IndexPhone, address)
		if unknown[f.index] == nil {
			unknown[f.index] = f
			order = append(order, f.index)
		}
	}
	found, err := b.sendersOf(ctx, order)
	if err != nil {
		return err
	}
	var strangers []*filing
	for _, index := range order {
		if found[index] == nil {
			strangers = append(strangers, unknown[index])
		}
	}
	if err := b.makeSubjects(ctx, strangers, found); err != nil {
		return err
	}
	for _, f := range all {
		if f.sender == nil {
			f.sender = found[f.index]
			b.senders[f.From] = f.sender
		}
	}
	return nil
}

// sendersOf returns who is behind numbers, by their indexes. Whoever was erased is not found: whoever uses
// the number is a stranger, and nothing may wake the old record.
func (b *batch) sendersOf(ctx context.Context, indexes []string) (map[string]*sender, error) {
	found := make(map[string]*sender, len(indexes))
	if len(indexes) == 0 {
		return found, nil
	}
	wanted := make(set, len(indexes))
	for _, i := range indexes {
		wanted[i] = true
	}
	rows, err := b.FindSenders(ctx, wanted.json())
	if err != nil {
		return nil, fmt.Errorf("find senders: %w", err)
	}
	for _, row := range rows {
		if len(row.WrappedKey) == 0 {
			if _, err := b.ReleaseErasedNumber(ctx, store.ReleaseErasedNumberParams{ID: row.ID, UpdatedAt: b.Now}); err != nil {
				return nil, fmt.Errorf("release number: %w", err)
			}
			continue
		}
		s := &sender{
			Subject: store.Subject{ID: row.ID, PhoneIndex: row.PhoneIndex, WrappedKey: row.WrappedKey},
			member:  store.Member{ID: row.MemberID, Name: row.Name, HomeLocationID: row.HomeLocationID},
			threads: map[string]*conversation{},
		}
		s.names = b.names(ctx, s.Subject, s.member)
		found[*row.PhoneIndex] = s
	}
	return found, nil
}

// makeSubjects makes subjects of strangers. Another transaction may have been first: the row that is
// there counts.
func (b *batch) makeSubjects(ctx context.Context, strangers []*filing, found map[string]*sender) error {
	if len(strangers) == 0 {
		return nil
	}
	rows := make([]store.CreateSubjectParams, len(strangers))
	indexes := make([]string, len(strangers))
	for i, f := range strangers {
		err := b.of(f, func() (err error) {
			indexes[i] = f.index
			rows[i], err = people.NewSubject(b.Tx, b.keys, f.address)
			return err
		})
		if err != nil {
			return err
		}
	}
	_, err := b.Each(ctx, len(rows), func(q *store.Queries, i int) (int64, error) { return q.CreateSubject(ctx, rows[i]) })
	if err != nil {
		return b.blame(strangers, fmt.Errorf("create subject: %w", err))
	}
	made, err := b.sendersOf(ctx, indexes)
	if err != nil {
		return err
	}
	for i, f := range strangers {
		if found[f.index] = made[f.index]; found[f.index] == nil {
			b.at = strangers[i].item
			return club.Conflict("the sender's record changes too often; try again")
		}
	}
	return nil
}

// recipient finds or makes the subject behind an address that a report names, and the member where there
// is one.
func (b *batch) recipient(ctx context.Context, raw string) (*sender, error) {
	if s, ok := b.senders[raw]; ok {
		return s, nil
	}
	f := &filing{text: &text{Inbound: club.Inbound{From: raw}}, item: b.at, correlation: b.Correlation}
	if err := b.findSenders(ctx, []*filing{f}); err != nil {
		return nil, err
	}
	b.at = f.item
	return f.sender, nil
}

// names returns the words of a member's name. A name that does not open is an alarm for the log, but no
// reason to lose a text: it is then masked without it.
func (b *batch) names(ctx context.Context, s store.Subject, m store.Member) []string {
	if m.ID.IsZero() {
		return nil
	}
	name, err := people.Open(b.keys, s, people.ColumnName, m.ID.String(), m.Name)
	if err != nil {
		b.in.cfg.Log.ErrorContext(ctx, "a member's name does not open", "event.action", "inbox.text", "event.outcome", "failure",
			"organization.id", b.Tenant.String(), "labels.member", m.ID.String(), "error.message", err.Error())
		return nil
	}
	return people.Person{Name: name}.Names()
}
