package vault

import (
	"sync"

	"clubos/internal/club"
)

// Ring opens tenants' keysets and keeps them open. It is safe for concurrent use.
type Ring struct {
	vault *Vault

	mu   sync.Mutex // guards open
	open map[club.Slug]*Tenant
}

// NewRing returns a ring on v.
func NewRing(v *Vault) *Ring { return &Ring{vault: v, open: map[club.Slug]*Tenant{}} }

// For returns the keys of a tenant, whose wrapped keyset is at hand wherever its database is.
func (r *Ring) For(slug club.Slug, wrapped []byte) (*Tenant, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t, ok := r.open[slug]; ok {
		return t, nil
	}
	t, err := r.vault.OpenTenant(wrapped, slug)
	if err != nil {
		return nil, err
	}
	r.open[slug] = t
	return t, nil
}

// NewTenantKeyset makes the keys of a tenant and returns them wrapped.
func (r *Ring) NewTenantKeyset(slug club.Slug) ([]byte, error) { return r.vault.NewTenantKeyset(slug) }
