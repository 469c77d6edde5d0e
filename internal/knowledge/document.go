package knowledge

import (
	"cmp"
	"slices"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
)

// Category says what a procedure is about.
type Category string

// The categories.
const (
	CategoryEmergency   Category = "emergency"
	CategoryBrand       Category = "brand" // how the club speaks: praise, complaints, who we are
	CategoryAccess      Category = "access"
	CategoryFacility    Category = "facility"
	CategoryEquipment   Category = "equipment"
	CategoryBooking     Category = "booking"
	CategoryBilling     Category = "billing"
	CategoryInformation Category = "information"
)

// Categories lists every category, in the order lists are shown.
func Categories() []Category {
	return []Category{CategoryEmergency, CategoryBrand, CategoryAccess, CategoryFacility, CategoryEquipment, CategoryBooking,
		CategoryBilling, CategoryInformation}
}

// informative reports whether a reply of that category may be sent unasked when it is marked safe.
func (c Category) informative() bool {
	return c == CategoryInformation || c == CategoryFacility || c == CategoryBrand
}

// Status is where a version of a procedure stands.
type Status string

// The statuses. Only live documents are used.
const (
	StatusDraft    Status = "draft"
	StatusLive     Status = "live"
	StatusArchived Status = "archived"
)

// Statuses lists every status.
func Statuses() []Status { return []Status{StatusDraft, StatusLive, StatusArchived} }

// TriggerMode is how a trigger's text is compared with a member's.
type TriggerMode string

// The modes of triggers.
const (
	TriggerExact   TriggerMode = "exact"   // the whole text, but for case and punctuation
	TriggerWords   TriggerMode = "words"   // every one of these words occurs
	TriggerSimilar TriggerMode = "similar" // an example of what people write
	TriggerEvent   TriggerMode = "event"   // what devices, doors and booking systems report, by its code
)

// TriggerModes lists every mode.
func TriggerModes() []TriggerMode {
	return []TriggerMode{TriggerExact, TriggerWords, TriggerSimilar, TriggerEvent}
}

// Trigger recognises the matter. In a file, a plain text is a trigger of the mode similar.
type Trigger struct {
	Mode TriggerMode `json:"mode"`
	Text string      `json:"text"`
}

func (t Trigger) key() string { return string(t.Mode) + "\x00" + normal(t.Text) }

// normal is a text without case, punctuation at its ends and doubled spaces, for comparing triggers.
func normal(s string) string {
	return strings.Trim(strings.Join(strings.Fields(strings.ToLower(s)), " "), ".,!?;: ")
}

// NoMatch is the Expect of a test whose text must match nothing.
const NoMatch = "none"

// Test is a text and the slug it must lead to. An empty Expect means the document's own slug.
type Test struct {
	Text   string `json:"text"`
	Expect string `json:"expect,omitempty"`
}

// Document is one procedure for one scope. Slug and Scope together name it within a tenant;
// documents with the same slug and different scopes override one another (see Nearest).
type Document struct {
	Slug          string                   `json:"slug"`
	Title         string                   `json:"title"`
	Category      Category                 `json:"category"`
	Scope         Scope                    `json:"scope"`
	Status        Status                   `json:"status"`
	Priority      club.Priority            `json:"priority"`        // what the thread's becomes when this matches
	Notes         string                   `json:"notes,omitempty"` // for the people who edit it; never sent
	Triggers      []Trigger                `json:"triggers,omitempty"`
	Prerequisites []catalogue.Prerequisite `json:"prerequisites,omitempty"`
	Steps         []Step                   `json:"steps"`
	Fallback      []Step                   `json:"fallback,omitempty"`
	Tests         []Test                   `json:"tests,omitempty"`
}

// Actions lists the names of the actions that steps and fallback may run, each once, in order.
func (d Document) Actions() []club.ActionName {
	var out []club.ActionName
	for _, s := range slices.Concat(d.Steps, d.Fallback) {
		if s.Action != "" && !slices.Contains(out, s.Action) {
			out = append(out, s.Action)
		}
	}
	return out
}

// Safe reports whether the whole document is plain information that may be sent without asking
// anybody, where the club has switched that on: every step is a reply marked safe.
func (d Document) Safe() bool {
	return len(d.Steps) > 0 && !slices.ContainsFunc(d.Steps, func(s Step) bool { return !s.Safe })
}

// Sort puts documents in the order of lists and files: by category, slug and scope, the widest first.
func Sort(docs []Document) {
	slices.SortStableFunc(docs, func(a, b Document) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Categories(), a.Category), slices.Index(Categories(), b.Category)),
			cmp.Compare(a.Slug, b.Slug),
			a.Scope.compare(b.Scope),
		)
	})
}
