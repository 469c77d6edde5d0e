package console_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/oncall"
	"clubos/internal/rota"
	"clubos/internal/store"
)

// mark stands in all that the other club's people wrote and named.
const mark = "Quagmire"

// things are one of each kind that the console's addresses name.
type things struct {
	thread   club.ThreadID
	message  club.MessageID // with an attachment
	relation string
	ids      map[string]string // by what comes before {id} in a route
}

// fill puts one thing of each kind into a club. Its owner's browser is what they are seen with.
func (h *house) fill() (out things, owner *browser) {
	h.t.Helper()
	ctx, root := h.t.Context(), identity.System(h.slug, "test")
	h.book()
	media := h.say(bob, h.mark+" look at this", club.Media{URL: "https://files.example/" + h.mark, Type: "image/png"})
	h.settle()
	th := h.hear(ada, "bay 3 froze, "+h.mark)
	p := h.proposal(th)
	u := h.user("Kim"+h.mark, club.RoleOperator)
	owner = h.as(club.RoleOwner)
	session := h.session(h.signIn(u))
	key, _, err := h.dir.CreateAPIKey(ctx, h.session(owner), identity.NewAPIKey{Name: h.marked("Key"), Scopes: []identity.Permission{identity.ThreadsRead}})
	h.must(err)
	ticket, err := h.desk.CreateTicket(ctx, h.tenant, root, desk.NewTicket{Title: h.marked("Projector is dim"), Description: "- [ ] " + h.mark, Location: h.north, Bay: h.bay, Thread: th})
	h.must(err)
	other, err := h.desk.CreateTicket(ctx, h.tenant, root, desk.NewTicket{Title: h.marked("Bulb is old"), Location: h.north})
	h.must(err)
	out = things{thread: media, relation: club.NewRelationID(h.clock.Now()).String()}
	var shift rota.Shift
	var cover rota.Cover
	pattern := club.NewPatternID(h.clock.Now())
	var sop club.SOPID
	var device club.DeviceID
	var booking club.BookingID
	h.write(func(tx *store.Tx) (err error) {
		if shift, err = oncall.CreateShift(ctx, tx, root, rota.Shift{User: u.ID, Location: h.north, Days: rota.EveryDay, From: 600, Until: 1200}); err != nil {
			return err
		}
		if cover, err = oncall.CreateCover(ctx, tx, root, rota.Cover{User: u.ID, Location: h.north, Start: tx.Now, End: tx.Now.Add(time.Hour)}); err != nil {
			return err
		}
		if _, err = tx.CreateTicketRelation(ctx, store.CreateTicketRelationParams{ID: club.RelationID(out.relation), Kind: club.RelationCausedBy, TicketID: other.ID, OtherID: ticket.ID, CreatedBy: "test", CreatedAt: tx.Now}); err != nil {
			return err
		}
		reply, err := h.keys.SealSecret("decision_patterns.reply "+pattern.String(), []byte("It is "+h.mark))
		if err != nil {
			return err
		}
		if _, err = tx.CreatePattern(ctx, store.CreatePatternParams{ID: pattern, Domain: "decision", Title: h.marked("Taught"), Steps: "{}", Reply: reply, Earned: club.TierEscalate, CreatedBy: "test", Now: tx.Now}); err != nil {
			return err
		}
		if _, err = tx.CreatePrecedent(ctx, store.CreatePrecedentParams{ID: club.NewPrecedentID(tx.Now), PatternID: pattern, Text: "where is the " + h.mark, Context: "{}", LocationID: h.north, Actor: "test", At: tx.Now}); err != nil {
			return err
		}
		return tx.CreateReview(ctx, store.CreateReviewParams{DecisionID: p.DecisionID, ThreadID: th, LocationID: h.north, Share: 0.05, CreatedAt: tx.Now})
	})
	for table, rows := range h.rows() {
		for _, r := range rows {
			switch table {
			case "sops":
				if strings.Contains(r["title"], "frozen") {
					sop = club.SOPID(r["id"])
				}
			case "devices":
				device = club.DeviceID(r["id"])
			case "bookings":
				booking = club.BookingID(r["id"])
			case "messages":
				if strings.Contains(r["media"], "files.example") {
					out.message = club.MessageID(r["id"])
				}
			}
		}
	}
	owner.upload("/c/"+h.slug.String()+"/booking-files", "x.csv", strings.ReplaceAll(bookingFile, "Northside", h.marked("Northside"))).want(http.StatusSeeOther)
	file := regexp.MustCompile(`booking-files/([^/?]+)`).FindStringSubmatch(owner.header.Get("Location"))
	if file == nil {
		h.t.Fatalf("the file is not kept: %q", owner.header.Get("Location"))
	}
	out.ids = map[string]string{
		"account/sessions": session.SessionID.String(), "bays": h.bay.String(), "bookings": booking.String(), "booking-files": file[1], "decisions": p.DecisionID.String(), "devices": device.String(),
		"keys": key.ID.String(), "members": h.member.ID.String(), "memory": pattern.String(), "oncall/shifts": shift.ID.String(), "oncall/covers": cover.ID.String(), "oncall/contacts": u.ID.String(),
		"places": h.north.String(), "proposals": p.ID.String(), "reviews": p.DecisionID.String(), "sops": sop.String(), "threads": th.String(), "tickets": ticket.ID.String(), "users": u.ID.String(),
	}
	for what, id := range out.ids {
		if id == "" {
			h.t.Fatalf("there are no %s", what)
		}
	}
	return out, owner
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// session is who is signed in with a browser.
func (h *house) session(b *browser) identity.Principal {
	h.t.Helper()
	p, err := h.dir.Authenticate(h.t.Context(), b.cookies["clubos"])
	h.must(err)
	return p
}

// rows are all rows of the club by table, each by column.
func (h *house) rows() map[string][]map[string]string {
	h.t.Helper()
	ctx, out := h.t.Context(), map[string][]map[string]string{}
	h.must(h.cluster.Snapshot(ctx, h.slug, func(s *store.Snapshot) error {
		tables, err := s.Tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			err := s.Rows(ctx, t, func(values []any) error {
				row := map[string]string{}
				for i, v := range values {
					if b, ok := v.([]byte); ok {
						v = string(b)
					}
					if v != nil {
						row[t.Columns[i].Name] = fmt.Sprint(v)
					}
				}
				out[t.Name] = append(out[t.Name], row)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return out
}

// printed is all that the club's database holds.
func (h *house) printed() string {
	h.t.Helper()
	b, err := json.Marshal(h.rows())
	h.must(err)
	return string(b)
}

// in is a route's address in a club, with the ids of things.
func (x things) in(h *house, rt console.RouteForTest) string {
	h.t.Helper()
	path := strings.Replace(rt.Path, "{tenant}", h.slug.String(), 1)
	noun, _, ok := strings.Cut(strings.TrimPrefix(rt.Path, "/c/{tenant}/"), "/{id}")
	if !ok {
		return path
	}
	id, message := x.ids[noun], x.message.String()
	if strings.Contains(rt.Path, "{message}") {
		id = x.thread.String()
	}
	if id == "" {
		h.t.Fatalf("%s: nothing is known whose id would fit", rt.Path)
	}
	return strings.NewReplacer("{id}", id, "{message}", message, "{n}", "0").Replace(path)
}

// fields fit the form that a route with an id takes.
func (x things) fields(path string) url.Values {
	status := "resolved"
	if strings.Contains(path, "/bookings/") {
		status = "cancelled"
	} else if strings.Contains(path, "/sops/") {
		status = "archived"
	}
	return url.Values{
		"text": {"x"}, "words": {"x"}, "note": {"x"}, "reason": {"x"}, "title": {"x"}, "name": {"x"}, "key": {"k"}, "version": {"1"}, "source": {"x"}, "status": {status}, "priority": {"high"}, "number": {"3"}, "kind": {"pc"},
		"action": {"reboot_pc"}, "verdict": {"right"}, "item": {"0"}, "seen": {"2026-11-26T14:00:00Z"}, "into": {x.thread.String()}, "relation": {x.relation}, "fingerprint": {"x"}, "role": {"viewer"}, "state": {"disabled"}, "answer": {"right"}, "do": {"pause"},
	}
}

func TestNoRouteFindsAnythingOfAnotherClub(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.beside("south", mark)
	_, b := h.fill()
	theirs, owner := other.fill()
	before := other.printed()
	routes := slices.DeleteFunc(console.RoutesForTest(h.handler), func(rt console.RouteForTest) bool { return !strings.Contains(rt.Path, "{id}") })
	for _, rt := range routes {
		if rt.Method == http.MethodGet {
			if owner.send(httptest.NewRequest(http.MethodGet, theirs.in(other, rt), nil)); owner.status != http.StatusOK && owner.status != http.StatusSeeOther {
				t.Errorf("%s answered the other club's owner %d: what is asked for is not there", rt.Path, owner.status)
			}
		}
		answered(b, rt.Method, theirs.in(h, rt), theirs.fields(rt.Path))
		if b.status != http.StatusNotFound {
			t.Errorf("%s %s with an id of another club answered %d: %s", rt.Method, rt.Path, b.status, clipText(text(b.doc)))
		}
		if strings.Contains(b.body, mark) || strings.Contains(b.header.Get("Location"), mark) {
			t.Errorf("%s %s shows what is another club's", rt.Method, rt.Path)
		}
	}
	if other.printed() != before {
		t.Error("the other club was changed")
	}
	own := h.printed()
	if strings.Contains(own, mark) {
		t.Error("words of the other club are kept")
	}
	for noun, id := range theirs.ids {
		if strings.Contains(own, id) {
			t.Errorf("the id of one of the other club's %s is kept", noun)
		}
	}
}

// answered sends a request of either kind.
func answered(b *browser, method, path string, form url.Values) {
	if method == http.MethodPost {
		b.postForm(path, form)
	} else {
		b.send(httptest.NewRequest(method, path, nil))
	}
}

var anID = regexp.MustCompile(`\b[a-z]{2,5}_[0-7][0-9a-hjkmnp-tv-z]{25}\b`)

// TestNoFormTakesWhatIsAnotherClubs sends each form of each page, and follows each link that asks something,
// with the other club's ids in place of one's own.
func TestNoFormTakesWhatIsAnotherClubs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.beside("south", mark)
	mine, b := h.fill()
	theirs, _ := other.fill()
	instead := map[string]string{mine.relation: theirs.relation, h.sea.String(): other.sea.String(), mine.thread.String(): theirs.thread.String()}
	for noun, id := range mine.ids {
		instead[id] = theirs.ids[noun]
	}
	swap := func(s string) string {
		return anID.ReplaceAllStringFunc(s, func(id string) string {
			if to := instead[id]; to != "" {
				return to
			}
			return id
		})
	}
	before := other.printed()
	seen, forms := map[string]bool{}, 0
	for _, path := range append(h.pagesOf(mine), h.busyAddresses()...) {
		b.get(path).want(http.StatusOK)
		page := b.doc
		for _, f := range find(page, "form[method=post]") {
			values, changed := filled(f, swap)
			what := attr(f, "action") + fmt.Sprint(slices.Sorted(maps.Keys(values)))
			// A theme is one's own, wherever one was, and a device is archived by its address.
			if !changed || seen[what] || strings.HasSuffix(attr(f, "action"), "/theme") || strings.HasSuffix(attr(f, "action"), "/archive") && values.Has("object") && strings.Contains(path, "/devices/") {
				continue
			}
			seen[what] = true
			forms++
			b.postForm(attr(f, "action"), values)
			refused := b.status >= 400 && b.status < 500
			if b.status == http.StatusSeeOther {
				refused = len(find(b.follow().doc, ".toast[data-tone=warn]")) > 0
			}
			if !refused {
				t.Errorf("%s with %v was not refused: %d", attr(f, "action"), values, b.status)
			}
			if strings.Contains(b.body, mark) {
				t.Errorf("%s shows what is another club's", attr(f, "action"))
			}
		}
		for _, a := range find(page, "a[href]") {
			href, _, _ := strings.Cut(attr(a, "href"), "#")
			at, query, _ := strings.Cut(href, "?")
			to := at + "?" + swap(query)
			if swap(query) == query || seen[to] {
				continue
			}
			seen[to] = true
			if b.get(to); b.status >= 500 || strings.Contains(b.body, mark) {
				t.Errorf("%s answered %d, or shows what is another club's", to, b.status)
			}
		}
	}
	if t.Logf("%d forms, %d addresses", forms, len(seen)-forms); forms < 12 {
		t.Errorf("only %d forms name something", forms)
	}
	if other.printed() != before {
		t.Error("the other club was changed")
	}
	own := h.printed()
	for id, to := range instead {
		if strings.Contains(own, to) {
			t.Errorf("%s is kept, which stands for %s in the other club", to, id)
		}
	}
}

// filled is a form as somebody sends it, with ids swapped, also those that could be chosen in it; and whether there are any.
func filled(f *html.Node, swap func(string) string) (values url.Values, changed bool) {
	values, changed = valuesOf(f), false
	for _, sel := range find(f, "select") { // what could be chosen as well as what is
		for _, o := range find(sel, "option") {
			if to := swap(attr(o, "value")); to != attr(o, "value") {
				values.Set(attr(sel, "name"), to)
				changed = true
				break
			}
		}
	}
	for _, n := range find(f, "input[type=checkbox]") {
		if to := swap(attr(n, "value")); to != attr(n, "value") || attr(n, "name") == "day" {
			values.Add(attr(n, "name"), to)
			changed = true
		}
	}
	for name, list := range values {
		for i, v := range list {
			to := swap(v)
			changed = changed || to != v
			list[i] = to
			if fits, ok := typedIn()[name]; ok && v == "" {
				list[i] = fits
			}
		}
	}
	return values, changed
}

// typedIn is what somebody types into the fields that are empty at first, by name.
func typedIn() map[string]string {
	return map[string]string{"title": "x", "text": "x", "reason": "x", "note": "x", "name": "x", "holder": "x", "email": "x@example.com", "from": "10:00", "until": "12:00",
		"start": "2026-11-27T08:30", "end": "2026-11-27T12:00", "fault": "matter"}
}

// pagesOf are the pages of a club's things.
func (h *house) pagesOf(x things) (out []string) {
	for _, rt := range console.RoutesForTest(h.handler) {
		if rt.Method == http.MethodGet && strings.Contains(rt.Path, "{id}") && !strings.Contains(rt.Path, "{message}") && !strings.HasSuffix(rt.Path, "/export") && !strings.Contains(rt.Path, "booking-files") {
			out = append(out, x.in(h, rt))
		}
	}
	return out
}

// busyAddresses are the pages that list things and make them.
func (h *house) busyAddresses() (out []string) {
	for _, p := range []string{"inbox?status=all", "tickets", "tickets?view=list", "sops", "sops/new", "places", "bookings", "members", "memory", "decisions", "reviews", "results", "autonomy", "oncall", "settings", "users", "keys", "account", "health"} {
		out = append(out, "/c/"+h.slug.String()+"/"+p)
	}
	return out
}
