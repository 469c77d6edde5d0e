package notify

import (
	"encoding/json"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/phrase"
)

// Kind is what a note is about.
type Kind string

// The kinds of notes.
const (
	KindProposal   Kind = "proposal"
	KindEscalation Kind = "escalation"
	KindTicket     Kind = "ticket"
	KindProblem    Kind = "problem" // something of ClubOS itself or of a vendor needs a person
	KindOutage     Kind = "outage"  // the database is gone, and the console with it; such a note is in no row
)

// Button is something a person can do from the post. The act is checked against the clicker's own
// rights where it is carried out.
type Button struct {
	Label   string `json:"label"`
	Action  string `json:"action"`            // "claim", "approve", …
	Value   string `json:"value"`             // an id
	Style   string `json:"style,omitempty"`   // "primary", "danger" or ""
	Confirm string `json:"confirm,omitempty"` // a question to ask first; "" asks none
}

// Note is a call for people.
type Note struct {
	Kind     Kind          `json:"kind"`
	Ref      string        `json:"ref"` // id of what it is about; Update finds posts by it
	Thread   club.ThreadID `json:"thread,omitempty"`
	Title    string        `json:"title"`
	Lines    []string      `json:"lines,omitempty"`
	Fields   [][2]string   `json:"fields,omitempty"` // name and value, shown side by side
	Priority club.Priority `json:"priority,omitempty"`
	Buttons  []Button      `json:"buttons,omitempty"`
	// Link is a path of the console ("/threads/thr_…"). A Poster gets it with the console's address in
	// front, or empty when the club has not set one.
	Link string `json:"link,omitempty"`
	// Answer tells in a text how to answer it; other ways leave it out.
	Answer string `json:"answer,omitempty"`
	// Page is what happens at the pager; zero for other ways.
	Page Page `json:"page,omitzero"`
	// Withdrawn says that the call is not needed any more.
	Withdrawn bool `json:"withdrawn,omitempty"`
	// DedupKey names the cause of the call: one cause is posted once. Required for Queue.
	DedupKey string `json:"-"`
}

// masked returns the note with its words masked. Ids (Ref, Value, Link) are made by the program and stay.
func (n Note) masked() Note {
	n.Title = clip(phrase.Mask(n.Title), maxTitle)
	lines := make([]string, 0, len(n.Lines))
	for _, l := range n.Lines {
		lines = append(lines, clip(phrase.Mask(l), maxLine))
	}
	fields := make([][2]string, 0, len(n.Fields))
	for _, f := range n.Fields {
		fields = append(fields, [2]string{clip(phrase.Mask(f[0]), maxTitle), clip(phrase.Mask(f[1]), maxLine)})
	}
	buttons := make([]Button, 0, len(n.Buttons))
	for _, b := range n.Buttons {
		b.Label, b.Confirm = phrase.Mask(b.Label), phrase.Mask(b.Confirm)
		buttons = append(buttons, b)
	}
	n.Lines, n.Fields, n.Buttons = lines, fields, buttons
	n.Answer, n.Page.Source = clip(phrase.Mask(n.Answer), maxTitle), clip(phrase.Mask(n.Page.Source), maxTitle)
	return n
}

// Lengths that a post's parts are cut to, in characters: what Slack takes in a block, and less.
const (
	maxTitle = 150
	maxLine  = 2000
)

func (n Note) encode() (string, error) {
	b, err := json.Marshal(n.masked())
	if err != nil {
		return "", fmt.Errorf("encode note: %w", err)
	}
	return string(b), nil
}

func decode(payload string) (Note, error) {
	var n Note
	if err := json.Unmarshal([]byte(payload), &n); err != nil {
		return n, fmt.Errorf("decode note: %w", err)
	}
	return n, nil
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
