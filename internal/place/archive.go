package place

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// Archived is something that the club no longer has.
type Archived struct {
	Object string // a location's, bay's or device's id
	At     time.Time
	By     string
}

// FindArchived returns what is archived, the last first.
func FindArchived(ctx context.Context, tx *store.Tx) ([]Archived, error) {
	rows, err := tx.FindArchived(ctx)
	if err != nil {
		return nil, fmt.Errorf("find archived: %w", err)
	}
	out := make([]Archived, 0, len(rows))
	for _, r := range rows {
		out = append(out, Archived{r.Object, r.ArchivedAt, r.ArchivedBy})
	}
	return out, nil
}

// ArchiveLocation takes a location out of use with everything in it. Conflict while something is booked
// there.
func ArchiveLocation(ctx context.Context, tx *store.Tx, p identity.Principal, id club.LocationID) error {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return err
	}
	if err := everywhere(p); err != nil {
		return err
	}
	if _, err := FindLocation(ctx, tx, p, id); err != nil {
		return err
	}
	return archive(ctx, tx, p, TopicLocation, id.String())
}

// ArchiveBay takes a bay out of use with its devices. Conflict while something is booked there.
func ArchiveBay(ctx context.Context, tx *store.Tx, p identity.Principal, id club.BayID) error {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return err
	}
	if _, err := FindBay(ctx, tx, p, id); err != nil {
		return err
	}
	return archive(ctx, tx, p, TopicBay, id.String())
}

// ArchiveDevice takes a device out of use: nothing acts on it any more.
func ArchiveDevice(ctx context.Context, tx *store.Tx, p identity.Principal, id club.DeviceID) error {
	if err := admit(tx, p, identity.DevicesWrite); err != nil {
		return err
	}
	if _, err := FindDevice(ctx, tx, p, id); err != nil {
		return err
	}
	return archive(ctx, tx, p, TopicDevice, id.String())
}

func archive(ctx context.Context, tx *store.Tx, p identity.Principal, topic, object string) error {
	n, err := tx.CountComingBookingsAt(ctx, store.CountComingBookingsAtParams{Now: tx.Now, Since: tx.Now.Add(-club.BookingReach), Object: object})
	if err != nil {
		return fmt.Errorf("count bookings: %w", err)
	}
	if n > 0 {
		return club.Conflict("%d bookings lie ahead here; move or cancel them first", n)
	}
	n, err = tx.CreateArchived(ctx, store.CreateArchivedParams{Object: object, ArchivedAt: tx.Now, ArchivedBy: p.Actor.String()})
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	if n == 0 {
		return nil
	}
	return record(ctx, tx, p.Actor, topic, "archived", object, nil)
}

// Restore brings back what was archived.
func Restore(ctx context.Context, tx *store.Tx, p identity.Principal, object string) error {
	none := club.NotFound("there is nothing of this kind in the archive")
	var topic string
	var err error
	switch kind, _, _ := strings.Cut(object, "_"); kind {
	case "loc":
		topic = TopicLocation
		if err = everywhere(p); err == nil {
			_, err = FindLocation(ctx, tx, p, club.LocationID(object))
		}
	case "bay":
		topic = TopicBay
		_, err = FindBay(ctx, tx, p, club.BayID(object))
	case "dev":
		topic = TopicDevice
		_, err = FindDevice(ctx, tx, p, club.DeviceID(object))
	default:
		return none
	}
	if err != nil {
		return err
	}
	perm := identity.PlacesWrite
	if topic == TopicDevice {
		perm = identity.DevicesWrite
	}
	if err := admit(tx, p, perm); err != nil {
		return err
	}
	n, err := tx.DeleteArchived(ctx, object)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if n == 0 {
		return none
	}
	return record(ctx, tx, p.Actor, topic, "restored", object, nil)
}
