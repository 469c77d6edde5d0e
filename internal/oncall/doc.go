// Package oncall keeps who is on call, and how each of the staff wants to be called: weekly shifts,
// covers, numbers, quiet hours. Who is on call at an instant is computed by package rota; whom to call to
// what is decided by package desk.
//
// Numbers and addresses are sealed by the tenant's keyset and looked up by blind index. Every change is
// audited in its transaction, without them.
package oncall

import (
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// Topic is what Tx.Changed announces when shifts, covers or contacts have changed.
const Topic = "oncall"

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// admit reports whether p may do something of the kind in the transaction's tenant.
func admit(tx *store.Tx, p identity.Principal, perm identity.Permission) error {
	if err := p.Require(perm); err != nil {
		return err
	}
	if p.Tenant != tx.Tenant {
		return club.Forbidden("you belong to another club")
	}
	return nil
}
