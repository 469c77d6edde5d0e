package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/rota"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Roll is whom a club would have told of trouble, as it was when it was read: for when the database cannot be asked.
// Numbers and addresses in it are sealed by the club's keys. It is safe for concurrent use.
type Roll struct {
	Club string         // its name
	Zone *time.Location // in which its people read times
	slug club.Slug

	keys  *vault.Tenant
	means notify.Means
	rota  rota.Rota
	staff []listed
}

// listed is somebody on a roll.
type listed struct {
	contact      oncall.Contact // without what is sealed
	phone, email []byte
	runs         bool // the club: an owner or admin
}

// Reached is a way to somebody on a roll.
type Reached struct {
	notify.Target
	// Index names the number or address without giving it away; "" for what is no person's.
	Index string
}

// Roll reads whom to tell: those in the rota from here on, and owners and admins.
func (d *Desk) Roll(ctx context.Context, tenant *store.Tenant) (*Roll, error) {
	r := &Roll{slug: tenant.Slug, Club: tenant.Name, Zone: time.UTC}
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if r.keys, err = d.keys(ctx, tx); err != nil {
			return err
		}
		if r.means, err = d.cfg.Notifier.Means(ctx, tx); err != nil {
			return err
		}
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return err
		}
		if s.ClubName != "" {
			r.Club = s.ClubName
		}
		if r.rota, err = oncall.Load(ctx, tx, tx.Now); err != nil {
			return err
		}
		if r.rota.Zone != nil {
			r.Zone = r.rota.Zone
		}
		return r.list(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Roll) list(ctx context.Context, tx *store.Tx) error {
	colleagues, err := identity.Colleagues(ctx, tx)
	if err != nil {
		return err
	}
	inRota := func(id club.UserID) bool {
		return slices.ContainsFunc(r.rota.Shifts, func(s rota.Shift) bool { return s.User == id }) ||
			slices.ContainsFunc(r.rota.Covers, func(c rota.Cover) bool { return c.User == id })
	}
	for _, c := range colleagues {
		runs := c.Role == club.RoleOwner || c.Role == club.RoleAdmin
		if !c.Active || !runs && !inRota(c.ID) {
			continue
		}
		contact, err := oncall.Reach(ctx, tx, r.keys, c.ID)
		if err != nil {
			return err
		}
		l := listed{contact: contact, runs: runs}
		if l.phone, err = r.keys.SealSecret(cellOf("phone", c.ID), []byte(contact.Phone)); err != nil {
			return fmt.Errorf("seal number: %w", err)
		}
		if l.email, err = r.keys.SealSecret(cellOf("email", c.ID), []byte(contact.Email)); err != nil {
			return fmt.Errorf("seal address: %w", err)
		}
		l.contact.Phone, l.contact.Email = "", ""
		r.staff = append(r.staff, l)
	}
	return nil
}

func cellOf(what string, user club.UserID) string { return "roll." + what + "/" + user.String() }

// Call lists the ways to tell whoever is on call at an instant, and those who run the club, as an alarm does; where
// nobody is on call, those who run it are told by each way that they have. The club's channel and its pager come first.
func (r *Roll) Call(now time.Time) []Reached {
	var out []Reached
	if r.means.Slack != "" {
		out = append(out, Reached{Target: notify.Target{Club: r.slug, Channel: notify.ChannelSlack, To: r.means.Slack}})
	}
	if r.means.Pager {
		out = append(out, Reached{Target: notify.Target{Club: r.slug, Channel: notify.ChannelPagerDuty}})
	}
	onCall := r.rota.OnCall(now, "")
	var called, others []Reached
	for _, l := range r.staff {
		contact := l.open(r.keys)
		if slices.Contains(onCall, contact.User) {
			called = append(called, r.ways(contact, contact.Ways())...)
		} else if l.runs {
			others = append(others, r.ways(contact, waysToInform(contact, now))...)
		}
	}
	if len(called) > 0 {
		return slices.Concat(out, called, others)
	}
	for _, l := range r.staff {
		if contact := l.open(r.keys); l.runs {
			out = append(out, r.ways(contact, contact.Ways())...)
		}
	}
	return out
}

func (l listed) open(keys *vault.Tenant) oncall.Contact {
	c := l.contact
	if phone, err := keys.OpenSecret(cellOf("phone", c.User), l.phone); err == nil {
		c.Phone = string(phone)
	}
	if email, err := keys.OpenSecret(cellOf("email", c.User), l.email); err == nil {
		c.Email = string(email)
	}
	return c
}

// ways are those of the wanted ways that the club has the means for.
func (r *Roll) ways(c oncall.Contact, wanted []string) (out []Reached) {
	for _, way := range wanted {
		to := Reached{Target: notify.Target{Club: r.slug, Channel: notify.Channel(way)}}
		switch {
		case to.Channel == notify.ChannelSMS && r.means.SMS:
			to.To, to.Line, to.Index = c.Phone, r.means.Line, r.keys.Index(vault.IndexPhone, c.Phone)
		case to.Channel == notify.ChannelEmail && r.means.Email:
			to.To, to.Index = c.Email, r.keys.Index(vault.IndexEmail, strings.ToLower(strings.TrimSpace(c.Email)))
		default:
			continue
		}
		out = append(out, to)
	}
	return out
}

// waysToInform are the ways to somebody who runs the club and is not on call: mail, or texts where it is not quiet.
func waysToInform(c oncall.Contact, now time.Time) []string {
	ways := c.Ways()
	switch {
	case slices.Contains(ways, setting.ByEmail):
		return []string{setting.ByEmail}
	case c.Quiet.Now(now):
		return nil
	}
	return ways
}
