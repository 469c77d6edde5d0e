package vendor

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
)

// Wire says in which vendor's format a webhook is made.
type Wire string

// The formats.
const (
	OpenPhone       Wire = "openphone"
	OpenPhoneLegacy Wire = "openphone-legacy"
	Twilio          Wire = "twilio"
)

// SMSConfig describes the text-message vendors' world.
type SMSConfig struct {
	OpenPhoneKey    string            // default "sim-openphone-key"
	OpenPhoneSecret string            // whsec_… of webhooks; has a synthetic default
	LegacyKey       string            // base64 key of legacy webhooks; likewise
	TwilioSID       string            // default "ACsimulated"
	TwilioToken     string            // default "sim-twilio-token"
	Lines           map[string]string // the club's numbers → Quo's id of each; default +15550100001 → PNsim1
	PerSecond       int               // sends and reads by the clock; default 10 as Quo; negative means no limit
}

// SMS is Quo (openphone at URL, legacy at URL/v1) and Twilio in one. Its operations are "send",
// "list" and "media".
type SMS struct {
	*server
	cfg SMSConfig

	texts    sync.Mutex // guards the fields below
	sent     []text
	received []text // by Twilio, of members
	optedOut map[string]bool
	second   time.Time
	count    int
}

type text struct {
	id, from, to, body, status string
	media                      []club.Media
	at                         time.Time
}

// NewSMS makes the vendor; Up starts it.
func NewSMS(cfg SMSConfig, clock club.Clock) *SMS {
	cfg.OpenPhoneKey = cmp.Or(cfg.OpenPhoneKey, "sim-openphone-key")
	cfg.OpenPhoneSecret = cmp.Or(cfg.OpenPhoneSecret, "whsec_c2ltdWxhdGVkLXNpbXVsYXRlZC1zZWNyZXQ=")
	cfg.LegacyKey = cmp.Or(cfg.LegacyKey, "c2ltdWxhdGVkLWxlZ2FjeS1rZXktMDAwMQ==")
	cfg.TwilioSID = cmp.Or(cfg.TwilioSID, "ACsimulated")
	cfg.TwilioToken = cmp.Or(cfg.TwilioToken, "sim-twilio-token")
	cfg.PerSecond = cmp.Or(cfg.PerSecond, 10)
	if len(cfg.Lines) == 0 {
		cfg.Lines = map[string]string{"+15550100001": "PNsim1"}
	}
	s := &SMS{server: newServer("sms", clock, nil), cfg: cfg, optedOut: map[string]bool{}}
	for _, prefix := range []string{"", "/v1"} {
		s.handle("POST "+prefix+"/messages", "send", s.quo(s.quoSend))
		s.handle("GET "+prefix+"/messages", "list", s.quo(s.quoList))
		s.handle("GET "+prefix+"/phone-numbers", "list", s.quo(s.quoNumbers))
	}
	s.handle("POST /2010-04-01/Accounts/{sid}/Messages.json", "send", s.twilio(s.twilioSend))
	s.handle("GET /2010-04-01/Accounts/{sid}/Messages.json", "list", s.twilio(s.twilioList))
	s.handle("GET /2010-04-01/Accounts/{sid}/Messages/{message}/Media.json", "media", s.twilio(s.twilioMedia))
	return s
}

// Config returns what the vendor was made with, defaults filled in.
func (s *SMS) Config() SMSConfig { return s.cfg }

// OptOut makes the carriers refuse texts to a number.
func (s *SMS) OptOut(number string) {
	s.texts.Lock()
	defer s.texts.Unlock()
	s.optedOut[number] = true
}

// Received lists the texts that a member's phone got, in order.
func (s *SMS) Received(number string) []string {
	var out []string
	for _, e := range s.Effects() {
		if e.Target == number {
			out = append(out, e.Text)
		}
	}
	return out
}

