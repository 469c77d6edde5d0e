package club

import "time"

// Direction says which way a message went.
type Direction string

// The directions. A note is written by a person for colleagues and never leaves the club.
const (
	DirectionIn   Direction = "in"
	DirectionOut  Direction = "out"
	DirectionNote Direction = "note"
)

// MessageStatus is how far a message has come.
type MessageStatus string

// Inbound messages are received. Outbound messages are queued in the transaction that decides on
// them, claimed (sending) before the vendor is called, and end in one of the other states.
// Unconfirmed means that the vendor was called and its answer never came: it may or may not have
// gone out, so a person looks and nothing is sent again by itself.
const (
	MessageReceived    MessageStatus = "received"
	MessageQueued      MessageStatus = "queued"
	MessageSending     MessageStatus = "sending"
	MessageSent        MessageStatus = "sent" // accepted by the vendor
	MessageDelivered   MessageStatus = "delivered"
	MessageFailed      MessageStatus = "failed"
	MessageUnconfirmed MessageStatus = "unconfirmed"
	MessageCancelled   MessageStatus = "cancelled" // withdrawn before it was claimed (opt-out, hand-over)
)

// Author says who wrote a message.
type Author string

// The authors of messages.
const (
	AuthorMember   Author = "member"
	AuthorMachine  Author = "machine"
	AuthorOperator Author = "operator"
)

// Media is an attachment that a vendor holds for us.
type Media struct {
	URL  string `json:"url"`
	Type string `json:"type,omitempty"` // a MIME type, as the vendor says
}

// Inbound is a member's text as a connector normalised it: what was sent, not yet what it means.
type Inbound struct {
	Provider          string // the connector's name: "openphone", "twilio"
	ProviderMessageID string // unique with Provider; the second delivery of one text has the same
	DeliveryID        string // the webhook's own id, when the vendor gives one
	From              string // the sender's number as the vendor wrote it, E.164 where it is valid
	To                string // the club's line that was texted
	Text              string // exactly as sent; empty when only media came
	Media             []Media
	SentAt            time.Time // by the vendor's clock; zero when it does not say
}

// DeliveryReport is a vendor's later word on a text that we sent.
type DeliveryReport struct {
	Provider          string
	ProviderMessageID string
	Status            MessageStatus // MessageSent, MessageDelivered or MessageFailed
	ErrorCode         string        // the vendor's own code, for people to look up
	Text              string        // what was sent, where the vendor repeats it; "" otherwise
	To                string        // the recipient, where the vendor repeats it
	Line              string        // the club's number it went out from, where the vendor repeats it
	At                time.Time
}

// Outbound is a text to be sent to a member.
type Outbound struct {
	Key  string // our message id; vendors that take an idempotency key get this one
	From string // the club's line
	To   string // the member's number
	Text string
}

// Receipt is a vendor's answer to a send, or to the question what became of one.
type Receipt struct {
	ProviderMessageID string
	Status            MessageStatus // MessageSent or MessageDelivered; MessageFailed only of a text that was asked about
	ErrorCode         string        // the vendor's code of a failed text; "" when it gave none
}

// ConsentState is a member's standing word on being texted.
type ConsentState string

// The states of consent. Texting us first is consent to be answered; STOP withdraws it.
const (
	ConsentGiven     ConsentState = "given"
	ConsentWithdrawn ConsentState = "withdrawn"
)
