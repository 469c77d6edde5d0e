// Package integration keeps which vendors a club has connected, and with what: API keys, signing
// secrets, hosts. It stores and checks them; who speaks to a vendor is internal/connector, and app
// puts the two together.
//
// All fields of a vendor are sealed together by the tenant's keyset and stored as one setting row,
// "vendor.<name>". They are never shown again: Describe tells only which fields are set.
package integration

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Topic is what Tx.Changed announces when an integration has changed.
const Topic = "integration"

// Field is one thing that a vendor needs.
type Field struct {
	Name     string
	Help     string
	Secret   bool
	Required bool
}

// Vendor is a vendor that ClubOS speaks to, and what it needs.
type Vendor struct {
	Name   string
	Title  string
	Help   string
	Fields []Field
}

// Vendors lists every vendor.
func Vendors() []Vendor { return slices.Clone(vendors) }

var vendors = []Vendor{
	{"openphone", "Quo (OpenPhone)", "Texts by Quo, formerly OpenPhone. Webhook address: /hooks/<club>/openphone", []Field{
		{"api_key", "API key, from Settings › API", true, true},
		{"webhook_secret", "signing secret of the webhook (whsec_…); several are separated by commas while you rotate", true, false},
		{"legacy_key", "signing key of a legacy webhook, base64", true, false},
		{"base_url", "address of the API; default https://api.quo.com", false, false},
		{"version", "value of the header Quo-Api-Version; default 2026-03-30", false, false},
	}},
	{"twilio", "Twilio", "Texts by Twilio. Webhook address: /hooks/<club>/twilio", []Field{
		{"account_sid", "account SID (AC…)", false, true},
		{"auth_token", "primary auth token; it signs webhooks", true, true},
		{"key_sid", "SID of an API key (SK…), when sending is not to use the auth token", false, false},
		{"key_secret", "secret of that API key", true, false},
		{"base_url", "address of the API; default https://api.twilio.com", false, false},
	}},
	{"ninjaone", "NinjaOne", "Restarts and reboots bay PCs, and reports their faults. Webhook address: /hooks/<club>/ninjaone", []Field{
		{"base_url", "address of your instance, like https://app.ninjarmm.com", false, true},
		{"client_id", "client id of the API application", false, true},
		{"client_secret", "its secret", true, true},
		{"refresh_token", "a user's refresh token; running scripts commonly needs one", true, false},
		{"webhook_secret", "24 characters or more that its webhook sends in the header X-Webhook-Secret; several are separated by commas while you rotate", true, false},
	}},
	{"unifi", "UniFi Access", "Opens doors. The console must be reachable from here (it answers on the LAN only).", []Field{
		{"base_url", "address of the console, like https://192.168.1.1:12445", false, true},
		{"token", "API token with edit:space and view:system_log", true, true},
		{"pin", "SHA-256 of the console's certificate, in hex; required when it is self-signed", false, false},
		{"webhook_secret", "secret of the webhook endpoint, for /hooks/<club>/unifi", true, false},
	}},
	{"slack", "Slack", "Proposals and escalations with buttons. Interactivity address: /hooks/<club>/slack", []Field{
		{"bot_token", "bot token (xoxb-…) with chat:write", true, true},
		{"signing_secret", "signing secret of the app; without it buttons do nothing", true, false},
		{"base_url", "address of the API; default https://slack.com/api", false, false},
	}},
	{"pagerduty", "PagerDuty", "Wakes whoever is on call there; acknowledging there acknowledges here. Webhook address: /hooks/<club>/pagerduty", []Field{
		{"routing_key", "integration key of the service (Events API v2), 32 characters", true, true},
		{"webhook_secret", "secret of the webhook subscription (v3); several are separated by commas while you rotate", true, false},
		{"base_url", "address of the events API; default https://events.pagerduty.com", false, false},
	}},
	{"email", "E-mail (SMTP)", "Calls people by mail, over TLS alone.", []Field{
		{"host", "name of the mail server, like smtp.example.com", false, true},
		{"port", "587 for STARTTLS (the default), 465 for TLS from the first byte", false, false},
		{"from", "sender, like Fairway 24 <calls@club.example>", false, true},
		{"username", "user name, where the server wants one", false, false},
		{"password", "its password", true, false},
		{"pin", "SHA-256 of the server's certificate, in hex; required when it is self-signed", false, false},
	}},
	{"embeddings", "Vectors of texts", "Optional: compares texts by what they mean too, with a model of your choice behind OpenAI's embeddings interface. Members' masked texts and your procedures' triggers are sent there.", []Field{
		{"base_url", "address before /v1/embeddings, like https://api.openai.com or http://127.0.0.1:11434 for one on this machine", false, true},
		{"model", "name of the model, like text-embedding-3-small", false, true},
		{"dimensions", "length of the model's vectors, 8 to 4096", false, true},
		{"shorten", "yes to ask the server for vectors of that length, where the model can give several", false, false},
		{"api_key", "key, sent as a bearer token; a server of your own may need none", true, false},
		{"wait_ms", "how long a decision waits for a vector before it is taken without, 50 to 2000 ms; default 400", false, false},
	}},
	{"bookings", "Bookings", "Signed booking webhook. Address: /hooks/<club>/bookings", []Field{
		{"webhook_secret", "signing secret (whsec_… and base64)", true, false},
		{"feed_url", "address of an iCal feed to poll; several are separated by spaces, each as location=address", true, false},
	}},
}

