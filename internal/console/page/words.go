package page

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode"

	"clubos/internal/club"
)

// Tone is what a thing's colour says. The style sheet has a pair of colours for each.
type Tone string

// The tones.
const (
	ToneQuiet   Tone = "quiet"
	ToneOK      Tone = "ok"
	ToneInfo    Tone = "info"
	ToneWarn    Tone = "warn"
	ToneDanger  Tone = "danger"
	ToneMachine Tone = "machine"
)

// Word is a state in words for people.
type Word struct {
	Label string
	Tone  Tone
	Long  string // a sentence, for titles; may be empty
}

// ThreadWord names a thread's status.
func ThreadWord(s club.ThreadStatus) Word {
	switch s {
	case club.ThreadPending:
		return Word{"New", ToneInfo, "A text came in; nothing has looked at it yet."}
	case club.ThreadAwaitingAI:
		return Word{"ClubOS at work", ToneMachine, "ClubOS is deciding or acting, or has a proposal open."}
	case club.ThreadAwaitingResponse:
		return Word{"Asked member", ToneQuiet, "The member was asked something and has not answered yet."}
	case club.ThreadAIResolved:
		return Word{"Answered", ToneOK, "ClubOS answered; nobody is waiting."}
	case club.ThreadEscalated:
		return Word{"Needs a person", ToneDanger, "A person must look; ClubOS is silent here."}
	case club.ThreadInProgress:
		return Word{"In hand", ToneInfo, "A person has taken it; ClubOS is silent here."}
	case club.ThreadResolved:
		return Word{"Resolved", ToneQuiet, "A person closed it."}
	case club.ThreadManualOverride:
		return Word{"By hand", ToneInfo, "A person wrote to the member; ClubOS is silent here for a time."}
	case club.ThreadTimeout:
		return Word{"No answer", ToneQuiet, "The member never answered what was asked."}
	case club.ThreadMerged:
		return Word{"Merged", ToneQuiet, "Continued in another thread."}
	}
	return Word{string(s), ToneQuiet, ""}
}

// PriorityWord names a priority.
func PriorityWord(p club.Priority) Word {
	switch p {
	case club.PriorityEmergency:
		return Word{"Emergency", ToneDanger, ""}
	case club.PriorityHigh:
		return Word{"High", ToneWarn, ""}
	case club.PriorityLow:
		return Word{"Low", ToneQuiet, ""}
	}
	return Word{"Normal", ToneQuiet, ""}
}

// MessageWord says how far a message of ours has come, and never more than is known.
func MessageWord(s club.MessageStatus) Word {
	switch s {
	case club.MessageQueued:
		return Word{"Queued", ToneQuiet, "Not sent yet."}
	case club.MessageSending:
		return Word{"Sending", ToneQuiet, "Being handed to the text service."}
	case club.MessageSent:
		return Word{"Sent", ToneQuiet, "The text service took it; delivery is not confirmed."}
	case club.MessageDelivered:
		return Word{"Delivered", ToneQuiet, "The member's phone has it."}
	case club.MessageFailed:
		return Word{"Failed", ToneDanger, "It did not reach the member."}
	case club.MessageUnconfirmed:
		return Word{"Unconfirmed", ToneWarn, "The text service never answered: it may or may not have gone out. It is not sent again by itself."}
	case club.MessageCancelled:
		return Word{"Withdrawn", ToneQuiet, "Withdrawn before it was sent."}
	}
	return Word{"Received", ToneQuiet, ""}
}

func messageIcon(s club.MessageStatus) string {
	switch s {
	case club.MessageQueued, club.MessageSending:
		return "clock"
	case club.MessageSent:
		return "check"
	case club.MessageDelivered:
		return "checks"
	case club.MessageFailed, club.MessageUnconfirmed:
		return "alert"
	case club.MessageCancelled:
		return "x"
	}
	return ""
}

// OutcomeWord names how an execution ended.
func OutcomeWord(o club.Outcome) Word {
	switch o {
	case club.OutcomeClaimed:
		return Word{"Starting", ToneInfo, "About to be called, or called and not yet known."}
	case club.OutcomeRunning:
		return Word{"Running", ToneInfo, "The vendor took the command; verification is still to come."}
	case club.OutcomeSuccess:
		return Word{"Verified", ToneOK, "A second look showed that it worked."}
	case club.OutcomePartial:
		return Word{"In part", ToneWarn, "Some of it worked."}
	case club.OutcomeUnconfirmed:
		return Word{"Unconfirmed", ToneWarn, "It was called, but nobody can say whether it worked."}
	case club.OutcomeFailed:
		return Word{"Failed", ToneDanger, ""}
	case club.OutcomeTimeout:
		return Word{"Timed out", ToneDanger, ""}
	case club.OutcomeRefused:
		return Word{"Refused", ToneWarn, "The rules said no; nothing was called."}
	}
	return Word{string(o), ToneQuiet, ""}
}

