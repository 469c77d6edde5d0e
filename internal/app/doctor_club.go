package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// keySoon is how long before its end a key is spoken of: time enough to make another one and hand it
// to whoever runs the program that uses it.
const keySoon = 14 * 24 * time.Hour

// clubFacts is what the doctor read of a club.
type clubFacts struct {
	places   []store.Location
	lines    []store.Line
	devices  map[string]int // by vendor
	live     int            // procedures
	settings setting.Settings
	report   health.Report
	models   []store.FindModelsRow // newest first
	learned  int64                 // precedents
	log      audit.State
}

// checkup gathers what is found about one club.
type checkup struct {
	slug club.Slug
	out  []Finding
}

func (c *checkup) add(part, state, detail, advice string) {
	c.out = append(c.out, Finding{c.slug.String() + ": " + part, state, detail, advice})
}

// examine looks at a club. What cannot be read hides only what depends on it.
func (a *App) examine(ctx context.Context, rec store.TenantRecord) []Finding {
	c := &checkup{slug: rec.Slug}
	list, err := a.Cluster.MigrationStatus(ctx, rec.Slug)
	if err != nil {
		c.add("schema", "fail", err.Error(), "see that the club's database is there and may be read")
		return c.out
	}
	for _, m := range list {
		if m.AppliedAt.IsZero() {
			c.add("schema", "fail", m.Name+" is not applied", "clubos migrate up --club "+rec.Slug.String())
			return c.out
		}
	}
	c.add("schema", "ok", fmt.Sprintf("%d migrations", len(list)), "")
	if _, _, err := a.Tenant(ctx, rec.Slug); err != nil {
		c.add("keys", "fail", err.Error(), "give the master key that this database was made with")
		return c.out
	}
	c.add("keys", "ok", "open", "")
	f, err := a.facts(ctx, rec.Slug)
	if err != nil {
		c.add("content", "fail", err.Error(), "see the log of the database")
		return c.out
	}
	if rec.Status == store.StatusSuspended {
		c.add("club", "warn", fmt.Sprintf("suspended: texts are kept, nothing is answered or done; %d conversations wait", f.report.Work.ThreadsWaiting), "clubos tenant resume "+rec.Slug.String())
	}
	c.content(f)
	c.log(f.log, a.Cluster.Clock().Now())
	c.add(examineModel(f, a.Cluster.Clock().Now()))
	a.examinePeople(ctx, c)
	if err := a.vendors.load(ctx, rec.Slug); err != nil {
		c.add("vendors", "fail", err.Error(), "enter the vendor's fields again: clubos vendor list")
		return c.out
	}
	a.examineVendors(ctx, c, f)
	return c.out
}

func (a *App) facts(ctx context.Context, slug club.Slug) (f clubFacts, err error) {
	tenant, keys, err := a.Tenant(ctx, slug)
	if err != nil {
		return f, err
	}
	f.devices = map[string]int{}
	return f, tenant.Read(ctx, func(tx *store.Tx) error {
		var err error
		if f.places, err = tx.FindLocations(ctx); err != nil {
			return err
		}
		if f.lines, err = tx.FindLines(ctx); err != nil {
			return err
		}
		devices, err := tx.FindDevices(ctx)
		if err != nil {
			return err
		}
		for _, d := range devices {
			f.devices[d.Vendor]++
		}
		set, err := a.Library.Live(ctx, tx)
		if err != nil {
			return err
		}
		f.live = len(set.Entries)
		if f.models, err = tx.FindModels(ctx, 10); err != nil {
			return err
		}
		if f.learned, err = tx.CountPrecedents(ctx); err != nil {
			return err
		}
		if f.settings, err = setting.Load(ctx, tx); err != nil {
			return err
		}
		if f.log, err = audit.Look(ctx, tx); err != nil {
			return err
		}
		f.report, err = health.Look(ctx, tx, keys, nil, "")
		return err
	})
}

func (c *checkup) content(f clubFacts) {
	detail := fmt.Sprintf("%d locations, %d lines, %d live procedures", len(f.places), len(f.lines), f.live)
	switch {
	case len(f.places) == 0 || len(f.lines) == 0:
		c.add("content", "warn", detail, "import the club's places: clubos place import places.yaml")
	case f.live == 0:
		c.add("content", "warn", detail, "import procedures: clubos sop import starter")
	default:
		c.add("content", "ok", detail, "")
	}
	w := f.report.Work
	if w.TextsTroubled > 0 || w.ExecutionsUnconfirmed > 0 || w.EscalationsOverdue > 0 {
		c.add("work", "warn", fmt.Sprintf("within a day %d texts failed or are unconfirmed and %d actions are unconfirmed; %d calls for people are overdue", w.TextsTroubled, w.ExecutionsUnconfirmed, w.EscalationsOverdue),
			"look at the inbox and at Health in the console")
	}
}