// Find returns a vendor by name.
func Find(name string) (Vendor, bool) {
	i := slices.IndexFunc(vendors, func(v Vendor) bool { return v.Name == name })
	if i < 0 {
		return Vendor{}, false
	}
	return vendors[i], true
}

// Fields are a vendor's values by field name.
type Fields map[string]string

// Get returns a field, or def when it is not set.
func (f Fields) Get(name, def string) string {
	if v := f[name]; v != "" {
		return v
	}
	return def
}

// List returns a field's values, separated by commas or white space.
func (f Fields) List(name string) []string {
	return strings.FieldsFunc(f[name], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// Feed is a calendar feed that a club has connected.
type Feed struct {
	// Name is the feed's own: it stays whatever feeds come and go beside it, and does not give the
	// address away.
	Name     string
	Location string // whose feed it is, as the club wrote it; "" for the calendar's own name
	URL      string // whoever knows it can read the feed: never shown
}

// Host is what may be shown of a feed's address.
func (f Feed) Host() string {
	u, err := url.Parse(f.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Feeds returns the feeds of the vendor bookings, each address once.
func (f Fields) Feeds() []Feed {
	var out []Feed
	for _, entry := range strings.Fields(f["feed_url"]) {
		feed := Feed{URL: entry}
		if location, address, found := strings.Cut(entry, "=http"); found {
			feed.Location, feed.URL = location, "http"+address
		}
		sum := sha256.Sum256([]byte("clubos feed " + feed.URL))
		feed.Name = "cal-" + hex.EncodeToString(sum[:5])
		if !slices.ContainsFunc(out, func(o Feed) bool { return o.Name == feed.Name }) {
			out = append(out, feed)
		}
	}
	return out
}

func key(vendor string) string { return "vendor." + vendor }

// Load returns the fields of every connected vendor.
func Load(ctx context.Context, tx *store.Tx, keys *vault.Tenant) (map[string]Fields, error) {
	rows, err := tx.FindSettings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read integrations: %w", err)
	}
	out := map[string]Fields{}
	for _, row := range rows {
		name, ok := strings.CutPrefix(row.Key, "vendor.")
		if !ok {
			continue
		}
		fields, err := open(keys, name, row.Value)
		if err != nil {
			return nil, err
		}
		out[name] = fields
	}
	return out, nil
}

func open(keys *vault.Tenant, name, value string) (Fields, error) {
	sealed, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("read integration %s: %w", name, err)
	}
	plain, err := keys.OpenSecret(key(name), sealed)
	if err != nil {
		return nil, fmt.Errorf("open integration %s: %w", name, err)
	}
	var f Fields
	if err := json.Unmarshal(plain, &f); err != nil {
		return nil, fmt.Errorf("read integration %s: %w", name, err)
	}
	return f, nil
}

// Put connects a vendor, or changes some of its fields: an empty value removes a field, one that is
// not named stays.
func Put(ctx context.Context, tx *store.Tx, keys *vault.Tenant, by club.Actor, name string, change Fields) error {
	v, ok := Find(name)
	if !ok {
		return club.NotFound("there is no vendor %q; the vendors are %s", name, strings.Join(names(), ", "))
	}
	now := Fields{}
	row, err := tx.FindSetting(ctx, key(name))
	switch {
	case err == nil:
		if now, err = open(keys, name, row.Value); err != nil {
			return err
		}
	case !missing(err):
		return fmt.Errorf("read integration %s: %w", name, err)
	}
	var changed []string
	for field, value := range change {
		if !slices.ContainsFunc(v.Fields, func(f Field) bool { return f.Name == field }) {
			return club.Invalid("%s has no field %q", v.Title, field)
		}
		changed = append(changed, field)
		if value = strings.TrimSpace(value); value == "" {
			delete(now, field)
		} else {
			now[field] = value
		}
	}
	for _, f := range v.Fields {
		if f.Required && now[f.Name] == "" {
			return club.Invalid("%s needs %s (%s)", v.Title, f.Name, f.Help)
		}
	}
	plain, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("encode integration: %w", err)
	}
	sealed, err := keys.SealSecret(key(name), plain)
	if err != nil {
		return fmt.Errorf("seal integration: %w", err)
	}
	if err := tx.PutSetting(ctx, store.PutSettingParams{Key: key(name), Value: base64.StdEncoding.EncodeToString(sealed), UpdatedAt: tx.Now, UpdatedBy: by.String()}); err != nil {
		return fmt.Errorf("store integration: %w", err)
	}
	slices.Sort(changed)
	tx.Changed(Topic, name)
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "integration.changed", Object: name, Detail: map[string]any{"fields": changed}})
}

