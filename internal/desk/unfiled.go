package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/inbox"
	"clubos/internal/store"
)

// TextsUnfiled calls people to texts that were acknowledged and that no conversation shows: by a ticket for
// each, which holds its words, or by one an hour when there are more than are read out.
func (d *Desk) TextsUnfiled(ctx context.Context, tx *store.Tx, u inbox.Unfiled) error {
	if u.Rows > int64(len(u.First)) {
		_, _, err := d.OpenTicket(ctx, tx, self, NewTicket{Template: "unfiled", Title: fmt.Sprintf("%d texts or more are in no conversation", u.Rows),
			Description: describeUnfiled(u.First), DedupKey: fmt.Sprintf("unfiled:%d", tx.Now.Unix()/int64(time.Hour/time.Second))})
		return err
	}
	for _, row := range u.First {
		title := "A text is in no conversation"
		if len(row.Texts) > 1 {
			title = fmt.Sprintf("%d texts are in no conversation", len(row.Texts))
		}
		if _, _, err := d.OpenTicket(ctx, tx, self, NewTicket{Template: "unfiled", Title: title, Description: describeUnfiled([]inbox.UnfiledRow{row}), DedupKey: "unfiled:" + row.Key}); err != nil {
			return err
		}
	}
	return nil
}

// describeUnfiled is for a ticket's description, which is sealed: it may say who wrote what.
func describeUnfiled(rows []inbox.UnfiledRow) string {
	var b strings.Builder
	b.WriteString("The vendor was told that we have this, and it could not be put into a conversation. That is tried again every minute or sooner; until then nothing answers.\n")
	for _, row := range rows {
		at := row.ReceivedAt.Format("15:04 on 2 January (UTC)")
		if len(row.Texts) == 0 {
			fmt.Fprintf(&b, "\nTexts of %s do not open: their key is damaged or missing. They are kept.\n", at)
		}
		for _, t := range row.Texts {
			fmt.Fprintf(&b, "\n%s to %s at %s:\n%s\n", t.From, t.To, at, strings.TrimSpace(strings.ToValidUTF8(t.Text, "\uFFFD")))
			for _, m := range t.Media {
				fmt.Fprintf(&b, "(with %s)\n", m.URL)
			}
		}
	}
	return b.String()
}
