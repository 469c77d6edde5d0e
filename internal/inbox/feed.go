package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// ImportError is a row of an import that was refused.
type ImportError struct {
	Row int // from 0
	Err error
}

// Import says what an import did.
type Import struct {
	Taken   int // stored, changed, or known already
	Refused []ImportError
}

// ImportBookings stores many bookings in one transaction. What is Invalid is refused and named; any
// other failure undoes the whole import.
func (in *Inbox) ImportBookings(ctx context.Context, tenant *store.Tenant, changes []club.BookingChange) (Import, error) {
	return in.importBookings(ctx, tenant, changes, func(*store.Tx) (bool, error) { return true, nil })
}

// importBookings imports what is news or, at the first reading of a source, what it had before.
func (in *Inbox) importBookings(ctx context.Context, tenant *store.Tenant, changes []club.BookingChange, news func(*store.Tx) (bool, error)) (Import, error) {
	keys, err := in.keys(tenant)
	if err != nil {
		return Import{}, fmt.Errorf("open keys: %w", err)
	}
	var done Import
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		done = Import{}
		b := newBooker(tx, keys)
		for i, c := range changes {
			_, err := b.put(ctx, c)
			switch {
			case err == nil:
				done.Taken++
			case club.CodeOf(err) == club.CodeInvalid:
				done.Refused = append(done.Refused, ImportError{Row: i, Err: err})
			default:
				return err
			}
		}
		fresh, err := news(tx)
		if err != nil {
			return err
		}
		return b.tell(ctx, fresh)
	})
	if err != nil {
		return Import{}, err
	}
	return done, nil
}

// Calendar is a booking system's feed of what is booked.
type Calendar interface {
	// Fetch returns everything that stands, or notModified when that is what it returned before.
	Fetch(ctx context.Context) (changes []club.BookingChange, notModified bool, err error)
}

// Feed is a calendar with a name of its own, which stays whatever feeds come and go beside it.
type Feed struct {
	Name     string // of letters, digits and hyphens; unique in the club
	Calendar Calendar
}

// feedSource is the source of a feed's bookings.
func feedSource(name string) string { return "ical:" + name }

// FeedState is how the reading of a feed goes.
type FeedState struct {
	Name     string    `json:"name"`
	ReadAt   time.Time `json:"read_at"`            // when it was last read; zero: never
	FailedAt time.Time `json:"failed_at,omitzero"` // of the last try, when that failed
	Failures int       `json:"failures"`           // in a row
	Problem  string    `json:"problem,omitempty"`  // for people: what is wrong; "" when all is well
	Taken    int       `json:"taken"`
	Refused  int       `json:"refused"`
}

// FeedTopic is what Tx.Changed announces when a feed's state changes.
const FeedTopic = "feed"

const feedKey = "state.feed."

// PollFeeds reads every booking feed of a club. A feed that fails keeps its bookings; its state says
// what is wrong. The coming bookings of a feed that the club has removed are cancelled.
func (in *Inbox) PollFeeds(ctx context.Context, tenant *store.Tenant) error {
	if in.cfg.Feeds == nil {
		return nil
	}
	feeds, err := in.cfg.Feeds(ctx, tenant)
	if err != nil {
		return fmt.Errorf("list feeds: %w", err)
	}
	errs := []error{in.adoptNumbered(ctx, tenant, feeds)}
	for _, f := range feeds {
		errs = append(errs, in.pollFeed(ctx, tenant, f))
	}
	return errors.Join(append(errs, in.dropRemoved(ctx, tenant, feeds))...)
}

