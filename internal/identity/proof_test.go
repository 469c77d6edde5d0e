package identity

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"

	"pgregory.net/rapid"
)

func TestPasswordRulesAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	for password, wants := range map[string][]string{
		"correct-horse-7":              nil,
		"pass phrase with space 9":     nil,
		"пароль-длинный-7":             nil,
		"":                             {"at least 12", "a number", "a special"},
		"short1!":                      {"at least 12 characters (it has 7)"},
		"longenoughbutplain":           {"a number", "a special"},
		"Longenough1234":               {"a special"},
		"long-enough-words":            {"a number"},
		strings.Repeat("a1-", 43):      {"at most 128 characters (it has 129)"},
		"my-adalovelace-1815":          {"your e-mail"},
		"bytes-that-are-no-text-1\xff": {"plain text"},
	} {
		err := CheckPassword(password, "AdaLovelace@example.com")
		if (err == nil) != (wants == nil) {
			t.Errorf("%q: %v", password, err)
			continue
		}
		for _, w := range wants {
			if club.CodeOf(err) != club.CodeInvalid || !strings.Contains(club.MessageOf(err), w) {
				t.Errorf("%q: %v does not say %q", password, err, w)
			}
		}
		if err != nil && password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("the message repeats the password: %v", err)
		}
	}
}

func TestPasswordIsDueAfterNinetyDays(t *testing.T) {
	t.Parallel()
	now := time.Now()
	recent, old := now.Add(-89*24*time.Hour), now.Add(-91*24*time.Hour)
	if passwordDue(&recent, now) || !passwordDue(&old, now) || !passwordDue(nil, now) {
		t.Error("age of passwords")
	}
}

func TestOnlyTheRightPasswordVerifies(t *testing.T) {
	t.Parallel()
	h, err := NewHasher(0)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	hash, err := h.Hash(ctx, "correct-horse-7")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash %q, %v", hash, err)
	}
	for password, want := range map[string]bool{"correct-horse-7": true, "correct-horse-8": false, "": false, strings.Repeat("x", 10_000): false} {
		if got, err := h.Verify(ctx, password, hash); got != want || err != nil {
			t.Errorf("Verify(%.20q) = %v, %v", password, got, err)
		}
	}
	began := time.Now()
	if ok, err := h.Verify(ctx, "", ""); ok || err != nil {
		t.Errorf("no hash verified: %v, %v", ok, err)
	}
	if took := time.Since(began); took < 2*time.Millisecond { // no machine fills 19 MiB twice in less
		t.Errorf("an unknown account was refused in %v, which tells that it is unknown", took)
	}
	if _, err := h.Verify(ctx, "x", "$2a$not-argon"); err == nil {
		t.Error("a foreign hash was compared")
	}
}

func TestSignInsQueueForTheHasher(t *testing.T) {
	t.Parallel()
	h, err := NewHasher(1)
	if err != nil {
		t.Fatal(err)
	}
	h.slots <- struct{}{} // somebody is at it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Verify(ctx, "x", ""); club.CodeOf(err) != club.CodeUnavailable {
		t.Errorf("verify: %v", err)
	}
	if _, err := h.Hash(ctx, "x"); club.CodeOf(err) != club.CodeUnavailable {
		t.Errorf("hash: %v", err)
	}
}

func TestTokensNameTheirTenantAndNothingElseParses(t *testing.T) {
	t.Parallel()
	proof, err := newProof("north")
	if err != nil {
		t.Fatal(err)
	}
	if slug, ok := TokenTenant(proof); slug != "north" || !ok {
		t.Errorf("%q: %q, %v", proof, slug, ok)
	}
	id := club.NewAPIKeyID(time.Now())
	key, prefix, err := newKeyToken("north", id)
	if err != nil {
		t.Fatal(err)
	}
	if slug, ok := KeyTenant(key); slug != "north" || !ok || !strings.HasPrefix(key, prefix+"_") || !strings.Contains(prefix, id.String()[4:]) {
		t.Errorf("%q: %q, %v", key, slug, ok)
	}
	if hashToken(key) == hashToken(key+" ") || len(hashToken(key)) != 64 {
		t.Error("hash of a token")
	}
	for _, bad := range []string{"", ".", "north.", "north.short", "NORTH." + proof[6:], key, "../x." + proof[6:]} {
		if _, ok := TokenTenant(bad); ok {
			t.Errorf("%q passed for a session token", bad)
		}
	}
	for _, bad := range []string{"", "clubos_", "clubos_north_x_y", proof, key[1:], key + "x", strings.Replace(key, "north", "No", 1)} {
		if _, ok := KeyTenant(bad); ok {
			t.Errorf("%q passed for an API key", bad)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		TokenTenant(s)
		KeyTenant(s)
	})
}