// TierWord names a tier.
func TierWord(t club.Tier) Word {
	switch t {
	case club.TierAuto:
		return Word{"Acts alone", ToneOK, ""}
	case club.TierSuggest:
		return Word{"Acts unless stopped", ToneMachine, ""}
	case club.TierApprove:
		return Word{"Asks first", ToneInfo, ""}
	}
	return Word{"Calls a person", ToneDanger, ""}
}

// ProposalWord names a proposal's status.
func ProposalWord(s club.ProposalStatus) Word {
	switch s {
	case club.ProposalOpen:
		return Word{"Open", ToneMachine, ""}
	case club.ProposalApproved:
		return Word{"Approved", ToneOK, ""}
	case club.ProposalRejected:
		return Word{"Rejected", ToneQuiet, ""}
	case club.ProposalExecuted:
		return Word{"Done at its deadline", ToneOK, ""}
	case club.ProposalExpired:
		return Word{"Expired", ToneWarn, "Nobody answered in time; it was not done."}
	case club.ProposalStale:
		return Word{"Overtaken", ToneQuiet, "The matter moved on before anybody answered."}
	}
	return Word{string(s), ToneQuiet, ""}
}

// TicketWord names a ticket's status.
func TicketWord(s club.TicketStatus) Word {
	switch s {
	case club.TicketOpen:
		return Word{"Open", ToneInfo, ""}
	case club.TicketInProgress:
		return Word{"In progress", ToneMachine, ""}
	case club.TicketWaiting:
		return Word{"Waiting", ToneWarn, ""}
	case club.TicketResolved:
		return Word{"Resolved", ToneOK, ""}
	}
	return Word{"Closed", ToneQuiet, ""}
}

// SOPWord names an SOP's status: draft, shadow, live or archived.
func SOPWord(status string) Word {
	switch status {
	case "live":
		return Word{"Live", ToneOK, ""}
	case "draft":
		return Word{"Draft", ToneWarn, ""}
	case "shadow":
		return Word{"Shadow", ToneMachine, "Runs beside and is compared, but does nothing."}
	case "archived":
		return Word{"Archived", ToneQuiet, ""}
	}
	return Word{status, ToneQuiet, ""}
}

// RiskWord names a risk.
func RiskWord(r club.Risk) Word {
	switch r {
	case club.RiskHigh:
		return Word{"High risk", ToneDanger, ""}
	case club.RiskMedium:
		return Word{"Interrupts play", ToneWarn, ""}
	case club.RiskLow:
		return Word{"Low risk", ToneQuiet, ""}
	}
	return Word{"", ToneQuiet, ""}
}

// DeviceWord says how a device is.
func DeviceWord(known, online, maintenance bool) Word {
	switch {
	case !known:
		return Word{"Unknown", ToneQuiet, "Nobody has asked it yet."}
	case maintenance:
		return Word{"Maintenance", ToneWarn, ""}
	case online:
		return Word{"Online", ToneOK, ""}
	}
	return Word{"Offline", ToneDanger, ""}
}

// BookingWord names a booking's status.
func BookingWord(s club.BookingStatus) Word {
	switch s {
	case club.BookingCancelled:
		return Word{"Cancelled", ToneQuiet, ""}
	case club.BookingNoShow:
		return Word{"No show", ToneWarn, ""}
	}
	return Word{"Confirmed", ToneOK, ""}
}

// DeviceKindWord names a kind of device.
func DeviceKindWord(k club.DeviceKind) string {
	switch k {
	case club.DevicePC:
		return "PC"
	case club.DeviceHub:
		return "Door hub"
	}
	s := string(k)
	return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):]
}

func deviceIcon(k club.DeviceKind) string {
	switch k {
	case club.DevicePC, club.DeviceHub:
		return "cpu"
	case club.DeviceDisplay:
		return "screen"
	case club.DeviceDoor:
		return "door"
	case club.DeviceNetwork:
		return "wifi"
	case club.DeviceLighting:
		return "sun"
	}
	return "target"
}

// roleLabel is a role's name with a capital.
func roleLabel(r club.Role) string {
	s := string(r)
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Initials returns the one or two letters of an avatar: "#" for a number.
func Initials(name string) string {
	var out []rune
	for _, f := range strings.Fields(name) {
		if r := []rune(f)[0]; unicode.IsLetter(r) {
			out = append(out, unicode.ToUpper(r))
		}
	}
	switch len(out) {
	case 0:
		return "#"
	case 1:
		return string(out)
	}
	return string([]rune{out[0], out[len(out)-1]})
}

func hue(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprint(h.Sum32() % 5)
}

func percent(f float64) string { return fmt.Sprintf("%.0f %%", f*100) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// waitTone says how bad a wait for a person is.
func waitTone(d time.Duration) Tone {
	switch {
	case d >= 10*time.Minute:
		return ToneDanger
	case d >= 3*time.Minute:
		return ToneWarn
	}
	return ToneQuiet
}

func mineFlip(mine bool) string {
	if mine {
		return ""
	}
	return "1"
}
