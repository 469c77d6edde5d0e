package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/brianvoe/gofakeit/v7"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// DefaultSlug is the short name of a club of which nothing else is said.
const DefaultSlug club.Slug = "fairway24"

// Options say which club Populate makes.
type Options struct {
	// Slug is the club's short name. Default: DefaultSlug.
	Slug club.Slug
	// Name is the club's name. Default "Fairway 24".
	Name string
	// Seed decides everything that is left to chance. 0 is a seed like any other.
	Seed uint64
	// Now is the instant around which bookings are laid. Default: the cluster's clock.
	Now time.Time
	// Locations is how many places there are. Default 3: Northside, Harbour and Old Mill.
	Locations int
	// BaysEach is how many bays a location has. Default: 4, 3 and 3 in the demo club, 4 elsewhere.
	BaysEach int
	// Members is how many members there are. Default 120; at most 78 111.
	Members int
	// NoStaff leaves out the users, whose passwords take a while to hash.
	NoStaff bool
	// Password is every user's. Required unless NoStaff; it must keep identity's rules.
	Password string
	// Hasher hashes it. Required unless NoStaff.
	Hasher *identity.Hasher
	// Settings are set on top of the demo's (plain information goes out unasked, everything else waits for
	// a person), by key.
	Settings map[string]any
	// ImportSOPs loads the library of procedures; it is called last, and again when the club exists. Nil
	// loads none.
	ImportSOPs func(ctx context.Context, tenant *store.Tenant) error
}

func (o Options) withDefaults(clock club.Clock) (Options, error) {
	if o.Slug == "" {
		o.Slug = DefaultSlug
	}
	if _, err := club.ParseSlug(o.Slug.String()); err != nil {
		return o, err
	}
	if o.Name == "" {
		o.Name = "Fairway 24"
	}
	if o.Now.IsZero() {
		o.Now = clock.Now()
	}
	o.Now = o.Now.UTC()
	if o.Locations == 0 {
		o.Locations = 3
	}
	if o.Members == 0 {
		o.Members = 120
	}
	switch {
	case o.Locations < 0 || o.Locations > areas || o.BaysEach < 0 || o.BaysEach > 500:
		return o, club.Invalid("a synthetic club has 1 to %d locations of up to 500 bays", areas)
	case o.Members < 0 || o.Members > areas*99:
		return o, club.Invalid("a synthetic club has 1 to %d members", areas*99)
	case !o.NoStaff && (o.Hasher == nil || o.Password == ""):
		return o, club.Invalid("staff need a password and a hasher")
	}
	return o, nil
}

// by is who the audit log says did it.
func by() club.Actor { return club.System("simulate") }

// Invent returns the club that Options describe without writing it anywhere: everything but ids, and
// with Options.Now as it is.
func Invent(o Options) (*Club, error) {
	o.NoStaff = true
	o, err := o.withDefaults(club.SystemClock{})
	if err != nil {
		return nil, err
	}
	c, err := invent(o)
	if err != nil {
		return nil, err
	}
	c.Bookings = inventBookings(o.source(2), c, o.Now, nil)
	return c, nil
}

// source returns a part's own source of chance: another number of members then leaves places and
// bookings' times as they were.
func (o Options) source(part uint64) *gofakeit.Faker { return gofakeit.New(o.Seed*16 + part + 1) }

// invent makes everything but bookings.
func invent(o Options) (*Club, error) {
	ids, err := scripts()
	if err != nil {
		return nil, err
	}
	c := &Club{Slug: o.Slug, Name: o.Name, Scripts: ids, Now: o.Now}
	c.Locations = inventLocations(o, ids)
	c.Members = inventMembers(o.source(1), o, c.Locations)
	c.Staff = demoStaff(c.Locations[0].Name)
	return c, nil
}

// Populate writes a synthetic club: its tenant where there is none, places, members, bookings and
// settings in one transaction, then staff and procedures. A club that is there already is read back as
// it stands, and booked afresh when its bookings were laid more than an hour before Options.Now. A call
// that was cut short is mended by the next.
func Populate(ctx context.Context, cluster *store.Cluster, ring *vault.Ring, o Options) (*Club, error) {
	o, err := o.withDefaults(cluster.Clock())
	if err != nil {
		return nil, err
	}
	tenant, keys, err := openTenant(ctx, cluster, ring, o)
	if err != nil {
		return nil, err
	}
	var c *Club
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		if c, err = invent(o); err != nil { // anew: the function may run more than once
			return err
		}
		return putClub(ctx, tx, keys, c, o)
	})
	if err != nil {
		return nil, fmt.Errorf("populate club %s: %w", o.Slug, err)
	}
	c.Name = tenant.Name
	if o.NoStaff {
		c.Staff = nil
	} else if err := putStaff(ctx, tenant, keys, c, o); err != nil {
		return nil, err
	}
	if o.ImportSOPs != nil {
		if err := o.ImportSOPs(ctx, tenant); err != nil {
			return nil, fmt.Errorf("import procedures: %w", err)
		}
	}
	return c, nil
}