// pollFeed returns an error when our own database fails; the feed's failures go into its state.
func (in *Inbox) pollFeed(ctx context.Context, tenant *store.Tenant, f Feed) error {
	changes, same, err := f.Calendar.Fetch(ctx)
	if err != nil {
		in.cfg.Log.WarnContext(ctx, "booking feed failed", "event.action", "bookings.poll", "event.outcome", "failure",
			"organization.id", tenant.Slug.String(), "labels.feed", f.Name, "error.message", err.Error())
		return in.feedFailed(ctx, tenant, f.Name, problemOf(err))
	}
	if same {
		return in.putFeedState(ctx, tenant, f.Name, func(s *FeedState, now time.Time) {
			*s = FeedState{Name: f.Name, ReadAt: now, Taken: s.Taken, Refused: s.Refused, Problem: refusedProblem(s.Refused)}
		})
	}
	source := feedSource(f.Name)
	standing := make(map[string]bool, len(changes))
	for i := range changes {
		changes[i].Source = source
		standing[key(changes[i].ExternalID)] = true
	}
	done, err := in.importBookings(ctx, tenant, changes, func(tx *store.Tx) (bool, error) {
		s, err := FindFeedState(ctx, tx, f.Name)
		return !s.ReadAt.IsZero(), err
	})
	if err != nil {
		return err
	}
	if problem, err := in.cancelGone(ctx, tenant, source, standing); err != nil {
		return err
	} else if problem != "" {
		return in.feedFailed(ctx, tenant, f.Name, problem)
	}
	return in.putFeedState(ctx, tenant, f.Name, func(s *FeedState, now time.Time) {
		*s = FeedState{Name: f.Name, ReadAt: now, Taken: done.Taken, Refused: len(done.Refused), Problem: refusedProblem(len(done.Refused))}
		if len(done.Refused) > 0 {
			s.Problem += " The first: " + club.MessageOf(done.Refused[0].Err) + "."
		}
	})
}

func refusedProblem(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d bookings could not be used.", n)
}

// fewGone is how many coming bookings may vanish at once from a feed that has become empty. More is
// taken for a broken feed: cancelling everybody's bookings would lock members out.
const fewGone = 3

// cancelGone cancels the coming bookings of a feed that it no longer has: feeds leave out what was
// cancelled. It reports a problem instead when the feed seems broken.
func (in *Inbox) cancelGone(ctx context.Context, tenant *store.Tenant, source string, standing map[string]bool) (problem string, err error) {
	keys, err := in.keys(tenant)
	if err != nil {
		return "", fmt.Errorf("open keys: %w", err)
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		problem = ""
		coming, err := tx.FindComingBookingsOfSource(ctx, store.FindComingBookingsOfSourceParams{Source: source, Since: tx.Now})
		if err != nil {
			return fmt.Errorf("find bookings: %w", err)
		}
		if len(standing) == 0 && len(coming) > fewGone {
			problem = fmt.Sprintf("The feed came back empty while %d bookings lie ahead. They were kept.", len(coming))
			return nil
		}
		b := newBooker(tx, keys)
		for _, x := range coming {
			if standing[x.ExternalID] {
				continue
			}
			c := club.BookingChange{Source: source, ExternalID: x.ExternalID, Cancelled: true, Sequence: x.Sequence, Reason: "the calendar feed no longer has it"}
			if _, err := b.put(ctx, c); err != nil {
				return err
			}
		}
		return b.tell(ctx, true)
	})
	return problem, err
}

func problemOf(err error) string {
	var v *club.VendorError
	if errors.As(err, &v) && v.Status != 0 {
		return fmt.Sprintf("The booking system answered with status %d.", v.Status)
	}
	if errors.As(err, &v) {
		return "The booking system cannot be reached, or its answer cannot be read."
	}
	return club.MessageOf(err)
}

func (in *Inbox) feedFailed(ctx context.Context, tenant *store.Tenant, name, problem string) error {
	return in.putFeedState(ctx, tenant, name, func(s *FeedState, now time.Time) {
		s.FailedAt, s.Failures, s.Problem = now, s.Failures+1, problem
	})
}

func (in *Inbox) putFeedState(ctx context.Context, tenant *store.Tenant, name string, change func(*FeedState, time.Time)) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		s, err := FindFeedState(ctx, tx, name)
		if err != nil {
			return err
		}
		before := s
		change(&s, tx.Now)
		value, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode feed state: %w", err)
		}
		if err := tx.PutSetting(ctx, store.PutSettingParams{Key: feedKey + name, Value: string(value), UpdatedAt: tx.Now, UpdatedBy: club.System("inbox").String()}); err != nil {
			return fmt.Errorf("store feed state: %w", err)
		}
		if before.Problem != s.Problem {
			tx.Changed(FeedTopic, name)
		}
		return nil
	})
}

// FindFeedState returns how the reading of a feed goes. A feed that was never read has the zero state.
func FindFeedState(ctx context.Context, tx *store.Tx, name string) (FeedState, error) {
	s := FeedState{Name: name}
	row, err := tx.FindSetting(ctx, feedKey+name)
	if missing(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("find feed state: %w", err)
	}
	if err := json.Unmarshal([]byte(row.Value), &s); err != nil {
		return s, fmt.Errorf("decode feed state: %w", err)
	}
	return s, nil
}
