package simulate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// demoStaff is who works at the club; everybody has the same password. The tech works at one location.
func demoStaff(techAt string) []Staff {
	return []Staff{
		{Name: "Olive Owner", Email: "owner@example.com", Role: club.RoleOwner, SlackUserID: "U0OWNER01"},
		{Name: "Adam Admin", Email: "admin@example.com", Role: club.RoleAdmin, SlackUserID: "U0ADMIN01"},
		{Name: "Opal Operator", Email: "opal@example.com", Role: club.RoleOperator, SlackUserID: "U0OPAL001"},
		{Name: "Oscar Operator", Email: "oscar@example.com", Role: club.RoleOperator, SlackUserID: "U0OSCAR01"},
		{Name: "Tess Tech", Email: "tess@example.com", Role: club.RoleTech, Locations: []string{techAt}, SlackUserID: "U0TESS001"},
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
	return readStaff(ctx, dir, root, c)
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
	c.Staff = nil
	for _, u := range users {
		s := Staff{ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role, SlackUserID: u.SlackUserID}
		for _, id := range u.Locations {
			s.Locations = append(s.Locations, names[id])
		}
		c.Staff = append(c.Staff, s)
	}
	return nil
}
