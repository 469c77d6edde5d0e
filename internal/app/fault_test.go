package app

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/ninjaone"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/event"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/people"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
)

// plant is a whole club with one computer at the device vendor's stand-in. Its jobs are worked one by one,
// and its clock jumps.
type plant struct {
	t        *testing.T
	app      *App
	steps    *jobs.Stepper
	rmm      *vendor.RMM
	tenant   *store.Tenant
	keys     *vault.Tenant
	location club.LocationID
	bay      club.BayID
	device   club.DeviceID
	reports  int
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{t: t, steps: jobs.NewStepper(time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC))}
	cfg, err := LoadConfig(map[string]string{"CLUBOS_LISTEN": "127.0.0.1:0", "CLUBOS_DATA_DIR": storetest.Directory(t), "CLUBOS_SQLITE_RELAXED": "true"})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Steps, cfg.Matchers = p.steps, decide.NewMatchers(false, 0)
	if p.app, err = Open(t.Context(), cfg, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.app.Close() })
	if _, err := p.app.CreateTenant(t.Context(), club.System("test"), "plant", "Plant"); err != nil {
		t.Fatal(err)
	}
	if p.tenant, p.keys, err = p.app.Tenant(t.Context(), "plant"); err != nil {
		t.Fatal(err)
	}
	p.rmm = vendor.NewRMM(vendor.RMMConfig{Devices: []vendor.Device{{ID: 2, Name: "Bay 2 PC"}}, Scripts: []vendor.Script{{ID: 101, Name: "Restart TrackMan", Repairs: true}}}, p.steps.Clock)
	if err := p.rmm.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.rmm.Heal(); p.rmm.Down() })
	p.furnish()
	c := p.rmm.Config()
	client, err := ninjaone.New(ninjaone.Config{BaseURL: p.rmm.URL(), ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		Rate: connector.Rate{Calls: 100_000, Per: time.Minute, MaxWait: time.Second}}, connector.Deps{Clock: p.steps.Clock}) // days pass within a minute of the world
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	p.app.vendors.clubs["plant"] = &clients{ninjaone: client}
	p.app.Step("plant")
	return p
}

func (p *plant) furnish() {
	p.t.Helper()
	ctx := p.t.Context()
	p.write(func(tx *store.Tx) error {
		p.location, p.bay, p.device = club.NewLocationID(tx.Now), club.NewBayID(tx.Now), club.NewDeviceID(tx.Now)
		if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: p.location, Slug: "north", Name: "Northside", TimeZone: "America/New_York", Details: `{"rmm.script.restart_trackman":"101"}`, CreatedAt: tx.Now}); err != nil {
			return err
		}
		if err := tx.CreateBay(ctx, store.CreateBayParams{ID: p.bay, LocationID: p.location, Number: 2, Name: "Bay 2", Status: "active", CreatedAt: tx.Now}); err != nil {
			return err
		}
		if err := tx.CreateDevice(ctx, store.CreateDeviceParams{ID: p.device, LocationID: p.location, BayID: p.bay, Kind: club.DevicePC, Name: "Bay 2 PC", Vendor: "ninjaone", VendorRef: "2", Online: true, SeenAt: &tx.Now, CreatedAt: tx.Now}); err != nil {
			return err
		}
		return nil
	})
}

func (p *plant) write(fn func(*store.Tx) error) {
	p.t.Helper()
	if err := p.tenant.Write(p.t.Context(), fn); err != nil {
		p.t.Fatal(err)
	}
}

