package oncall

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/phone"
	"clubos/internal/rota"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Contact is how one of the staff wants to be called. Phone and Email are personal data: for the screen
// and the vendor, not for logs.
type Contact struct {
	User    club.UserID
	Phone   string // E.164; "" when there is none
	Email   string // where mail goes: the account's address unless another is set
	Own     bool   // Email is another than the account's
	BySMS   bool   // texts are wanted
	ByEmail bool
	Quiet   *Quiet // nil: none
}

// Quiet are hours in which no text comes, but for an emergency or while on call.
type Quiet struct {
	From, Until rota.Clock
	Zone        string // IANA name
}

// Now reports whether it is quiet at an instant.
func (q *Quiet) Now(at time.Time) bool {
	if q == nil {
		return false
	}
	zone, err := time.LoadLocation(q.Zone)
	return err == nil && rota.Between(at, zone, q.From, q.Until)
}

// Ways lists the ways on which the person can be called: wanted, and with an address.
func (c Contact) Ways() []string {
	var out []string
	if c.BySMS && c.Phone != "" {
		out = append(out, setting.BySMS)
	}
	if c.ByEmail && c.Email != "" {
		out = append(out, setting.ByEmail)
	}
	return out
}

// ContactEdit replaces how somebody is called.
type ContactEdit struct {
	Phone          string // as people write it; "" removes it
	Email          string // "" is the account's address
	BySMS, ByEmail bool
	QuietFrom      string // "22:00"; both "" when there are no quiet hours
	QuietUntil     string
	Zone           string // of the quiet hours; "" is that of the club's first location
}

// Reach returns how a user is called. Whoever has said nothing is mailed at the account's address. What
// does not open is left out: the rest must reach the person.
func Reach(ctx context.Context, tx *store.Tx, keys *vault.Tenant, user club.UserID) (Contact, error) {
	c := Contact{User: user, ByEmail: true}
	row, err := tx.FindUser(ctx, user)
	if err != nil {
		return c, fmt.Errorf("find user: %w", err)
	}
	if email, err := identity.OpenEmail(keys, row); err == nil {
		c.Email = email
	}
	have, err := tx.FindContact(ctx, user)
	if missing(err) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("find contact: %w", err)
	}
	c.BySMS, c.ByEmail = have.BySms, have.ByEmail
	if number, err := keys.OpenSecret(cell("phone", user), have.Phone); err == nil {
		c.Phone = string(number)
	}
	if own, err := keys.OpenSecret(cell("email", user), have.Email); err == nil {
		c.Email, c.Own = string(own), true
	}
	from, err := rota.ParseClock(have.QuietFrom)
	until, err2 := rota.ParseClock(have.QuietUntil)
	if err == nil && err2 == nil {
		c.Quiet = &Quiet{From: from, Until: until, Zone: have.TimeZone}
	}
	return c, nil
}

func cell(what string, user club.UserID) string { return "contacts." + what + "/" + user.String() }

// mayTouch reports whether p may see and change how a user is called: their own, or everybody's who
// works at p's places for those who manage users.
func mayTouch(ctx context.Context, tx *store.Tx, p identity.Principal, user club.UserID) error {
	if p.Tenant != tx.Tenant {
		return club.Forbidden("you belong to another club")
	}
	if p.Actor.Kind == club.ActorUser && p.UserID == user {
		return nil
	}
	if err := p.Require(identity.UsersWrite); err != nil {
		return err
	}
	all, err := identity.Colleagues(ctx, tx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c identity.Colleague) bool { return c.ID == user })
	if i < 0 || !p.Everywhere() && len(all[i].Locations) > 0 && !slices.ContainsFunc(all[i].Locations, p.AllowsLocation) {
		return club.NotFound("there is no such user")
	}
	if all[i].Role == club.RoleOwner && p.Role != club.RoleOwner && p.Actor.Kind == club.ActorUser {
		return club.Forbidden("only an owner can do this to an owner")
	}
	return nil
}

// FindContact returns how a user is called: one's own, or anybody's for those who manage users.
func FindContact(ctx context.Context, tx *store.Tx, keys *vault.Tenant, p identity.Principal, user club.UserID) (Contact, error) {
	if err := mayTouch(ctx, tx, p, user); err != nil {
		return Contact{}, err
	}
	return Reach(ctx, tx, keys, user)
}

