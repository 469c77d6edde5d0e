package simulate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/oncall"
	"clubos/internal/rota"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// demoStaff is who works at the club; everybody has the same password. The tech works at one location.
func demoStaff(techAt string) []Staff {
	return []Staff{
		{Name: "Olive Owner", Email: "owner@example.com", Role: club.RoleOwner, SlackUserID: "U0OWNER01", Phone: "+15557770001"},
		{Name: "Adam Admin", Email: "admin@example.com", Role: club.RoleAdmin, SlackUserID: "U0ADMIN01", Phone: "+15557770002"},
		{Name: "Opal Operator", Email: "opal@example.com", Role: club.RoleOperator, SlackUserID: "U0OPAL001", Phone: "+15557770003"},
		{Name: "Oscar Operator", Email: "oscar@example.com", Role: club.RoleOperator, SlackUserID: "U0OSCAR01", Phone: "+15557770004"},
		{Name: "Tess Tech", Email: "tess@example.com", Role: club.RoleTech, Locations: []string{techAt}, SlackUserID: "U0TESS001", Phone: "+15557770005"},
		{Name: "Vera Viewer", Email: "vera@example.com", Role: club.RoleViewer, SlackUserID: "U0VERA001"},
	}
}

func putStaff(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, c *Club, o Options) error {
	dir := identity.NewDirectory(identity.Config{DB: tenant, Vault: keys, Hasher: o.Hasher, Log: discard()})
	root := identity.System(tenant.Slug, "simulate")
	there, err := dir.FindUsers(ctx, root)
	if err != nil {
		return fmt.Errorf("find users: %w", err)
	}
	for _, s := range c.Staff {
		i := slices.IndexFunc(there, func(u identity.User) bool { return strings.EqualFold(u.Email, s.Email) })
		if i >= 0 && there[i].SlackUserID != "" {
			continue
		}
		var u identity.User
		if i >= 0 {
			u = there[i]
		} else {
			at, err := locationIDs(ctx, tenant, s.Locations)
			if err != nil {
				return err
			}
			if u, err = dir.CreateUser(ctx, root, identity.NewUser{Email: s.Email, Name: s.Name, Role: s.Role, Locations: at, Password: o.Password}); err != nil {
				return fmt.Errorf("create user: %w", err)
			}
		}
		if _, err := dir.UpdateUser(ctx, root, u.ID, identity.UserChange{SlackUserID: &s.SlackUserID}); err != nil {
			return fmt.Errorf("link user: %w", err)
		}
	}
	if err := readStaff(ctx, dir, root, c); err != nil {
		return err
	}
	return putOnCall(ctx, tenant, keys, c)
}

func locationIDs(ctx context.Context, tenant *store.Tenant, names []string) (out []club.LocationID, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		for _, n := range names {
			l, err := tx.FindLocationByName(ctx, n)
			if err != nil {
				return fmt.Errorf("find location: %w", err)
			}
			out = append(out, l.ID)
		}
		return nil
	})
	return out, err
}

func readStaff(ctx context.Context, dir *identity.Directory, by identity.Principal, c *Club) error {
	users, err := dir.FindUsers(ctx, by)
	if err != nil {
		return fmt.Errorf("find users: %w", err)
	}
	names := map[club.LocationID]string{}
	for _, l := range c.Locations {
		names[l.ID] = l.Name
	}
	phones := map[string]string{}
	for _, s := range c.Staff {
		phones[s.Email] = s.Phone
	}
	c.Staff = nil
	for _, u := range users {
		s := Staff{ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role, SlackUserID: u.SlackUserID, Phone: phones[u.Email]}
		for _, id := range u.Locations {
			s.Locations = append(s.Locations, names[id])
		}
		c.Staff = append(c.Staff, s)
	}
	// Users made at one instant come in the order of their ids, which is chance's.
	slices.SortFunc(c.Staff, func(a, b Staff) int { return cmp.Compare(a.Email, b.Email) })
	return nil
}

// putOnCall says how the staff are called and who is on call: Opal by day and in the evening, Oscar by
// night, everywhere. A club that has a rota keeps it.
func putOnCall(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, c *Club) error {
	root := identity.System(tenant.Slug, "simulate")
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if have, err := tx.FindShifts(ctx); err != nil || len(have) > 0 {
			return err
		}
		for _, s := range c.Staff {
			if s.Phone == "" {
				continue
			}
			edit := oncall.ContactEdit{Phone: s.Phone, BySMS: true, ByEmail: true, QuietFrom: "23:00", QuietUntil: "07:00"}
			if _, err := oncall.SaveContact(ctx, tx, keys, root, s.ID, edit); err != nil {
				return fmt.Errorf("enter how %s is called: %w", s.Role, err)
			}
		}
		for i, from := range []rota.Clock{8 * 60, 20 * 60} {
			by := "operator"
			if i == 1 {
				by = "operator2"
			}
			who, err := c.staff(by)
			if err != nil {
				return err
			}
			if _, err := oncall.CreateShift(ctx, tx, root, rota.Shift{User: who.ID, Days: rota.EveryDay, From: from, Until: (from + 12*60) % (24 * 60)}); err != nil {
				return fmt.Errorf("enter a shift: %w", err)
			}
		}
		return nil
	})
}
