package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/limit"
	"clubos/internal/store"
)

// Texts verifies and reads the webhooks of a text-message vendor. Unauthenticated when they are not
// genuine; Invalid when a genuine one cannot be read. publicURL is the address that the vendor called,
// as the vendor knows it.
type Texts interface {
	Receive(header http.Header, publicURL string, body []byte, now time.Time) (club.Delivery, error)
}

// Bookings verifies and reads the webhooks of a booking system.
type Bookings interface {
	Receive(header http.Header, body []byte, now time.Time) (deliveryID string, c club.BookingChange, err error)
}

// Doors verifies and reads the webhooks of a door controller.
type Doors func(header http.Header, body []byte, now time.Time) (club.DoorEvent, error)

// Devices verifies and reads what a device vendor reports unasked. A report without a code is of something
// that is not used.
type Devices func(header http.Header, body []byte, now time.Time) (club.DeviceReport, error)

// Buttons verifies and reads presses of buttons in a chat.
type Buttons func(header http.Header, body []byte, now time.Time) (Press, error)

// Press is a press of a button.
type Press struct {
	User   string // the vendor's id of who pressed
	Action string // "" when it is something else than a press, which is ignored
	Value  string
}

// Pager verifies and reads what a paging service reports.
type Pager func(header http.Header, body []byte) (PagerChange, error)

// PagerChange is what somebody did at a paging service with what it was woken for.
type PagerChange struct {
	ID   string // the second delivery of a change has the same
	Type string // "incident.acknowledged", …
	Key  string // ours, with which it was woken
	Who  string // a name; "" when unknown
	At   time.Time
}

// Receivers verify and read for one club. Nil is a vendor that the club has not configured: everything
// in its name is refused.
type Receivers struct {
	OpenPhone Texts
	Twilio    Texts
	Bookings  Bookings
	UniFi     Doors
	NinjaOne  Devices
	Slack     Buttons
	PagerDuty Pager
}

// SlackActions carries out what a button stands for, with the rights of who pressed it. The reply is
// shown to that person. A second press of one button must do no harm.
type SlackActions interface {
	Press(ctx context.Context, tenant *store.Tenant, slackUserID, actionID, value string) (reply string, err error)
}

// Config is what the webhooks work with.
type Config struct {
	Cluster *store.Cluster // required
	Inbox   *inbox.Inbox   // required
	// Receivers returns who verifies and reads for a club. Required.
	Receivers func(ctx context.Context, tenant *store.Tenant) (Receivers, error)
	// SlackActions is required where a club's Receivers have Slack.
	SlackActions SlackActions
	// PagerChange takes in what somebody acknowledged or resolved at a paging service; a second time it must
	// do no harm. Required where a club's Receivers have PagerDuty.
	PagerChange func(ctx context.Context, tenant *store.Tenant, c PagerChange) error
	// DeviceReport takes in what a vendor reports of a device, once, and says why it was not used; "" when it
	// was. Required where a club's Receivers have NinjaOne.
	DeviceReport func(ctx context.Context, tenant *store.Tenant, vendor string, r club.DeviceReport) (unused string, err error)
	// Admit gives an event whose signature holds a place until done is called, or refuses it as
	// Unavailable when too much is under way; danger is a text that speaks of it. Nil admits all.
	Admit func(ctx context.Context, tenant club.Slug, danger bool) (done func(), err error)
	// Limits bound how often an address may send what is not genuine. Default: nothing does. What is genuine
	// is never limited.
	Limits *limit.Limits
	// PublicURL is how the world reaches us, "https://club.example.com". Twilio signs it.
	PublicURL string
	// TrustedProxies are believed when they say from where a request came. Default: nobody.
	TrustedProxies []netip.Prefix
	Clock          club.Clock   // default the cluster's
	Log            *slog.Logger // default slog.Default()
}

// Path is where a vendor sends events of a club: openphone, twilio, bookings, unifi, ninjaone,
// slack or pagerduty.
func Path(tenant club.Slug, vendor string) string { return "/hooks/" + tenant.String() + "/" + vendor }

// New returns the handler of everything below /hooks/.
func New(cfg Config) http.Handler {
	if cfg.Clock == nil {
		cfg.Clock = cfg.Cluster.Clock()
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	if cfg.Admit == nil {
		cfg.Admit = func(context.Context, club.Slug, bool) (func(), error) { return func() {}, nil }
	}
	s := &server{cfg: cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("/hooks/{tenant}/{vendor}", s.serve)
	mux.HandleFunc("/", s.serve) // the same answer as for an unknown club
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // a mux redirects these, which no vendor follows with its body
			s.serve(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type server struct{ cfg Config }

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// vendors lists what each vendor sends and who takes it in.
var vendors = map[string]struct {
	types []string
	take  func(*server, context.Context, *event) error
}{
	"openphone": {[]string{jsonType}, (*server).openphone},
	"twilio":    {[]string{formType, jsonType}, (*server).twilio},
	"bookings":  {[]string{jsonType}, (*server).bookings},
	"unifi":     {[]string{jsonType}, (*server).unifi},
	"ninjaone":  {[]string{jsonType}, (*server).ninjaone},
	"slack":     {[]string{formType}, (*server).slack},
	"pagerduty": {[]string{jsonType}, (*server).pagerduty},
}