// SaveContact replaces how a user is called. Conflict when the number is a colleague's.
func SaveContact(ctx context.Context, tx *store.Tx, keys *vault.Tenant, p identity.Principal, user club.UserID, e ContactEdit) (Contact, error) {
	if err := mayTouch(ctx, tx, p, user); err != nil {
		return Contact{}, err
	}
	before, err := Reach(ctx, tx, keys, user)
	if err != nil {
		return before, err
	}
	row := store.PutContactParams{UserID: user, BySms: e.BySMS, ByEmail: e.ByEmail, UpdatedAt: tx.Now}
	if err := sealNumber(ctx, tx, keys, &row, e); err != nil {
		return before, err
	}
	if err := sealEmail(keys, &row, e, before); err != nil {
		return before, err
	}
	if err := readQuiet(ctx, tx, &row, e); err != nil {
		return before, err
	}
	if err := tx.PutContact(ctx, row); err != nil {
		if store.IsUnique(err) {
			return before, club.Conflict("a colleague has this number")
		}
		return before, fmt.Errorf("store contact: %w", err)
	}
	after, err := Reach(ctx, tx, keys, user)
	if err != nil {
		return after, err
	}
	return after, record(ctx, tx, p, "contact.changed", user.String(), changes(before, after))
}

func sealNumber(ctx context.Context, tx *store.Tx, keys *vault.Tenant, row *store.PutContactParams, e ContactEdit) (err error) {
	if strings.TrimSpace(e.Phone) == "" {
		if e.BySMS {
			return club.Invalid("texts need a number")
		}
		return nil
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	number, ok := phone.Normalise(e.Phone, s.Region)
	if !ok {
		return club.Invalid("this is not a phone number")
	}
	if lines, err := tx.Known().FindLines(ctx); err != nil {
		return fmt.Errorf("find lines: %w", err)
	} else if slices.ContainsFunc(lines, func(l store.Line) bool { return l.Number == number }) {
		return club.Invalid("this is the club's own number")
	}
	index := keys.Index(vault.IndexPhone, number)
	row.PhoneIndex = &index
	row.Phone, err = keys.SealSecret(cell("phone", row.UserID), []byte(number))
	return err
}

func sealEmail(keys *vault.Tenant, row *store.PutContactParams, e ContactEdit, before Contact) (err error) {
	email := strings.TrimSpace(e.Email)
	if email == "" || email == before.Email && !before.Own {
		return nil
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		return club.Invalid("this is not an e-mail address")
	}
	row.Email, err = keys.SealSecret(cell("email", row.UserID), []byte(email))
	return err
}

func readQuiet(ctx context.Context, tx *store.Tx, row *store.PutContactParams, e ContactEdit) error {
	if e.QuietFrom == "" && e.QuietUntil == "" {
		return nil
	}
	from, err := rota.ParseClock(e.QuietFrom)
	if err != nil {
		return err
	}
	until, err := rota.ParseClock(e.QuietUntil)
	if err != nil {
		return err
	}
	if from == until {
		return club.Invalid("quiet hours end at another time than they begin")
	}
	zone := e.Zone
	if zone == "" {
		zone = "UTC"
		places, err := tx.FindLocations(ctx)
		if err != nil {
			return fmt.Errorf("find locations: %w", err)
		}
		if len(places) > 0 {
			zone = places[0].TimeZone
		}
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return club.Invalid("%.40q is not a time zone like America/New_York", zone)
	}
	row.QuietFrom, row.QuietUntil, row.TimeZone = from.String(), until.String(), zone
	return nil
}

// changes tells what changed, without the number or the address.
func changes(before, after Contact) map[string]any {
	d := map[string]any{"sms": after.BySMS, "email": after.ByEmail}
	if before.Phone != after.Phone {
		d["phone"] = "changed"
	}
	if before.Email != after.Email {
		d["address"] = "changed"
	}
	if after.Quiet != nil {
		d["quiet"] = after.Quiet.From.String() + "–" + after.Quiet.Until.String() + " " + after.Quiet.Zone
	}
	return d
}

// StopTexts ends texts to one of the staff, who has answered STOP: the carrier blocks them from then on.
func StopTexts(ctx context.Context, tx *store.Tx, p identity.Principal) error {
	have, err := tx.FindContact(ctx, p.UserID)
	if missing(err) || err == nil && !have.BySms {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find contact: %w", err)
	}
	have.BySms, have.UpdatedAt = false, tx.Now
	if err := tx.PutContact(ctx, store.PutContactParams(have)); err != nil {
		return fmt.Errorf("store contact: %w", err)
	}
	return record(ctx, tx, p, "contact.changed", p.UserID.String(), map[string]any{"sms": false, "why": "text STOP"})
}

// Numbers returns who of the staff is behind which number, by blind index.
func Numbers(ctx context.Context, tx *store.Tx) (map[string]club.UserID, error) {
	rows, err := tx.Known().FindStaffNumbers(ctx)
	if err != nil {
		return nil, fmt.Errorf("find numbers of the staff: %w", err)
	}
	out := make(map[string]club.UserID, len(rows))
	for _, r := range rows {
		if r.PhoneIndex != nil {
			out[*r.PhoneIndex] = r.UserID
		}
	}
	return out, nil
}
