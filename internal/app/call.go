package app

import (
	"context"
	"strconv"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/email"
	"clubos/internal/connector/pagerduty"
	"clubos/internal/desk"
	"clubos/internal/integration"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/store"
	"clubos/internal/webhook"
)

// By what single people are called: texts, mail, the pager.

func (v *vendors) texter(slug club.Slug, provider string) (notify.Texter, bool) {
	return v.sender(slug, provider)
}

func (v *vendors) mailer(slug club.Slug) (notify.Mailer, bool) {
	c := v.of(slug).email
	return mailer{c}, c != nil
}

func (v *vendors) pager(slug club.Slug) (notify.Pager, bool) {
	c := v.of(slug).pagerduty
	return pager{c}, c != nil
}

func newEmail(f integration.Fields, deps connector.Deps) (*email.Client, error) {
	port := 0
	if p := f["port"]; p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, club.Invalid("email: the port is a number")
		}
		port = n
	}
	return email.New(email.Config{Host: f["host"], Port: port, From: f["from"], Username: f["username"], Password: f["password"], PinSHA256: f["pin"]}, deps)
}

// mailer lays notes out for the mail server.
type mailer struct{ client *email.Client }

func (m mailer) Mail(ctx context.Context, x notify.Mail) error {
	return m.client.Send(ctx, email.Message{To: x.To, Subject: x.Subject, Text: x.Text, ID: x.ID, Matter: x.Matter, Urgent: x.Urgent})
}

// pager lays notes out for PagerDuty.
type pager struct{ client *pagerduty.Client }

var severities = map[club.Priority]string{club.PriorityEmergency: "critical", club.PriorityHigh: "error", club.PriorityNormal: "warning", club.PriorityLow: "info"}

func (p pager) Page(ctx context.Context, x notify.Paging) error {
	return p.client.Send(ctx, pagerduty.Event{Action: string(x.Event), Key: x.Key, Summary: x.Summary, Source: x.Source, Severity: severities[x.Priority], Details: x.Details, Link: x.Link})
}

// staff brings what the club's own people say by text to the desk.
type staff struct{ app *App }

func (staff) Numbers(ctx context.Context, tx *store.Tx) (map[string]club.UserID, error) {
	return oncall.Numbers(ctx, tx)
}

func (s staff) Answered(ctx context.Context, tx *store.Tx, user club.UserID, text, key string) (bool, error) {
	return s.app.Desk.Answered(ctx, tx, desk.Answer{User: user, Text: text, Key: key})
}

func (s staff) Undelivered(ctx context.Context, tx *store.Tx, providerMessageID, code string) error {
	return s.app.notifier.Undelivered(ctx, tx, providerMessageID, code)
}

// pagerChange brings what somebody did at the paging service to the desk.
func (a *App) pagerChange(ctx context.Context, tenant *store.Tenant, c webhook.PagerChange) error {
	return a.Desk.AcknowledgedAtPager(ctx, tenant, c.Key, c.Who, c.At)
}
