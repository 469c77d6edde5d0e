// Package vaulttest makes keys for tests. It is imported by tests only.
package vaulttest

import (
	"bytes"
	"testing"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Ring returns a ring on a master key that is the same in every test.
func Ring(t testing.TB) *vault.Ring {
	t.Helper()
	v, err := vault.Open(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatalf("open vault: %v", err)
	}
	return vault.NewRing(v)
}

// Keyset returns a wrapped keyset for a tenant of Ring.
func Keyset(t testing.TB, slug club.Slug) []byte {
	t.Helper()
	wrapped, err := Ring(t).NewTenantKeyset(slug)
	if err != nil {
		t.Fatalf("make keyset: %v", err)
	}
	return wrapped
}

// Tenant returns fresh keys of a tenant.
func Tenant(t testing.TB, slug club.Slug) *vault.Tenant {
	t.Helper()
	keys, err := Ring(t).For(slug, Keyset(t, slug))
	if err != nil {
		t.Fatalf("open keyset: %v", err)
	}
	return keys
}

// AddTenant makes a club with keys of its own in an installation and opens it.
func AddTenant(t testing.TB, c *store.Cluster, slug club.Slug) (*store.Tenant, *vault.Tenant) {
	t.Helper()
	ring, wrapped := Ring(t), Keyset(t, slug)
	if _, err := c.CreateTenant(t.Context(), slug, "Test Club", wrapped); err != nil {
		t.Fatalf("create tenant: %v", err)
	}
	tenant, err := c.Tenant(t.Context(), slug)
	if err != nil {
		t.Fatalf("open tenant: %v", err)
	}
	keys, err := ring.For(slug, wrapped)
	if err != nil {
		t.Fatalf("open keyset: %v", err)
	}
	return tenant, keys
}
