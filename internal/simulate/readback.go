package simulate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/vault"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func readPlaces(ctx context.Context, tx *store.Tx, c *Club) error {
	rows, err := tx.FindLocations(ctx)
	if err != nil {
		return fmt.Errorf("find locations: %w", err)
	}
	lines, err := tx.FindLines(ctx)
	if err != nil {
		return fmt.Errorf("find lines: %w", err)
	}
	devices, err := tx.FindDevices(ctx)
	if err != nil {
		return fmt.Errorf("find devices: %w", err)
	}
	invented := c.Locations
	c.Locations = nil
	for _, row := range rows {
		l := Location{ID: row.ID, Slug: row.Slug, Name: row.Name, TimeZone: row.TimeZone, Details: map[string]string{}}
		if err := json.Unmarshal([]byte(row.Details), &l.Details); err != nil {
			return fmt.Errorf("read details of %s: %w", row.Slug, err)
		}
		for _, line := range lines {
			if line.LocationID == row.ID && l.Line == "" {
				l.Line, l.Provider = line.Number, line.Provider
			}
		}
		if err := readBays(ctx, tx, &l, devices); err != nil {
			return err
		}
		c.Locations = append(c.Locations, l)
	}
	// Everything that is left to chance depends on the order of places, so the invented one stands.
	rank := func(l Location) int {
		if i := slices.IndexFunc(invented, func(o Location) bool { return o.Slug == l.Slug }); i >= 0 {
			return i
		}
		return len(invented)
	}
	slices.SortStableFunc(c.Locations, func(a, b Location) int { return cmp.Compare(rank(a), rank(b)) })
	if len(c.Locations) > 0 {
		c.Scripts = scriptsOf(c.Locations[0].Details)
	}
	return nil
}

// scriptPrefix begins the keys of settings that hold an id of an RMM script.
const scriptPrefix = "rmm.script."

func scriptsOf(details map[string]string) map[string]int {
	out := map[string]int{}
	for key, value := range details {
		if id, err := strconv.Atoi(value); err == nil && strings.HasPrefix(key, scriptPrefix) {
			out[key] = id
		}
	}
	return out
}

func readBays(ctx context.Context, tx *store.Tx, l *Location, devices []store.Device) error {
	bays, err := tx.FindBaysOfLocation(ctx, l.ID)
	if err != nil {
		return fmt.Errorf("find bays: %w", err)
	}
	at := map[club.BayID]int{}
	for i, b := range bays {
		at[b.ID] = i
		l.Bays = append(l.Bays, Bay{ID: b.ID, Number: int(b.Number), Name: b.Name})
	}
	for _, row := range devices {
		d := Device{ID: row.ID, Kind: row.Kind, Name: row.Name, Vendor: row.Vendor, Ref: row.VendorRef}
		if row.LocationID != l.ID {
			continue
		}
		i, inBay := at[row.BayID]
		switch {
		case row.Kind == club.DeviceDoor:
			l.Door = d
		case row.Kind == club.DeviceHub:
			l.Hub = d
		case inBay && row.Kind == club.DevicePC:
			l.Bays[i].PC = d
		case inBay && row.Kind == club.DeviceTracker:
			l.Bays[i].Tracker = d
		case inBay && row.Kind == club.DeviceDisplay:
			l.Bays[i].Display = d
		}
	}
	return nil
}

// readMembers reads members oldest first, which is the order they were invented in.
func readMembers(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c *Club) error {
	homes := map[club.LocationID]string{}
	for _, l := range c.Locations {
		homes[l.ID] = l.Name
	}
	found := map[string]Member{}
	var others []Member
	var before *string
	for {
		page, err := tx.FindMembersPage(ctx, store.FindMembersPageParams{Before: before, Size: 500})
		if err != nil {
			return fmt.Errorf("find members: %w", err)
		}
		for _, row := range page {
			p, err := people.Of(ctx, tx, keys, row)
			if err != nil {
				return err
			}
			found[p.Phone] = Member{ID: row.ID, Subject: row.SubjectID, Name: p.Name, Phone: p.Phone, Email: p.Email, Home: homes[row.HomeLocationID]}
		}
		if len(page) < 500 {
			break
		}
		last := page[len(page)-1].ID.String()
		before = &last
	}
	// Bookings refer to members by index: who was invented keeps their place, others follow.
	for i, m := range c.Members {
		if got, ok := found[m.Phone]; ok {
			c.Members[i] = got
			delete(found, m.Phone)
		}
	}
	for _, m := range found {
		others = append(others, m)
	}
	sortMembers(others)
	c.Members = append(c.Members, others...)
	return nil
}