// pass lets time go by and works what comes due.
func (p *plant) pass(d time.Duration) {
	p.t.Helper()
	until := p.steps.Clock.Now().Add(d)
	for {
		at, ok := p.steps.Next()
		if !ok || at.After(until) {
			break
		}
		if err := p.steps.Step(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
	p.steps.Clock.Advance(until.Sub(p.steps.Clock.Now()))
}

const faulty = "fault of bay 2"

// breaks reports a fault of the computer, which lasts until mends.
func (p *plant) breaks() club.ThreadID {
	p.t.Helper()
	p.reports++
	p.write(func(tx *store.Tx) error {
		_, err := event.Take(p.t.Context(), tx, event.Report{Code: club.EventDeviceFault, Vendor: "test", Key: tx.Now.String(), Open: faulty, Location: p.location, Bay: p.bay, Device: p.device})
		return err
	})
	p.pass(2 * time.Minute)
	d, _ := p.decision()
	return d.ThreadID
}

func (p *plant) mends() {
	p.t.Helper()
	p.write(func(tx *store.Tx) error { return p.app.Events.Clear(p.t.Context(), tx, p.keys, faulty) })
}

// byHand has a person do something in a conversation.
func (p *plant) byHand(who string, in club.ThreadID, action club.ActionName) {
	p.t.Helper()
	_, no, err := p.app.Engine.Request(p.t.Context(), p.tenant, colleague(who).Actor, in, action, nil, act.Ground{Reason: "the bay is down"})
	if err != nil || no != "" {
		p.t.Fatalf("%s by hand: %s, %v", action, no, err)
	}
}

// decision returns the newest decision of the club with its evidence.
func (p *plant) decision() (d store.Decision, e club.Evidence) {
	p.t.Helper()
	p.write(func(tx *store.Tx) error {
		list, err := tx.FindDecisionsPage(p.t.Context(), store.FindDecisionsPageParams{Size: 1})
		if err != nil || len(list) == 0 {
			return err
		}
		if d, err = tx.FindDecision(p.t.Context(), list[0].ID); err != nil {
			return err
		}
		return json.Unmarshal([]byte(d.Evidence), &e)
	})
	return d, e
}

func (p *plant) proposal(in club.ThreadID) (out store.Proposal) {
	p.t.Helper()
	p.write(func(tx *store.Tx) error {
		list, err := tx.FindProposalsOfThread(p.t.Context(), store.FindProposalsOfThreadParams{ThreadID: in, Limit: 1})
		if len(list) > 0 {
			out = list[0]
		}
		return err
	})
	return out
}

func (p *plant) count(query string, args ...any) int {
	p.t.Helper()
	return storetest.Count(p.t, p.tenant, query, args...)
}

func colleague(name string) identity.Principal {
	return identity.Principal{Tenant: "plant", Actor: club.Actor{Kind: club.ActorUser, ID: "usr_" + name, Name: name}, Role: club.RoleOperator, UserID: club.UserID("usr_" + name)}
}

// outages has people restart the computer by hand in as many faults, a day apart.
func (p *plant) outages(by ...string) {
	p.t.Helper()
	for _, who := range by {
		in := p.breaks()
		p.byHand(who, in, "reboot_pc")
		p.pass(6 * time.Minute)
		p.mends()
		p.pass(26 * time.Hour)
	}
}

func TestWhatPeopleDidByHandAboutAFaultIsProposedTheNextTime(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.outages("opal", "oscar")
	if d, e := p.decision(); e.Rule == "" || len(e.Candidates) == 0 && p.reports > 1 {
		t.Fatalf("the second fault: %+v %+v", d, e)
	}
	p.outages("opal")
	if n := p.count("SELECT COUNT(*) FROM decision_patterns WHERE sop_id IS NULL"); n != 1 {
		t.Errorf("the same act has become %d patterns", n)
	}
	if n := p.count("SELECT COUNT(*) FROM decision_patterns WHERE domain = 'error' AND title = 'The computer reported a fault'"); n != 1 {
		t.Error("the pattern is not one of faults")
	}
	if n := p.count("SELECT COUNT(*) FROM pattern_outcomes WHERE source = 'helped'"); n != 3 {
		t.Errorf("%d acts were seen to help, want 3", n)
	}
	in := p.breaks()
	d, e := p.decision()
	prop := p.proposal(in)
	if prop.Status != club.ProposalOpen || prop.Tier != club.TierApprove || !strings.Contains(d.Steps, "reboot_pc") || !strings.Contains(e.Candidates[0].Record, "decided so 3 times by 2 people") {
		t.Fatalf("the fourth fault: %+v, %+v, %+v", prop, d, e)
	}
	if err := p.app.Decider.Approve(t.Context(), p.tenant, colleague("oscar"), prop.ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	p.pass(6 * time.Minute)
	p.mends()
	p.pass(time.Hour)
	if n := p.count("SELECT COUNT(*) FROM pattern_outcomes WHERE decision_id = $1 AND source = 'verified'", d.ID.String()); n != 1 {
		t.Error("its end within a quarter of an hour is not the outcome")
	}
}

func TestAFaultThatPeopleCloseWithoutActingIsOnlyWrittenDown(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	for _, who := range []string{"opal", "oscar", "opal"} {
		in := p.breaks()
		if _, err := p.app.Desk.Resolve(t.Context(), p.tenant, colleague(who), in, desk.Seen{}); err != nil {
			t.Fatal(err)
		}
		p.pass(time.Hour)
		p.mends()
		p.pass(26 * time.Hour)
	}
	p.breaks()
	d, e := p.decision()
	if d.Tier != club.TierAuto || strings.Contains(d.Steps, "action") || len(e.Candidates) == 0 || !strings.Contains(e.Candidates[0].Record, "decided so 3 times by 2 people") {
		t.Errorf("%+v, %+v", d, e)
	}
}

func TestWhoActsOtherwiseThanProposedSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.outages("opal", "oscar", "opal")
	in := p.breaks()
	d, _ := p.decision()
	if p.proposal(in).Status != club.ProposalOpen {
		t.Fatal("nothing is proposed")
	}
	if _, err := p.app.Desk.Resolve(t.Context(), p.tenant, colleague("oscar"), in, desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	p.pass(time.Hour)
	if n := p.count("SELECT COUNT(*) FROM pattern_outcomes WHERE decision_id = $1 AND source = 'corrected'", d.ID.String()); n != 1 {
		t.Error("closing it without the act says nothing")
	}
	if n := p.count("SELECT COUNT(*) FROM pattern_outcomes WHERE decision_id = $1 AND source = 'decided'", d.ID.String()); n != 1 {
		t.Error("that nothing is to be done was not learned")
	}
}

func TestAnActThatFailsIsAnEventOfItsConversationAndOneCall(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.outages("opal", "oscar", "opal")
	in := p.breaks()
	p.rmm.Break("reboot", vendor.Fail(500))
	if err := p.app.Decider.Approve(t.Context(), p.tenant, colleague("oscar"), p.proposal(in).ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	p.pass(20 * time.Minute)
	if n := p.count("SELECT COUNT(*) FROM events e JOIN executions x ON x.id = e.event_key WHERE e.code = 'action.failed' AND e.execution_id = x.id AND e.device_id = $1", p.device.String()); n != 1 {
		t.Errorf("%d events of the act", n)
	}
	if n := p.count("SELECT COUNT(*) FROM situations WHERE code = 'action.failed' AND domain = 'error' AND thread_id = $1 AND CAST(context AS TEXT) LIKE '%reboot_pc%'", in.String()); n != 1 {
		t.Errorf("%d situations in the conversation of the act", n)
	}
	if n := p.count("SELECT COUNT(*) FROM escalations WHERE status <> 'closed'"); n != 1 {
		t.Errorf("%d calls", n)
	}
	if n := p.count("SELECT COUNT(*) FROM threads WHERE status <> 'ai_resolved'"); n != 1 {
		t.Errorf("%d conversations", n)
	}
	if prop := p.proposal(in); prop.Status == club.ProposalOpen {
		t.Error("what has just failed is proposed again")
	}
}

func TestWhatPeopleDidAfterAnActHadFailedIsAdvisedTheNextTime(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.rmm.Break("reboot", vendor.Fail(500))
	fails := func(who string) club.ThreadID {
		in := p.breaks()
		p.byHand(who, in, "reboot_pc")
		p.pass(15 * time.Minute)
		return in
	}
	for _, who := range []string{"opal", "oscar", "opal"} {
		in := fails(who)
		p.byHand(who, in, "restart_trackman")
		p.pass(2 * time.Minute)
		p.mends()
		if _, err := p.app.Desk.Resolve(t.Context(), p.tenant, colleague(who), in, desk.Seen{}); err != nil {
			t.Fatal(err)
		}
		p.pass(26 * time.Hour)
	}
	if n := p.count("SELECT COUNT(*) FROM decision_patterns WHERE title = 'Reboot pc may not have reached the computer' AND CAST(steps AS TEXT) LIKE '%restart_trackman%'"); n != 1 || p.count("SELECT COUNT(*) FROM decision_patterns WHERE sop_id IS NULL") != 1 {
		t.Errorf("%d patterns of what was done after the act had failed", n)
	}
	in := fails("oscar")
	prop := p.proposal(in)
	d, e := p.decision()
	if prop.Status != club.ProposalOpen || d.ThreadID != in || !strings.Contains(d.Steps, "restart_trackman") || !strings.Contains(e.Candidates[0].Record, "decided so 3 times by 2 people") {
		t.Fatalf("%+v: %+v, %+v", prop, d, e)
	}
	if n := p.count("SELECT COUNT(*) FROM escalations WHERE thread_id = $1", in.String()); n != 1 {
		t.Errorf("%d calls", n)
	}
	if err := p.app.Decider.Approve(t.Context(), p.tenant, colleague("oscar"), prop.ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	p.pass(2 * time.Minute)
	if n := p.count("SELECT COUNT(*) FROM executions WHERE decision_id = $1 AND outcome = 'success'", d.ID.String()); n != 1 || p.count("SELECT COUNT(*) FROM escalations WHERE status <> 'closed'") != 0 {
		t.Errorf("%d acts, and the call goes on", n)
	}
}

func TestAnActThatFailsInAMembersConversationIsNotedThere(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.rmm.Break("reboot", vendor.Fail(500))
	in := club.NewThreadID(p.steps.Clock.Now())
	p.write(func(tx *store.Tx) error {
		s, err := people.Subject(t.Context(), tx, p.keys, "+14155550111")
		if err != nil {
			return err
		}
		return tx.CreateThread(t.Context(), store.CreateThreadParams{ID: in, SubjectID: s.ID, LocationID: p.location, BayID: p.bay, Line: "+14155550100", Provider: "twilio",
			Status: club.ThreadAwaitingAI, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now})
	})
	p.byHand("opal", in, "reboot_pc")
	p.pass(15 * time.Minute)
	for query, want := range map[string]int{
		"SELECT COUNT(*) FROM situations WHERE code = 'action.failed' AND title LIKE 'Reboot pc may not have reached Bay 2 PC, Bay 2 at Northside%'": 1,
		"SELECT COUNT(*) FROM messages WHERE direction = 'note'":                                                                                     1, "SELECT COUNT(*) FROM threads": 1, "SELECT COUNT(*) FROM escalations": 1, "SELECT COUNT(*) FROM decisions": 0,
	} {
		if n := p.count(query); n != want {
			t.Errorf("%d of %s, want %d", n, query, want)
		}
	}
}
