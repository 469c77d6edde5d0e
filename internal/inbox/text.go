package inbox

import (
	"encoding/json"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// text is a member's text with what can be known of it before the transaction.
type text struct {
	club.Inbound
	provider   string
	deliveryID string
	line       string
	emergency  bool
	urgent     bool // it must count at once, whatever else comes
	consent    bool // it says STOP or START, of which the last one counts, whichever replica it comes to
	prepared   bool
	masked     string // without regard to the sender's name, which is not known yet; set by prepare
	media      string // JSON; set by prepare
	count      int    // of media
}

func newText(d Reading, provider string, numbers *numbers) *text {
	t := &text{Inbound: *d.Inbound, provider: provider, deliveryID: d.ID, count: len(d.Inbound.Media)}
	if t.deliveryID == "" {
		t.deliveryID = t.DeliveryID
	}
	t.line = lineOf(t.To, numbers)
	t.emergency = d.Danger()
	t.urgent, t.consent = t.emergency || d.said.OptOut, d.said.OptOut || d.said.OptIn
	return t
}

// prepare computes what only filing needs.
func (t *text) prepare() {
	if t.prepared {
		return
	}
	t.prepared, t.masked = true, masked(t.Text, nil)
	media, err := json.Marshal(cleanMedia(t.Media))
	if err != nil {
		panic("BUG: media do not encode: " + err.Error())
	}
	t.media = string(media)
}

// lineOf returns how a number of the club's is stored.
func lineOf(raw string, numbers *numbers) string {
	if e164, ok := numbers.normalise(raw); ok {
		return e164
	}
	return clean(raw, 64)
}

// move is what the text does to its thread.
func (f *filing) move() thread.Move {
	m := thread.Move{Event: club.ThreadTextIn, By: club.Actor{Kind: club.ActorMember, ID: f.sender.ID.String()}}
	if f.emergency {
		p := club.PriorityEmergency
		m.Priority = &p
	}
	return m
}

// arrives returns a thread with what the text changes apart from its move.
func (f *filing) arrives(b *batch, th store.Thread) store.Thread {
	if newEpisode(th, b.Now, b.settings.EpisodeGap) {
		th.EpisodeAt, th.Awaiting, th.BayID, th.Priority = b.Now, "", "", club.PriorityNormal
	}
	if th.Status == club.ThreadResolved {
		th.Priority = club.PriorityNormal // a person has seen to what was pressing; thanks are not
	}
	th.Unread++
	at := f.into.at
	th.LastInAt = &at
	if th.WaitingSince == nil {
		th.WaitingSince = &b.Now
	}
	th.Snippet = snippet(f.masked, f.count)
	if th.MemberID.IsZero() {
		th.MemberID = f.sender.member.ID
	}
	return th
}