func putClub(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c *Club, o Options) error {
	there, err := tx.FindLocations(ctx)
	if err != nil {
		return fmt.Errorf("find locations: %w", err)
	}
	if len(there) == 0 {
		if err := putSettings(ctx, tx, o); err != nil {
			return err
		}
		if err := putPlaces(ctx, tx, c); err != nil {
			return err
		}
		if err := putMembers(ctx, tx, keys, c); err != nil {
			return err
		}
	}
	// From here on what is stored counts: ids, and whatever was edited since.
	if err := readPlaces(ctx, tx, c); err != nil {
		return err
	}
	if err := readMembers(ctx, tx, keys, c); err != nil {
		return err
	}
	return putBookings(ctx, tx, c, o)
}

func openTenant(ctx context.Context, cluster *store.Cluster, ring *vault.Ring, o Options) (*store.Tenant, *vault.Tenant, error) {
	if _, err := cluster.FindTenant(ctx, o.Slug); club.CodeOf(err) == club.CodeNotFound {
		wrapped, err := ring.NewTenantKeyset(o.Slug)
		if err != nil {
			return nil, nil, err
		}
		if _, err := cluster.CreateTenant(ctx, o.Slug, o.Name, wrapped); err != nil {
			return nil, nil, fmt.Errorf("create tenant: %w", err)
		}
	} else if err != nil {
		return nil, nil, fmt.Errorf("find tenant: %w", err)
	}
	tenant, err := cluster.Tenant(ctx, o.Slug)
	if err != nil {
		return nil, nil, fmt.Errorf("open tenant: %w", err)
	}
	keys, err := ring.For(o.Slug, tenant.Keyset)
	return tenant, keys, err
}

func putSettings(ctx context.Context, tx *store.Tx, o Options) error {
	all := map[string]any{
		"club.name":            o.Name,
		"replies.auto_safe":    true,
		"notify.slack_channel": SlackChannel,
	}
	maps.Copy(all, o.Settings)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		value, err := json.Marshal(all[key])
		if err != nil {
			return fmt.Errorf("encode setting %s: %w", key, err)
		}
		if err := setting.Put(ctx, tx, by(), key, value); err != nil {
			return fmt.Errorf("set %s: %w", key, err)
		}
	}
	return nil
}

// SlackChannel is where the demo club's proposals and escalations are posted.
const SlackChannel = "C0CLUBOPS"

func putPlaces(ctx context.Context, tx *store.Tx, c *Club) error {
	for _, l := range c.Locations {
		details, err := json.Marshal(l.Details)
		if err != nil {
			return fmt.Errorf("encode details: %w", err)
		}
		id := club.NewLocationID(tx.Now)
		if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: id, Slug: l.Slug, Name: l.Name, TimeZone: l.TimeZone, Details: string(details), CreatedAt: tx.Now}); err != nil {
			return fmt.Errorf("create location: %w", err)
		}
		if err := tx.PutLine(ctx, store.PutLineParams{Number: l.Line, Provider: l.Provider, LocationID: id, CreatedAt: tx.Now}); err != nil {
			return fmt.Errorf("create line: %w", err)
		}
		if err := putDevices(ctx, tx, id, "", l.Door, l.Hub); err != nil {
			return err
		}
		for _, b := range l.Bays {
			bay := club.NewBayID(tx.Now)
			if err := tx.CreateBay(ctx, store.CreateBayParams{ID: bay, LocationID: id, Number: int64(b.Number), Name: b.Name, Status: "active", CreatedAt: tx.Now}); err != nil {
				return fmt.Errorf("create bay: %w", err)
			}
			if err := putDevices(ctx, tx, id, bay, b.PC, b.Tracker, b.Display); err != nil {
				return err
			}
		}
	}
	return nil
}

func putDevices(ctx context.Context, tx *store.Tx, location club.LocationID, bay club.BayID, devices ...Device) error {
	for _, d := range devices {
		p := store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: location, BayID: bay, Kind: d.Kind, Name: d.Name, Vendor: d.Vendor, VendorRef: d.Ref, Online: true, CreatedAt: tx.Now}
		if d.Vendor != unmanaged {
			p.SeenAt = &tx.Now
		}
		if err := tx.CreateDevice(ctx, p); err != nil {
			return fmt.Errorf("create device: %w", err)
		}
	}
	return nil
}

func putMembers(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c *Club) error {
	homes := map[string]club.LocationID{}
	rows, err := tx.FindLocations(ctx)
	if err != nil {
		return fmt.Errorf("find locations: %w", err)
	}
	for _, l := range rows {
		homes[l.Name] = l.ID
	}
	for _, m := range c.Members {
		if _, err := people.Create(ctx, tx, keys, by(), people.NewMember{Name: m.Name, Phone: m.Phone, Email: m.Email, Home: homes[m.Home]}); err != nil {
			return fmt.Errorf("create member: %w", err)
		}
	}
	return nil
}