func (s *SMS) limited() bool {
	s.texts.Lock()
	defer s.texts.Unlock()
	if sec := s.clock.Now().Truncate(time.Second); !sec.Equal(s.second) {
		s.second, s.count = sec, 0
	}
	s.count++
	return s.cfg.PerSecond > 0 && s.count > s.cfg.PerSecond
}

// accept takes a text; a lie is answered like a send and never happens.
func (s *SMS) accept(c call, prefix, from, to, body string) text {
	t := text{id: newID(prefix), from: from, to: to, body: body, status: "sent", at: s.clock.Now()}
	if c.lie {
		return t
	}
	s.texts.Lock()
	s.sent = append(s.sent, t)
	s.texts.Unlock()
	s.record(c.Request, c.body, Effect{Op: "send", Target: to, Text: body, ID: t.id})
	return t
}

func (s *SMS) isOptedOut(number string) bool {
	s.texts.Lock()
	defer s.texts.Unlock()
	return s.optedOut[number]
}

// line finds one of our numbers by its number or id.
func (s *SMS) line(ref string) (number, id string, ok bool) {
	for n, pn := range s.cfg.Lines {
		if ref == n || ref == pn {
			return n, pn, true
		}
	}
	return "", "", false
}

func (s *SMS) quo(h func(http.ResponseWriter, call)) func(http.ResponseWriter, call) {
	return func(w http.ResponseWriter, c call) {
		legacy := strings.HasPrefix(c.URL.Path, "/v1/")
		switch {
		case c.Header.Get("Authorization") != s.cfg.OpenPhoneKey:
			quoError(w, http.StatusUnauthorized, "Unauthorized")
		case !legacy && c.Header.Get("Quo-Api-Version") != "2026-03-30":
			quoError(w, http.StatusBadRequest, "Quo-Api-Version is required")
		case s.limited():
			w.Header().Set("Retry-After", "1")
			quoError(w, http.StatusTooManyRequests, "Too Many Requests")
		case c.offline:
			quoError(w, http.StatusServiceUnavailable, "Service Unavailable")
		default:
			h(w, c)
		}
	}
}

func quoError(w http.ResponseWriter, status int, title string, paths ...string) {
	errs := []map[string]any{}
	for _, p := range paths {
		errs = append(errs, map[string]any{"path": p, "message": "is not valid"})
	}
	answer(w, status, map[string]any{"title": title, "message": title, "code": "0" + strconv.Itoa(status) + "400", "errors": errs})
}

func (s *SMS) quoSend(w http.ResponseWriter, c call) {
	var m struct {
		Content string   `json:"content"`
		From    string   `json:"from"`
		To      []string `json:"to"`
	}
	if !c.json(&m) || !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json") {
		quoError(w, http.StatusBadRequest, "Bad Request", "/")
		return
	}
	number, _, ok := s.line(m.From)
	n := utf8.RuneCountInString(m.Content)
	switch {
	case n < 1 || n > 1600:
		quoError(w, http.StatusBadRequest, "Bad Request", "/content")
	case len(m.To) != 1 || !strings.HasPrefix(m.To[0], "+"):
		quoError(w, http.StatusBadRequest, "Bad Request", "/to")
	case !ok:
		quoError(w, http.StatusNotFound, "Not Found", "/from")
	case s.isOptedOut(m.To[0]):
		quoError(w, http.StatusForbidden, "Recipient opted out")
	default:
		answer(w, http.StatusAccepted, map[string]any{"data": s.quoText(s.accept(c, "AC", number, m.To[0], m.Content))})
	}
}

func (s *SMS) quoText(t text) map[string]any {
	return map[string]any{
		"id": t.id, "from": t.from, "to": []string{t.to}, "text": t.body, "direction": "outgoing", "status": t.status,
		"phoneNumberId": s.cfg.Lines[t.from], "conversationId": "CNsim", "createdAt": t.at.Format(time.RFC3339Nano), "updatedAt": t.at.Format(time.RFC3339Nano),
	}
}

