package desk

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// TextPart is a stretch of a ticket's description: words, or one item of its checklist.
type TextPart struct {
	Text string
	Item int  // counted from 1; 0 for words
	Done bool // of an item
}

// checkLine is a line "- [ ] do this", or "- [x] do this" once it is done.
var checkLine = regexp.MustCompile(`^(\s*[-*] \[)([ xX])(\] )(.*\S)\s*$`)

// ReadDescription takes a description apart into words and the items of its checklist, in their order.
// Blank lines around words are left out.
func ReadDescription(text string) []TextPart {
	var out []TextPart
	var words []string
	flush := func() {
		if s := strings.Trim(strings.Join(words, "\n"), "\n"); strings.TrimSpace(s) != "" {
			out = append(out, TextPart{Text: s})
		}
		words = nil
	}
	items := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		m := checkLine.FindStringSubmatch(line)
		if m == nil {
			words = append(words, line)
			continue
		}
		flush()
		items++
		out = append(out, TextPart{Text: m[4], Item: items, Done: m[2] != " "})
	}
	flush()
	return out
}

// setItem marks an item of a description's checklist as done or not and returns the item as it was; false
// when there is no such item.
func setItem(text string, item int, isDone bool) (string, TextPart, bool) {
	mark := " "
	if isDone {
		mark = "x"
	}
	lines := strings.Split(text, "\n")
	n := 0
	for i, line := range lines {
		m := checkLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if n++; n == item {
			lines[i] = m[1] + mark + m[3] + m[4]
			return strings.Join(lines, "\n"), TextPart{Text: m[4], Item: n, Done: m[2] != " "}, true
		}
	}
	return text, TextPart{}, false
}

// Tick says what becomes of an item of a ticket's checklist.
type Tick struct {
	Item int // counted from 1
	Done bool
	// Text is the item as the person saw it; when it reads differently, somebody has edited the ticket, and
	// that is Conflict. "" takes whatever stands there.
	Text string
}

// TickTicket marks an item of a ticket's checklist as done or not. An item that is so already stays as it
// is. NotFound when the checklist has no such item.
func (d *Desk) TickTicket(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.TicketID, k Tick) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		t, err := findTicket(ctx, tx, p, identity.TicketsWrite, id)
		if err != nil {
			return err
		}
		if _, item, err := d.tick(ctx, tx, t, k); err != nil || item.Done == k.Done {
			return err
		}
		// Holding the ticket's row makes two ticks come one after the other, so that neither undoes the other's.
		if _, err := tx.TouchTicket(ctx, store.TouchTicketParams{ID: id, UpdatedAt: tx.Now}); err != nil {
			return fmt.Errorf("touch ticket: %w", err)
		}
		if t, err = tx.FindTicketRow(ctx, id); err != nil {
			return fmt.Errorf("find ticket: %w", err)
		}
		text, item, err := d.tick(ctx, tx, t, k)
		if err != nil || item.Done == k.Done {
			return err
		}
		return d.ticked(ctx, tx, p, t, text, item.Text, k.Done)
	})
}

// tick returns a ticket's description with an item marked, and the item as it was.
func (d *Desk) tick(ctx context.Context, tx *store.Tx, t store.Ticket, k Tick) (string, TextPart, error) {
	text, err := d.description(ctx, tx, t)
	if err != nil {
		return "", TextPart{}, err
	}
	next, item, ok := setItem(text, k.Item, k.Done)
	switch {
	case !ok:
		return "", item, club.NotFound("the checklist has no item %d", k.Item)
	case k.Text != "" && k.Text != item.Text:
		return "", item, club.Conflict("the checklist has changed in the meantime; look again")
	}
	return next, item, nil
}

func (d *Desk) ticked(ctx context.Context, tx *store.Tx, p identity.Principal, t store.Ticket, text, item string, isDone bool) error {
	sealed, err := d.seal(ctx, tx, t.ID.String(), text)
	if err != nil {
		return err
	}
	if _, err := tx.DescribeTicket(ctx, store.DescribeTicketParams{ID: t.ID, Description: sealed}); err != nil {
		return fmt.Errorf("tick item: %w", err)
	}
	kind := "unticked"
	if isDone {
		kind = "ticked"
	}
	if err := d.event(ctx, tx, t, p.Actor, kind, item); err != nil {
		return err
	}
	tx.Changed(TopicTicket, t.ID.String())
	return auditTicket(ctx, tx, p.Actor, "ticket."+kind, t, nil)
}

// description opens a ticket's words.
func (d *Desk) description(ctx context.Context, tx *store.Tx, t store.Ticket) (string, error) {
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return "", err
	}
	text, err := keys.OpenSecret(t.ID.String(), t.Description)
	if err != nil {
		return "", fmt.Errorf("open ticket: %w", err)
	}
	return string(text), nil
}
