package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
)

// Shell is what surrounds every page of a club. Handlers fill it once per request.
type Shell struct {
	Club    string    // the club's name
	Tenant  club.Slug // its slug, for addresses
	Title   string    // of this page, for the window
	Section string    // key of the current entry of the navigation: "inbox", "tickets", …
	Here    string    // path and query of this page, to which the theme button returns
	User    User
	Theme   string         // "light", "dark" or "" (as the device says)
	Now     time.Time      // the instant of rendering; ages are counted from it
	Zone    *time.Location // in which times are shown; nil means UTC
	Flash   *Flash         // what the last action did; nil for none
	Mode    Mode           // how far the machine may go at present
	Counts  Counts
	Version string // of the program, in the footer of the account page
}

// User is the person who looks at the page.
type User struct {
	Name string
	Role club.Role
}

// Flash is one sentence about what has just happened. Tone is a key of Tone.
type Flash struct {
	Tone Tone
	Text string
}

// Mode tells how autonomous the machine is at present, in words.
type Mode struct {
	Label string // "Learning", "On", "Paused"
	Text  string // one sentence more; shown as a banner when Loud
	Tone  Tone
	Loud  bool
}

// Counts are the figures in the navigation; zero is not shown.
type Counts struct {
	Inbox    int // threads that wait for a person
	Unread   int
	Tickets  int // open and overdue or due soon
	Problems int // things that are not healthy
	Reviews  int // that wait for an answer
}

// At returns the address of a page of this club.
func (s Shell) At(parts ...string) string {
	var b strings.Builder
	b.WriteString("/c/")
	b.WriteString(url.PathEscape(string(s.Tenant)))
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// Query returns the address of a page of this club, "sops/wifi" for example, with a query. Pairs with
// an empty value are left out.
func (s Shell) Query(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	at := s.At(strings.Split(path, "/")...)
	if len(q) == 0 {
		return at
	}
	return at + "?" + q.Encode()
}

// May reports whether the user's role is at least r (viewer < tech < operator < admin < owner).
// It decides what is drawn only; handlers check again.
func (s Shell) May(r club.Role) bool {
	have, need := slices.Index(club.Roles(), s.User.Role), slices.Index(club.Roles(), r)
	return have >= 0 && have <= need
}

func (s Shell) local(t time.Time) time.Time {
	if s.Zone == nil {
		return t.UTC()
	}
	return t.In(s.Zone)
}

// Clock shows an instant as people say it: the time today, the day and time otherwise.
func (s Shell) Clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	l, n := s.local(t), s.local(s.Now)
	switch {
	case l.YearDay() == n.YearDay() && l.Year() == n.Year():
		return l.Format("15:04")
	case l.Year() == n.Year():
		return l.Format("2 Jan 15:04")
	}
	return l.Format("2 Jan 2006 15:04")
}

// Full shows an instant in full, with its zone.
func (s Shell) Full(t time.Time) string { return s.local(t).Format("Mon 2 Jan 2006 15:04:05 MST") }

// Day shows the day of an instant: Today, Yesterday or the date.
func (s Shell) Day(t time.Time) string {
	l, n := s.local(t), s.local(s.Now)
	midnight := func(x time.Time) time.Time { return time.Date(x.Year(), x.Month(), x.Day(), 0, 0, 0, 0, time.UTC) }
	switch midnight(n).Sub(midnight(l)) {
	case 0:
		return "Today"
	case 24 * time.Hour:
		return "Yesterday"
	}
	if l.Year() == n.Year() {
		return l.Format("Monday 2 January")
	}
	return l.Format("2 January 2006")
}

// Ago shows how long ago an instant was, or how far off it is, in the largest whole unit. The
// script module time.js counts on in the same words.
func (s Shell) Ago(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	d := s.Now.Sub(t)
	if d < 0 {
		return "in " + Span(-d)
	}
	if d < time.Minute {
		return "just now"
	}
	return Span(d)
}

// Span shows a duration in its largest whole unit: "40 s", "3 min", "2 h", "5 d".
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " d"
}

// Link is an entry of a menu, of tabs or of a list.
type Link struct {
	Label   string
	URL     string
	Count   int
	Current bool
}

// Option is a choice of a select.
type Option struct {
	Value string
	Label string
}

// Choices is a select: what may be chosen and what is.
type Choices struct {
	Options  []Option
	Selected string
}

// Pager leads to the next page of a list; an empty Next means that there is none.
type Pager struct {
	Next string // address
}

type navItem struct{ key, label, icon, keys string }

type navGroup struct {
	label string
	items []navItem
}

func (s Shell) nav() []navGroup {
	groups := []navGroup{
		{"", []navItem{
			{"inbox", "Inbox", "inbox", "g i"}, {"tickets", "Tickets", "ticket", "g t"}, {"bookings", "Bookings", "calendar", "g b"},
		}},
		{"Club", []navItem{
			{"places", "Places", "map", "g p"}, {"members", "Members", "users", "g m"}, {"sops", "SOPs", "book", "g s"}, {"oncall", "On call", "bell", "g o"},
		}},
		{"Machine", []navItem{
			{"decisions", "Decisions", "spark", "g d"}, {"reviews", "Reviews", "check", "g r"}, {"results", "Results", "chart", "g l"}, {"memory", "Memory", "bulb", "g y"}, {"autonomy", "Autonomy", "bolt", "g w"}, {"audit", "Audit", "log", "g a"}, {"health", "Health", "pulse", "g h"},
		}},
		{"Admin", []navItem{
			{"settings", "Settings", "gear", "g ,"}, {"users", "Users", "shield", "g u"}, {"keys", "API keys", "key", "g k"},
		}},
	}
	for i := range groups {
		groups[i].items = slices.DeleteFunc(groups[i].items, func(it navItem) bool { return !s.May(leastRole(it.key)) })
	}
	return slices.DeleteFunc(groups, func(g navGroup) bool { return len(g.items) == 0 })
}

// leastRole is who may open a page of the navigation: nobody is led to a refusal.
func leastRole(key string) club.Role {
	switch key {
	case "members", "memory", "reviews":
		return club.RoleOperator
	case "autonomy", "audit", "settings", "users", "keys":
		return club.RoleAdmin
	}
	return club.RoleViewer
}

func (s Shell) count(key string) (int, Tone) {
	switch key {
	case "inbox":
		return s.Counts.Inbox, ToneDanger
	case "tickets":
		return s.Counts.Tickets, ToneQuiet
	case "reviews":
		return s.Counts.Reviews, ToneQuiet
	case "health":
		return s.Counts.Problems, ToneWarn
	}
	return 0, ToneQuiet
}

func (s Shell) nextTheme() (value, label, icon string) {
	switch s.Theme {
	case "light":
		return "dark", "Use the dark theme", "sun"
	case "dark":
		return "auto", "Use the device's theme", "moon"
	}
	return "light", "Use the light theme", "auto"
}