func (s *SMS) quoNumbers(w http.ResponseWriter, _ call) {
	data := []map[string]string{}
	for n, id := range s.cfg.Lines {
		data = append(data, map[string]string{"id": id, "number": n})
	}
	answer(w, http.StatusOK, map[string]any{"data": data})
}

func (s *SMS) quoList(w http.ResponseWriter, c call) {
	q := c.URL.Query()
	number, _, ok := s.line(q.Get("phoneNumberId"))
	size, err := strconv.Atoi(cmp.Or(q.Get("maxResults"), "10"))
	from, err2 := strconv.Atoi(cmp.Or(q.Get("after"), q.Get("pageToken"), "0"))
	if !ok || err != nil || err2 != nil || size < 1 || size > 50 || q.Get("participants") == "" {
		quoError(w, http.StatusBadRequest, "Bad Request", "/query")
		return
	}
	after, _ := time.Parse(time.RFC3339, q.Get("createdAfter"))
	found := s.find(func(t text) bool { return t.from == number && t.to == q.Get("participants") && !t.at.Before(after) })
	page := found[min(from, len(found)):min(from+size, len(found))]
	data := []map[string]any{}
	for _, t := range page {
		data = append(data, s.quoText(t))
	}
	out := map[string]any{"data": data}
	if from+size < len(found) {
		out["nextCursor"] = strconv.Itoa(from + size)
	}
	answer(w, http.StatusOK, out)
}

// find returns matching texts, newest first.
func (s *SMS) find(match func(text) bool) []text {
	s.texts.Lock()
	defer s.texts.Unlock()
	return newest(s.sent, match)
}

func newest(list []text, match func(text) bool) (out []text) {
	for _, t := range slices.Backward(list) {
		if match(t) {
			out = append(out, t)
		}
	}
	return out
}

func (s *SMS) twilio(h func(http.ResponseWriter, call)) func(http.ResponseWriter, call) {
	return func(w http.ResponseWriter, c call) {
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.cfg.TwilioSID+":"+s.cfg.TwilioToken))
		switch {
		case c.Header.Get("Authorization") != want:
			twilioError(w, http.StatusUnauthorized, 20003)
		case c.PathValue("sid") != s.cfg.TwilioSID:
			twilioError(w, http.StatusNotFound, 20404)
		case s.limited():
			w.Header().Set("Retry-After", "1")
			twilioError(w, http.StatusTooManyRequests, 20429)
		case c.offline:
			twilioError(w, http.StatusServiceUnavailable, 20503)
		default:
			h(w, c)
		}
	}
}

func twilioError(w http.ResponseWriter, status, code int) {
	answer(w, status, map[string]any{"code": code, "message": "simulated", "more_info": "", "status": status})
}

func (s *SMS) twilioSend(w http.ResponseWriter, c call) {
	form, err := url.ParseQuery(string(c.body))
	from, _, ok := s.line(form.Get("From"))
	n := utf8.RuneCountInString(form.Get("Body"))
	switch {
	case err != nil || !strings.HasPrefix(form.Get("To"), "+"):
		twilioError(w, http.StatusBadRequest, 21211)
	case !ok && form.Get("MessagingServiceSid") == "":
		twilioError(w, http.StatusBadRequest, 21606)
	case n < 1:
		twilioError(w, http.StatusBadRequest, 21602)
	case n > 1600:
		twilioError(w, http.StatusBadRequest, 21617)
	case s.isOptedOut(form.Get("To")):
		twilioError(w, http.StatusBadRequest, 21610)
	default:
		answer(w, http.StatusCreated, s.twilioText(s.accept(c, "SM", from, form.Get("To"), form.Get("Body"))))
	}
}

