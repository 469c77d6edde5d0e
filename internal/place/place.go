// Package place keeps what a club owns and where it stands: locations, their bays and devices, and the
// numbers that members text.
//
// Everybody who writes gives an identity.Principal; permission and location are checked at the row, and
// outside a principal's locations nothing exists. Edits are by version (the row's UpdatedAt): whoever
// read first and writes second gets Conflict with ErrChanged in its chain. Every change is audited in its
// transaction and announced to open pages.
//
// Nothing here is ever deleted: bookings, executions and threads refer to it for years. A bay is put out
// of service instead.
package place

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// Topics of Tx.Changed.
const (
	TopicLocation = "location"
	TopicBay      = "bay"
	TopicDevice   = "device"
	TopicLine     = "line"
)

// ErrChanged is in the chain of the Conflict that an edit of an old version gets.
var ErrChanged = errors.New("the row has another version")

func changed() error {
	return &club.Error{Code: club.CodeConflict, Msg: "somebody else changed this meanwhile; please look again", Err: ErrChanged}
}

const (
	maxName = 80  // characters of a name
	maxRef  = 200 // bytes of a vendor's id
)

// Statuses of a bay.
const (
	BayActive       = "active"
	BayOutOfService = "out_of_service"
)

// admit checks that p may do something of the kind in the transaction's tenant.
func admit(tx *store.Tx, p identity.Principal, perm identity.Permission) error {
	if err := p.Require(perm); err != nil {
		return err
	}
	if p.Tenant != tx.Tenant {
		return club.Forbidden("you belong to another club")
	}
	return nil
}

// everywhere refuses what concerns all locations to a principal who is limited to some.
func everywhere(p identity.Principal) error {
	if !p.Everywhere() {
		return club.Forbidden("this concerns every location, and you are limited to some")
	}
	return nil
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

func checkName(what, s string) (string, error) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	if n == 0 || n > maxName || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", club.Invalid("%s has 1 to %d characters", what, maxName)
	}
	return s, nil
}

var slugPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$`)

func checkSlug(s string) error {
	if !slugPattern.MatchString(s) {
		return club.Invalid("a location's short name has 1 to 40 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen")
	}
	return nil
}

// checkZone accepts IANA names only: a fixed offset or "Local" would be wrong twice a year, or on
// another machine.
func checkZone(name string) error {
	if name == "UTC" {
		return nil
	}
	if _, err := time.LoadLocation(name); err != nil || !strings.Contains(name, "/") {
		return club.Invalid("the time zone must be an IANA name such as America/New_York or Europe/London")
	}
	return nil
}

// next returns the version after was: the present instant, or a microsecond later than was where the
// clock has not moved on.
func next(now, was time.Time) time.Time {
	if now.After(was) {
		return now
	}
	return was.Add(time.Microsecond)
}

// hold is what a Hold query returned.
func hold(n int64, err error) error {
	if err != nil {
		return fmt.Errorf("hold row: %w", err)
	}
	if n == 0 {
		return changed()
	}
	return nil
}

// record audits and announces a change.
func record(ctx context.Context, tx *store.Tx, by club.Actor, topic, action, object string, detail map[string]any) error {
	tx.Changed(topic, object)
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: topic + "." + action, Object: object, Detail: detail})
}

// difference collects what an edit changes, for the audit entry.
type difference map[string]any

func edit[T comparable](d difference, name string, dst *T, to *T) {
	if to == nil || *to == *dst {
		return
	}
	d[name] = []T{*dst, *to}
	*dst = *to
}