// Remove disconnects a vendor.
func Remove(ctx context.Context, tx *store.Tx, by club.Actor, name string) error {
	n, err := tx.DeleteSetting(ctx, key(name))
	if err != nil {
		return fmt.Errorf("remove integration: %w", err)
	}
	if n == 0 {
		return club.NotFound("%s is not connected", name)
	}
	if err := tx.DeleteVendorToken(ctx, name); err != nil {
		return fmt.Errorf("remove token of integration: %w", err)
	}
	tx.Changed(Topic, name)
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "integration.removed", Object: name})
}

// Status tells about a vendor what may be shown.
type Status struct {
	Vendor    Vendor
	Connected bool
	Set       []string // names of the fields that have a value
	Trouble   string   // why the vendor needs a person, and what to do; "" when it does not
}

// Describe lists every vendor and whether it is connected.
func Describe(ctx context.Context, tx *store.Tx, keys *vault.Tenant) ([]Status, error) {
	all, err := Load(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	rows, err := tx.FindVendorTroubles(ctx)
	if err != nil {
		return nil, fmt.Errorf("read vendors' troubles: %w", err)
	}
	troubles := map[string]string{}
	for _, row := range rows {
		troubles[row.Vendor] = row.Trouble
	}
	out := make([]Status, 0, len(vendors))
	for _, v := range vendors {
		fields, ok := all[v.Name]
		st := Status{Vendor: v, Connected: ok}
		if ok {
			st.Trouble = troubles[v.Name]
		}
		for _, f := range v.Fields {
			if fields[f.Name] != "" {
				st.Set = append(st.Set, f.Name)
			}
		}
		out = append(out, st)
	}
	return out, nil
}

func names() []string {
	out := make([]string, len(vendors))
	for i, v := range vendors {
		out[i] = v.Name
	}
	return out
}