func (s *SMS) twilioText(t text) map[string]any {
	out := map[string]any{
		"sid": t.id, "account_sid": s.cfg.TwilioSID, "from": t.from, "to": t.to, "body": t.body, "status": "queued", "direction": "outbound-api",
		"date_created": t.at.UTC().Format(time.RFC1123Z), "date_sent": nil, "error_code": nil, "num_media": strconv.Itoa(len(t.media)),
	}
	if t.status == "received" {
		out["status"], out["direction"], out["date_sent"] = t.status, "inbound", out["date_created"]
	}
	return out
}

// twilioMedia lists what came with a member's text; the files themselves are wherever the test has them.
func (s *SMS) twilioMedia(w http.ResponseWriter, c call) {
	s.texts.Lock()
	found := newest(s.received, func(t text) bool { return t.id == c.PathValue("message") })
	s.texts.Unlock()
	if len(found) == 0 {
		twilioError(w, http.StatusNotFound, 20404)
		return
	}
	list := []map[string]string{}
	for i, m := range found[0].media {
		list = append(list, map[string]string{"sid": "ME" + strconv.Itoa(i), "content_type": m.Type, "uri": strings.TrimSuffix(c.URL.Path, ".json") + "/ME" + strconv.Itoa(i) + ".json"})
	}
	answer(w, http.StatusOK, map[string]any{"media_list": list})
}

func (s *SMS) twilioList(w http.ResponseWriter, c call) {
	q := c.URL.Query()
	size, _ := strconv.Atoi(cmp.Or(q.Get("PageSize"), "50"))
	page, _ := strconv.Atoi(cmp.Or(q.Get("Page"), "0"))
	size = min(max(size, 1), 1000)
	to := func(t text) bool { return t.to == q.Get("To") }
	s.texts.Lock()
	found := append(newest(s.received, to), newest(s.sent, to)...) // a number is a member's or the club's
	s.texts.Unlock()
	msgs := []map[string]any{}
	for _, t := range found[min(page*size, len(found)):min((page+1)*size, len(found))] {
		msgs = append(msgs, s.twilioText(t))
	}
	var next any
	if (page+1)*size < len(found) {
		q.Set("Page", strconv.Itoa(page+1))
		next = c.URL.Path + "?" + q.Encode()
	}
	answer(w, http.StatusOK, map[string]any{"messages": msgs, "next_page_uri": next})
}

// Incoming is a member's text.
type Incoming struct {
	ID             string // of the message; made up when ""
	From, To, Text string
	Media          []club.Media
}

// Text makes the signed webhook of a member's text, to be posted to the given URL. What Twilio has received so it lists,
// whether or not the webhook is ever posted.
func (s *SMS) Text(wire Wire, to string, in Incoming) Webhook {
	now := s.clock.Now()
	_, pn, _ := s.line(in.To)
	if wire == Twilio {
		in.ID = cmp.Or(in.ID, newID("SM"))
		s.texts.Lock()
		s.received = append(s.received, text{id: in.ID, from: in.From, to: in.To, body: in.Text, status: "received", media: in.Media, at: now})
		s.texts.Unlock()
		form := url.Values{"MessageSid": {in.ID}, "SmsSid": {in.ID}, "SmsStatus": {"received"}, "AccountSid": {s.cfg.TwilioSID}, "From": {in.From}, "To": {in.To}, "Body": {in.Text}, "NumMedia": {strconv.Itoa(len(in.Media))}}
		for i, m := range in.Media {
			form.Set("MediaUrl"+strconv.Itoa(i), m.URL)
			form.Set("MediaContentType"+strconv.Itoa(i), m.Type)
		}
		return Webhook{URL: to, Header: twilioSign(s.cfg.TwilioToken, to, form), Body: []byte(form.Encode()), ID: in.ID}
	}
	in.ID = cmp.Or(in.ID, newID("AC"))
	media := in.Media
	if media == nil {
		media = []club.Media{}
	}
	return s.quoEvent(wire, to, "message.received", in.ID, now, map[string]any{
		"id": in.ID, "direction": "incoming", "text": in.Text, "media": media, "status": "received", "createdAt": now.Format(time.RFC3339Nano),
	}, in.From, in.To, pn)
}