// log looks at whether the audit log is signed and verified.
func (c *checkup) log(s audit.State, now time.Time) {
	minute := func(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") }
	detail := fmt.Sprintf("%d entries are signed", s.Size)
	if !s.Verified.IsZero() {
		detail += "; verified on " + minute(s.Verified)
	}
	switch {
	case s.Fault != "":
		c.add("audit log", "fail", "it is not what was signed: "+s.Fault, "change nothing, keep the backups, and run clubos audit verify --club "+c.slug.String())
	case !s.Waiting.IsZero() && now.Sub(s.Waiting) > health.LongUnplaced:
		c.add("audit log", "warn", detail+", and some are not since "+minute(s.Waiting), "clubos serve signs them within a minute; where it runs, see its log of the job audit.sequence")
	default:
		c.add("audit log", "ok", detail, "")
	}
}

// examinePeople looks at who may come in: at least one owner, and keys that will not end unnoticed.
func (a *App) examinePeople(ctx context.Context, c *checkup) {
	d, err := a.Directory(ctx, c.slug)
	if err != nil {
		c.add("people", "fail", err.Error(), "see the log of the database")
		return
	}
	by := identity.System(c.slug, "doctor")
	users, err := d.FindUsers(ctx, by)
	if err != nil {
		c.add("people", "fail", err.Error(), "see the log of the database")
		return
	}
	active, owners := 0, 0
	for _, u := range users {
		if u.Status == identity.UserActive {
			active++
			if u.Role == club.RoleOwner {
				owners++
			}
		}
	}
	if owners == 0 {
		c.add("people", "warn", "no owner has signed in yet", fmt.Sprintf("clubos user create --club %s --role owner --email …, or clubos user link --club %s --email …", c.slug, c.slug))
	} else {
		c.add("people", "ok", fmt.Sprintf("%d active users, %d of them owners", active, owners), "")
	}
	keys, err := d.FindAPIKeys(ctx, by)
	if err != nil {
		c.add("API keys", "fail", err.Error(), "see the log of the database")
		return
	}
	c.keys(keys, a.Cluster.Clock().Now())
}

func (c *checkup) keys(keys []identity.APIKey, now time.Time) {
	working := 0
	for _, k := range keys {
		switch {
		case k.RevokedAt != nil, k.ExpiresAt != nil && !now.Before(*k.ExpiresAt):
			continue // over; whoever used it has noticed
		case k.Stopped != "":
			c.add("API key "+k.Name, "warn", "stopped: "+k.Stopped, "make another one as somebody who stays, and revoke it: clubos key revoke "+k.ID.String())
			continue
		case k.ExpiresAt != nil && k.ExpiresAt.Sub(now) < keySoon:
			c.add("API key "+k.Name, "warn", "ends on "+k.ExpiresAt.UTC().Format("2 January 2006, 15:04 UTC"), "make another one and give it to whoever uses "+k.Prefix+"…")
		}
		working++
	}
	c.add("API keys", "ok", fmt.Sprintf("%d in use", working), "")
}

// examineVendors reads something harmless from each connected vendor, and says what does not work
// without those that are not.
func (a *App) examineVendors(ctx context.Context, c *checkup, f clubFacts) {
	v := a.vendors.of(c.slug)
	for _, s := range f.report.Vendors {
		if s.Connected && s.Trouble != "" {
			c.add(s.Name+" account", "fail", s.Trouble, "enter it as soon as you can")
		}
	}
	look := func(vendor, without string, connected bool, read func(context.Context) (string, error)) {
		if !connected {
			state := "warn"
			if n := f.devices[vendor]; n > 0 {
				state, without = "fail", fmt.Sprintf("%s, though %d devices are entered for it", without, n)
			}
			c.add(vendor, state, without, "clubos vendor set "+vendor+" …")
			return
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		detail, err := read(ctx)
		if err != nil {
			c.add(vendor, "fail", err.Error(), "check its address and credentials: clubos vendor list")
			return
		}
		c.add(vendor, "ok", detail, "")
	}
	look("ninjaone", "no RMM is connected: bay PCs cannot be looked at or restarted", v.ninjaone != nil, func(ctx context.Context) (string, error) {
		list, err := v.ninjaone.Devices(ctx)
		return fmt.Sprintf("%d devices", len(list)), err
	})
	look("unifi", "no door controller is connected: doors cannot be opened", v.unifi != nil, func(ctx context.Context) (string, error) {
		list, err := v.unifi.Doors(ctx)
		return fmt.Sprintf("%d doors", len(list)), err
	})
	look("email", "not connected: nobody is called by mail", v.email != nil, func(ctx context.Context) (string, error) { return "signed in over TLS", v.email.Check(ctx) })
	c.texts(v, f.lines)
	c.calls(v, f.settings)
	a.examineVectors(ctx, c, v)
}

// calls looks at how people are called.
func (c *checkup) calls(v *clients, s setting.Settings) {
	if v.pagerduty == nil {
		c.add("pagerduty", "warn", "not connected: nobody is paged", "clubos vendor set pagerduty …")
	} else {
		c.add("pagerduty", "ok", "connected; its API can be asked nothing without waking somebody", "")
	}
	switch {
	case v.slack == nil:
		c.add("slack", "warn", "not connected: nothing is posted for people", "clubos vendor set slack …")
	case s.SlackChannel == "":
		c.add("slack", "warn", "connected, but no channel is set: nothing is posted", "set notify.slack_channel under Settings › People")
	default:
		c.add("slack", "ok", "connected, posts to "+s.SlackChannel, "")
	}
}

// texts looks at whether members can be answered, on every line.
func (c *checkup) texts(v *clients, lines []store.Line) {
	if v.openphone == nil && v.twilio == nil {
		c.add("texts", "fail", "no vendor for texts is connected: nobody can be answered", "clubos vendor set openphone … or clubos vendor set twilio …")
		return
	}
	silent := map[string]int{}
	for _, l := range lines {
		if l.Provider == "openphone" && v.openphone == nil || l.Provider == "twilio" && v.twilio == nil {
			silent[l.Provider]++
		}
	}
	if len(silent) == 0 {
		c.add("texts", "ok", "connected; a text tells whether it works", "")
		return
	}
	var parts, advice []string
	for _, provider := range []string{"openphone", "twilio"} {
		if n := silent[provider]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d lines are of %s, which is not connected", n, provider))
			advice = append(advice, "clubos vendor set "+provider+" …")
		}
	}
	c.add("texts", "fail", strings.Join(parts, "; "), strings.Join(advice, ", or correct the lines: "))
}