func TestSessionCookieIsLockedToTheHost(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	want := "__Host-clubos=north.x; Path=/; Expires=Thu, 26 Nov 2026 10:00:00 GMT; HttpOnly; Secure; SameSite=Lax"
	if got := (Cookies{}).Session("north.x", at).String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	plain := Cookies{PlainHTTP: true}.Session("north.x", at)
	if plain.Secure || plain.Name != "clubos" || !plain.HttpOnly || plain.Valid() != nil {
		t.Errorf("plain: %s", plain)
	}
	if c := (Cookies{}).Clear(); c.MaxAge >= 0 || c.Value != "" || !c.Secure {
		t.Errorf("clear: %s", c)
	}
	r := httptest.NewRequest("GET", "/", nil)
	if _, ok := (Cookies{}).Token(r); ok {
		t.Error("a token out of nothing")
	}
	r.AddCookie(plain)
	if _, ok := (Cookies{}).Token(r); ok {
		t.Error("the plain cookie was taken where the locked one is due")
	}
	r.AddCookie((Cookies{}).Session("north.x", at))
	if v, ok := (Cookies{}).Token(r); v != "north.x" || !ok {
		t.Errorf("token %q, %v", v, ok)
	}
	r.AddCookie((Cookies{}).Session("south.y", at))
	if _, ok := (Cookies{}).Token(r); ok {
		t.Error("one of two cookies was taken")
	}
}

func TestBearerTokenIsReadFromTheHeader(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"Bearer abc": "abc", "bearer  abc ": "abc", "Basic abc": "", "Bearer": "", "Bearer ": "", "": ""} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", header)
		if got, ok := BearerToken(r); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", header, got, ok)
		}
	}
}

func TestForwardedForIsBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, tt := range map[string]struct {
		remote  string
		headers []string
		trusted []netip.Prefix
		want    string
	}{
		"no proxy":                       {"203.0.113.9:4711", nil, nil, "203.0.113.9"},
		"no proxy, forged header":        {"203.0.113.9:4711", []string{"1.1.1.1"}, nil, "203.0.113.9"},
		"stranger with forged header":    {"203.0.113.9:4711", []string{"1.1.1.1"}, proxies, "203.0.113.9"},
		"one proxy":                      {"10.0.0.1:80", []string{"203.0.113.9"}, proxies, "203.0.113.9"},
		"client forged the first hop":    {"10.0.0.1:80", []string{"1.1.1.1, 203.0.113.9"}, proxies, "203.0.113.9"},
		"two proxies, two headers":       {"10.0.0.1:80", []string{"1.1.1.1, 203.0.113.9", "10.0.0.2"}, proxies, "203.0.113.9"},
		"garbage stops the walk":         {"10.0.0.1:80", []string{"203.0.113.9, evil, 10.0.0.2"}, proxies, "10.0.0.2"},
		"proxy without a header":         {"10.0.0.1:80", nil, proxies, "10.0.0.1"},
		"IPv6 proxy, IPv4-mapped client": {"[fd00::1]:80", []string{"::ffff:203.0.113.9"}, proxies, "203.0.113.9"},
		"unix socket":                    {"@", nil, proxies, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{"X-Forwarded-For": tt.headers}}
		if got := ClientAddr(r, tt.trusted).String(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	if a := AddrKey(netip.MustParseAddr("2001:db8:1:2:3::4")); a != "2001:db8:1:2::/64" {
		t.Error(a)
	}
	if a := AddrKey(netip.MustParseAddr("203.0.113.9")); a != "203.0.113.9" {
		t.Error(a)
	}
}

func TestWaitsDoubleUpToTheirLimit(t *testing.T) {
	t.Parallel()
	pair, _, account := throttles()
	var got []time.Duration
	for n := int64(1); n <= 9; n++ {
		got = append(got, pair.wait(n))
	}
	want := []time.Duration{0, 0, 0, 0, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second}
	if !slices.Equal(got, want) {
		t.Errorf("waits %v, want %v", got, want)
	}
	if pair.wait(1<<62) != pair.most || account.wait(1000) != time.Minute {
		t.Error("a wait beyond its limit")
	}
}