// Forget takes a member's text out of what Twilio has received: whoever forges a webhook has sent no text.
func (s *SMS) Forget(id string) {
	s.texts.Lock()
	defer s.texts.Unlock()
	s.received = slices.DeleteFunc(s.received, func(t text) bool { return t.id == id })
}

// Report makes the signed webhook of a delivery report about a text that was sent: status is
// "delivered", "undelivered" or "failed".
func (s *SMS) Report(wire Wire, to, messageID, status, errorCode string) Webhook {
	now := s.clock.Now()
	t := text{id: messageID}
	if found := s.find(func(t text) bool { return t.id == messageID }); len(found) > 0 {
		t = found[0]
	}
	if wire == Twilio {
		form := url.Values{"MessageSid": {messageID}, "SmsSid": {messageID}, "MessageStatus": {status}, "SmsStatus": {status}, "AccountSid": {s.cfg.TwilioSID}, "From": {t.from}, "To": {t.to}}
		if errorCode != "" {
			form.Set("ErrorCode", errorCode)
		}
		return Webhook{URL: to, Header: twilioSign(s.cfg.TwilioToken, to, form), Body: []byte(form.Encode()), ID: messageID}
	}
	return s.quoEvent(wire, to, "message."+status, messageID, now, map[string]any{
		"id": messageID, "direction": "outgoing", "text": t.body, "status": status, "errorCode": errorCode, "createdAt": t.at.Format(time.RFC3339Nano),
	}, t.from, t.to, s.cfg.Lines[t.from])
}

func (s *SMS) quoEvent(wire Wire, url, kind, id string, now time.Time, res map[string]any, from, to, pn string) Webhook {
	ev := map[string]any{"id": newID("EV"), "createdAt": now.Format(time.RFC3339Nano), "type": kind}
	if wire == OpenPhoneLegacy {
		res["from"], res["to"], res["body"], res["phoneNumberId"] = from, to, res["text"], pn
		delete(res, "text")
		ev["object"], ev["apiVersion"], ev["data"] = "event", "v3", map[string]any{"object": res}
	} else {
		ev["apiVersion"] = "2026-03-30"
		ev["data"] = map[string]any{"resource": res, "context": map[string]any{
			"orgId": "ORsim", "phoneNumberId": pn, "conversationId": "CNsim", "senderIdentifier": from, "recipientIdentifiers": []string{to},
			"contacts": map[string]any{"ids": []string{}, "lookupStatus": "none"},
		}}
	}
	body, _ := json.Marshal(ev)
	delivery := newID("msg_")
	sign := func() http.Header { return StandardSign(s.cfg.OpenPhoneSecret, delivery, s.clock.Now(), body) }
	if wire == OpenPhoneLegacy {
		sign = func() http.Header { return legacySign(s.cfg.LegacyKey, s.clock.Now(), body) }
	}
	return Webhook{URL: url, Header: sign(), Body: body, ID: id, sign: sign}
}

// SignURL makes the headers of a Twilio webhook whose body is JSON: only the URL, which holds the
// body's digest, is signed.
func (s *SMS) SignURL(to string) http.Header {
	h := twilioSign(s.cfg.TwilioToken, to, nil)
	h.Set("Content-Type", "application/json")
	return h
}

// Put adds a text to what the vendor has sent, as if somebody had written it in the vendor's own
// app. It is no effect of ours and is not recorded as one.
func (s *SMS) Put(from, to, body string) {
	s.texts.Lock()
	defer s.texts.Unlock()
	s.sent = append(s.sent, text{id: newID("AC"), from: from, to: to, body: body, status: "delivered", at: s.clock.Now()})
}
