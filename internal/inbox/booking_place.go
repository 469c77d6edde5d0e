package inbox

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/phone"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// newHolder stands for the subject that a number would make, where nothing is written.
const newHolder club.SubjectID = "new"

func (b *booker) may(id club.LocationID) bool { return b.allows == nil || b.allows(id) }

// places returns the club's locations.
func (b *booker) places(ctx context.Context) ([]store.Location, error) {
	if b.locations == nil {
		all, err := b.tx.FindLocations(ctx)
		if err != nil {
			return nil, fmt.Errorf("find locations: %w", err)
		}
		b.locations = all
	}
	return b.locations, nil
}

// location finds a location by id, short name or name. A club of one location need not be told it.
func (b *booker) location(ctx context.Context, name string) (store.Location, error) {
	all, err := b.places(ctx)
	if err != nil {
		return store.Location{}, err
	}
	name = clean(strings.TrimSpace(name), maxKey)
	if name == "" {
		if len(all) == 1 {
			return all[0], nil
		}
		return store.Location{}, invalid("location", "the booking does not say which location it is for", "write the location's name as the page Places shows it")
	}
	for _, l := range all {
		if l.ID.String() != name && !strings.EqualFold(l.Slug, name) && !strings.EqualFold(l.Name, name) {
			continue
		}
		if !b.may(l.ID) {
			break
		}
		return l, nil
	}
	return store.Location{}, invalid("location", fmt.Sprintf("there is no location called %q", clip(name, 80)), "write its name as the page Places shows it, or add it there")
}

// bay finds a bay of a location by id, name or number ("Bay 3", "3", "#3"). No name is no bay.
func (b *booker) bay(ctx context.Context, at store.Location, name string) (club.BayID, error) {
	name = clean(strings.TrimSpace(name), maxKey)
	if name == "" {
		return "", nil
	}
	bays, ok := b.bays[at.ID]
	if !ok {
		var err error
		if bays, err = b.tx.FindBaysOfLocation(ctx, at.ID); err != nil {
			return "", fmt.Errorf("find bays: %w", err)
		}
		b.bays[at.ID] = bays
	}
	for _, y := range bays {
		if y.ID.String() == name || strings.EqualFold(y.Name, name) {
			return y.ID, nil
		}
	}
	digits := strings.TrimLeft(name, "#")
	if i := strings.LastIndexAny(name, " #"); i >= 0 {
		digits = name[i+1:]
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		for _, y := range bays {
			if y.Number == n {
				return y.ID, nil
			}
		}
	}
	return "", invalid("bay", fmt.Sprintf("there is no bay called %q at %s", clip(name, 80), at.Name), "write the bay's number or name as the page Places shows it, or add it there")
}

// holder finds who holds the booking: by number, else by e-mail address. A number that nobody has texted
// from makes a subject, so that its first text is known to have a booking. An address that several
// members share proves nobody.
func (b *booker) holder(ctx context.Context, c club.BookingChange) (club.SubjectID, club.MemberID, error) {
	if c.Phone != "" {
		if b.region == nil {
			settings, err := setting.Known(ctx, b.tx)
			if err != nil {
				return "", "", err
			}
			b.region = &settings.Region
		}
		if number, ok := phone.Normalise(c.Phone, *b.region); ok {
			return b.byPhone(ctx, number)
		}
	}
	email := strings.ToLower(strings.TrimSpace(c.Email))
	if email == "" {
		return "", "", nil
	}
	index := b.keys.Index(vault.IndexEmail, email)
	found, err := b.tx.FindMembersByEmail(ctx, &index)
	if err != nil {
		return "", "", fmt.Errorf("find member: %w", err)
	}
	if len(found) != 1 {
		return "", "", nil
	}
	return found[0].SubjectID, found[0].ID, nil
}

func (b *booker) byPhone(ctx context.Context, number string) (club.SubjectID, club.MemberID, error) {
	var s store.Subject
	var err error
	if b.dry {
		index := b.keys.Index(vault.IndexPhone, number)
		if s, err = b.tx.FindSubjectByPhone(ctx, &index); missing(err) || err == nil && len(s.WrappedKey) == 0 {
			return newHolder, "", nil
		}
	} else {
		s, err = findSubject(ctx, b.tx, b.keys, number)
	}
	if err != nil {
		return "", "", fmt.Errorf("find holder: %w", err)
	}
	m, err := b.tx.FindMemberBySubject(ctx, s.ID)
	if missing(err) {
		return s.ID, "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find member: %w", err)
	}
	return s.ID, m.ID, nil
}

// findSubject finds or makes the subject behind a number.
func findSubject(ctx context.Context, tx *store.Tx, keys *vault.Tenant, number string) (store.Subject, error) {
	s, err := people.Subject(ctx, tx, keys, number)
	if err == nil && len(s.WrappedKey) == 0 {
		// The person was erased. Whoever uses the number is a stranger: nothing may wake the old record.
		if _, err = tx.ReleaseErasedNumber(ctx, store.ReleaseErasedNumberParams{ID: s.ID, UpdatedAt: tx.Now}); err == nil {
			s, err = people.Subject(ctx, tx, keys, number)
		}
	}
	if err != nil {
		return s, fmt.Errorf("find subject: %w", err)
	}
	return s, nil
}
