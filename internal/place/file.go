package place

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// File is a club's places as a YAML document.
type File struct {
	Locations []FileLocation `yaml:"locations"`
}

// FileLocation is a location with everything in it. Slug is the name in lower-case letters and digits
// where it is left out.
type FileLocation struct {
	Slug     string            `yaml:"slug,omitempty"`
	Name     string            `yaml:"name"`
	TimeZone string            `yaml:"time_zone"`
	Details  map[string]string `yaml:"details,omitempty"`
	Lines    []FileLine        `yaml:"lines,omitempty"`
	Devices  []FileDevice      `yaml:"devices,omitempty"` // those that serve the whole location
	Bays     []FileBay         `yaml:"bays,omitempty"`
}

// FileLine is a number that members text.
type FileLine struct {
	Number   string `yaml:"number"`
	Provider string `yaml:"provider"`
}

// FileBay is a bay with its devices.
type FileBay struct {
	Number  int64        `yaml:"number"`
	Name    string       `yaml:"name,omitempty"`
	Devices []FileDevice `yaml:"devices,omitempty"`
}

// FileDevice is a device and its id at its vendor.
type FileDevice struct {
	Kind   club.DeviceKind `yaml:"kind"`
	Name   string          `yaml:"name"`
	Vendor string          `yaml:"vendor"`
	Ref    string          `yaml:"ref"`
}

// Imported counts what an import made and changed.
type Imported struct{ Created, Updated int }

// ReadFile reads a file of places. Unknown keys are errors, which name the line.
func ReadFile(r io.Reader) (File, error) {
	var f File
	dec := yaml.NewDecoder(r)
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return f, club.Invalid("the file of places cannot be read: %s", err)
	}
	if len(f.Locations) == 0 {
		return f, club.Invalid("the file names no locations")
	}
	return f, nil
}

// Import makes the places of a file, or brings those that exist up to date. Nothing is removed.
func Import(ctx context.Context, tx *store.Tx, p identity.Principal, f File) (Imported, error) {
	var done Imported
	for _, l := range f.Locations {
		if err := importLocation(ctx, tx, p, l, &done); err != nil {
			return done, fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	return done, nil
}

func importLocation(ctx context.Context, tx *store.Tx, p identity.Principal, l FileLocation, done *Imported) error {
	if l.Slug == "" {
		l.Slug = slugOf(l.Name)
	}
	have, err := tx.FindLocationByName(ctx, l.Slug)
	switch {
	case club.CodeOf(store.Translate(err)) == club.CodeNotFound:
		if have, err = CreateLocation(ctx, tx, p, NewLocation{Slug: l.Slug, Name: l.Name, TimeZone: l.TimeZone, Details: l.Details}); err != nil {
			return err
		}
		done.Created++
	case err != nil:
		return err
	default:
		if have, err = UpdateLocation(ctx, tx, p, have.ID, LocationEdit{Name: &l.Name, TimeZone: &l.TimeZone, Details: l.Details}); err != nil {
			return err
		}
		done.Updated++
	}
	for _, line := range l.Lines {
		if _, err := PutLine(ctx, tx, p, Line{Number: line.Number, Provider: line.Provider, Location: have.ID}); err != nil {
			return fmt.Errorf("line %s: %w", line.Number, err)
		}
		done.Updated++
	}
	for _, d := range l.Devices {
		if err := importDevice(ctx, tx, p, have.ID, "", d, done); err != nil {
			return fmt.Errorf("device %s: %w", d.Name, err)
		}
	}
	for _, b := range l.Bays {
		if err := importBay(ctx, tx, p, have.ID, b, done); err != nil {
			return fmt.Errorf("bay %d: %w", b.Number, err)
		}
	}
	return nil
}

func importBay(ctx context.Context, tx *store.Tx, p identity.Principal, at club.LocationID, b FileBay, done *Imported) error {
	have, err := tx.FindBayByNumber(ctx, store.FindBayByNumberParams{LocationID: at, Number: b.Number})
	switch {
	case club.CodeOf(store.Translate(err)) == club.CodeNotFound:
		if have, err = CreateBay(ctx, tx, p, NewBay{Location: at, Number: b.Number, Name: b.Name}); err != nil {
			return err
		}
		done.Created++
	case err != nil:
		return err
	case b.Name != "" && b.Name != have.Name:
		if have, err = UpdateBay(ctx, tx, p, have.ID, BayEdit{Name: &b.Name}); err != nil {
			return err
		}
		done.Updated++
	}
	for _, d := range b.Devices {
		if err := importDevice(ctx, tx, p, at, have.ID, d, done); err != nil {
			return fmt.Errorf("device %s: %w", d.Name, err)
		}
	}
	return nil
}

func importDevice(ctx context.Context, tx *store.Tx, p identity.Principal, at club.LocationID, bay club.BayID, d FileDevice, done *Imported) error {
	have, err := tx.FindDeviceByRef(ctx, store.FindDeviceByRefParams{Vendor: d.Vendor, VendorRef: d.Ref})
	switch {
	case club.CodeOf(store.Translate(err)) == club.CodeNotFound:
		done.Created++
		_, err = CreateDevice(ctx, tx, p, NewDevice{Location: at, Bay: bay, Kind: d.Kind, Name: d.Name, Vendor: d.Vendor, VendorRef: d.Ref})
		return err
	case err != nil:
		return err
	case have.LocationID != at:
		return club.Conflict("the vendor's id %s belongs to a device of another location", d.Ref)
	}
	done.Updated++
	_, err = UpdateDevice(ctx, tx, p, have.ID, DeviceEdit{Name: &d.Name, Kind: &d.Kind, Bay: &bay})
	return err
}

func slugOf(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}
