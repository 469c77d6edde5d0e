package club

import "time"

// VendorToken is what a club signs in to a vendor with, where the vendor gives out another token at
// each renewal and takes the one before no more.
type VendorToken struct {
	Refresh string // what the next renewal is asked with; "" where the vendor gives none
	Access  string // what calls carry; "" before the first renewal
	Expires time.Time
	Version int64 // names this token among those of the account; who renews it says which one it saw

	// Doubtful means that a renewal of this token began and nobody knows how it ended: the process that
	// asked has gone. The vendor may have replaced it.
	Doubtful bool
}
