package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/people"
	"clubos/internal/store"
)

// adoptWithin is how long a text of ours may be under way without an id before a report on an unknown
// id is taken to be of something else.
const adoptWithin = 10 * time.Minute

// report is a vendor's word on a text that went out.
type report struct {
	club.DeliveryReport
	provider   string
	deliveryID string
}

// ReportJob looks again for the text that a report is of. The vendor may report before our own
// recording of its answer has committed, and not every report repeats the text. It holds nothing
// personal.
type ReportJob struct {
	jobs.Meta
	Provider  string             `json:"provider"`
	MessageID string             `json:"message_id"` // the vendor's
	Status    club.MessageStatus `json:"status"`
	ErrorCode string             `json:"error_code,omitempty"`
	At        time.Time          `json:"at"`
	Seen      time.Time          `json:"seen"` // when the report came
}

// Kind names the job in the queue.
func (ReportJob) Kind() string { return "delivery_report" }

// store applies the report to the text it is of.
func (r report) store(ctx context.Context, b *batch) (Result, error) {
	switch r.Status {
	case club.MessageSent, club.MessageDelivered, club.MessageFailed:
	default:
		return Result{Ignored: "report of a status we do not use"}, nil
	}
	if r.ProviderMessageID == "" {
		return Result{Ignored: "report without a message id"}, nil
	}
	first, err := b.delivery(ctx, r.provider, r.deliveryID)
	if err != nil {
		return Result{}, err
	}
	if !first {
		return Result{Duplicate: true}, nil
	}
	if res, ok, err := r.toStaff(ctx, b); ok || err != nil {
		return res, err
	}
	m, err := r.find(ctx, b)
	if err == nil {
		return r.apply(ctx, b, m)
	}
	if !missing(err) {
		return Result{}, fmt.Errorf("find message: %w", err)
	}
	if r.To == "" || r.Text == "" {
		return r.later(b)
	}
	s, err := b.recipient(ctx, r.To)
	if err != nil {
		return Result{}, err
	}
	if m, ok, err := r.ours(ctx, b, s); err != nil {
		return Result{}, err
	} else if ok {
		return r.apply(ctx, b, m)
	}
	return r.byOperator(ctx, b, s)
}

func (r report) find(ctx context.Context, b *batch) (store.Message, error) {
	return b.FindMessageByProviderID(ctx, store.FindMessageByProviderIDParams{Provider: r.provider, ProviderMessageID: optional(key(r.ProviderMessageID))})
}

// later has the report applied once the text is known: a report that does not repeat the text cannot
// be told from an operator's, so it is never taken for one.
func (r report) later(b *batch) (Result, error) {
	job := ReportJob{Meta: jobs.For(b.Tx), Provider: r.provider, MessageID: key(r.ProviderMessageID), Status: r.Status, ErrorCode: clean(r.ErrorCode, 64), At: r.At, Seen: b.Now}
	b.Enqueue(job, jobs.At(b.Now.Add(2*time.Second)))
	return Result{Ignored: "report on a message that is not known yet; it is looked for again"}, nil
}

// WorkReport applies a report that came before its text was known. After ten minutes the text is taken
// to be none of ours and the report is dropped.
func (in *Inbox) WorkReport(ctx context.Context, tenant *store.Tenant, j ReportJob) error {
	r := report{provider: j.Provider, DeliveryReport: club.DeliveryReport{ProviderMessageID: j.MessageID, Status: j.Status, ErrorCode: j.ErrorCode, At: j.At}}
	wait := false
	_, err := in.submit(ctx, tenant, j.MessageID, &item{work: func(ctx context.Context, b *batch) (Result, error) {
		wait = false
		m, err := r.find(ctx, b)
		if missing(err) {
			wait = b.Now.Sub(j.Seen) < adoptWithin
			return Result{}, nil
		}
		if err != nil {
			return Result{}, fmt.Errorf("find message: %w", err)
		}
		return r.apply(ctx, b, m)
	}})
	switch {
	case err != nil:
		return err
	case wait:
		return jobs.Later(15 * time.Second)
	}
	return nil
}

