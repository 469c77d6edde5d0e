package inbox

import (
	"context"
	"fmt"
	"strings"

	"clubos/internal/club"
	"clubos/internal/store"
)

// dropRemoved cancels the coming bookings of feeds that the club no longer has. What has begun stays, for
// the record.
func (in *Inbox) dropRemoved(ctx context.Context, tenant *store.Tenant, feeds []Feed) error {
	have := map[string]bool{}
	for _, f := range feeds {
		have[feedSource(f.Name)] = true
	}
	var gone []store.FindComingSourcesRow
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindComingSources(ctx, store.FindComingSourcesParams{Since: tx.Now, Pattern: feedSource("%")})
		for _, r := range rows {
			if !have[r.Source] {
				gone = append(gone, r)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("find removed feeds: %w", err)
	}
	for _, g := range gone {
		if err := in.dropFeed(ctx, tenant, g.Source); err != nil {
			return err
		}
	}
	return nil
}

func (in *Inbox) dropFeed(ctx context.Context, tenant *store.Tenant, source string) error {
	keys, err := in.keys(tenant)
	if err != nil {
		return fmt.Errorf("open keys: %w", err)
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		coming, err := tx.FindComingBookingsOfSource(ctx, store.FindComingBookingsOfSourceParams{Source: source, Since: tx.Now})
		if err != nil {
			return fmt.Errorf("find bookings: %w", err)
		}
		b := newBooker(tx, keys)
		for _, x := range coming {
			c := club.BookingChange{Source: source, ExternalID: x.ExternalID, Cancelled: true, Sequence: x.Sequence, Reason: "the calendar feed was removed"}
			if _, err := b.put(ctx, c); err != nil {
				return err
			}
		}
		if err := b.tell(ctx, true); err != nil {
			return err
		}
		name := strings.TrimPrefix(source, feedSource(""))
		if _, err := tx.DeleteSetting(ctx, feedKey+name); err != nil {
			return fmt.Errorf("forget feed state: %w", err)
		}
		tx.Changed(FeedTopic, name)
		return nil
	})
}

// adoptNumbered gives the bookings of feeds that were once named by their position (feed1, feed2, …) to
// the feeds that stand there. Had the positions changed since, the next reading puts it right: it
// cancels what the feed does not have and takes in what it has.
func (in *Inbox) adoptNumbered(ctx context.Context, tenant *store.Tenant, feeds []Feed) error {
	var old []string
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindSettings(ctx)
		for _, r := range rows {
			if name, ok := strings.CutPrefix(r.Key, feedKey); ok && strings.HasPrefix(name, "feed") {
				old = append(old, feedSource(name))
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("find numbered feeds: %w", err)
	}
	for _, source := range old {
		for i, f := range feeds {
			if source != feedSource(fmt.Sprintf("feed%d", i+1)) {
				continue
			}
			err := tenant.Write(ctx, func(tx *store.Tx) error {
				if _, err := tx.RenameBookingSource(ctx, store.RenameBookingSourceParams{FromSource: source, ToSource: feedSource(f.Name)}); err != nil {
					return fmt.Errorf("rename feed: %w", err)
				}
				_, err := tx.DeleteSetting(ctx, feedKey+strings.TrimPrefix(source, feedSource("")))
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