// ours finds the text of ours that a report on an unknown id must be of: same recipient, same words,
// under way or just sent, and without an id. The vendor can report before our own recording commits.
func (r report) ours(ctx context.Context, b *batch, s *sender) (store.Message, bool, error) {
	list, err := b.FindTextsWithoutVendorID(ctx, store.FindTextsWithoutVendorIDParams{SubjectID: s.ID, Since: b.Now.Add(-adoptWithin)})
	if err != nil {
		return store.Message{}, false, fmt.Errorf("find texts under way: %w", err)
	}
	for _, m := range list {
		body, err := people.Open(b.keys, s.Subject, people.ColumnMessage, m.ID.String(), m.Body)
		if err != nil {
			return m, false, err
		}
		if m.Provider == r.provider && sameWords(body, r.Text) {
			return m, true, nil
		}
	}
	return store.Message{}, false, nil
}

// sameWords compares texts without regard to white space, which vendors trim and rewrite.
func sameWords(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// rank orders the statuses of a text of ours; a report only moves it up.
func rank(s club.MessageStatus) int {
	switch s {
	case club.MessageSent:
		return 1
	case club.MessageDelivered, club.MessageFailed, club.MessageReceived:
		return 2
	case club.MessageQueued, club.MessageSending, club.MessageUnconfirmed, club.MessageCancelled:
	}
	return 0
}

var errMoved = errors.New("the message has moved")

// apply moves a text of ours forward. One that failed brings its thread before a person.
func (r report) apply(ctx context.Context, b *batch, m store.Message) (Result, error) {
	res := Result{Thread: m.ThreadID, Message: m.ID}
	for range 3 {
		err := r.applyOnce(ctx, b, m)
		if !errors.Is(err, errMoved) {
			return res, err
		}
		if m, err = b.FindMessage(ctx, m.ID); err != nil {
			return res, fmt.Errorf("find message: %w", err)
		}
	}
	return res, club.Conflict("the message changes too often; look again")
}

func (r report) applyOnce(ctx context.Context, b *batch, m store.Message) error {
	known := m.ProviderMessageID != nil
	if m.Direction != club.DirectionOut || known && rank(r.Status) <= rank(m.Status) {
		return nil
	}
	next := m.Status
	if rank(r.Status) > rank(m.Status) {
		next = r.Status
	}
	code := m.ErrorCode
	if next == club.MessageFailed {
		code = clean(r.ErrorCode, 64)
	}
	sent := m.SentAt
	if sent == nil && next != club.MessageFailed && !r.At.IsZero() {
		at := r.At.UTC().Truncate(time.Microsecond)
		sent = &at
	}
	id := m.ProviderMessageID
	if !known {
		id = optional(key(r.ProviderMessageID))
	}
	n, err := b.ReportMessage(ctx, store.ReportMessageParams{ID: m.ID, Status: next, ProviderMessageID: id, ErrorCode: code, SentAt: sent, UpdatedAt: b.Now, Was: m.Status})
	if err != nil {
		return fmt.Errorf("report message: %w", err)
	}
	if n == 0 {
		return errMoved
	}
	b.Changed("thread", m.ThreadID.String())
	if next != club.MessageFailed {
		return nil
	}
	return b.escalate(ctx, m.ThreadID, undelivered(code))
}

func undelivered(code string) string {
	if code == "" {
		return "Our text did not reach the member."
	}
	return "Our text did not reach the member (the vendor's code is " + code + ")."
}

// escalate brings a thread before a person.
func (b *batch) escalate(ctx context.Context, id club.ThreadID, reason string) error {
	th, err := b.FindThread(ctx, id)
	if err != nil {
		return fmt.Errorf("find thread: %w", err)
	}
	b.forget(th.SubjectID)
	if err := b.in.cfg.Escalate(ctx, b.Tx, th, reason); err != nil {
		return fmt.Errorf("escalate: %w", err)
	}
	return nil
}

// forget drops what the batch remembers of a subject's threads, which somebody else now changes.
func (b *batch) forget(id club.SubjectID) {
	for _, s := range b.senders {
		if s.ID == id {
			clear(s.threads)
		}
	}
}
