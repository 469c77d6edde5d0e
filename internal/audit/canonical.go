package audit

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"clubos/internal/store"
)

// appendEntry appends the canonical text of an entry: every column, as one JSON object on one line, the same on both
// engines and for ever. Names are in the order of the alphabet, at counts microseconds since 1970 (UTC), detail is
// written as appendJSON says, and a missing thread_id is "". A detail that is no JSON stands as text in detail_raw instead.
//
//	{"action":"…","actor":"…","actor_name":"…","at":1790000000000000,"correlation_id":"…","detail":{…},"id":"…","object":"…","thread_id":""}
func appendEntry(b []byte, e *store.AuditEntry) []byte {
	b = appendText(append(b, `{"action":`...), e.Action)
	b = appendText(append(b, `,"actor":`...), e.Actor)
	b = appendText(append(b, `,"actor_name":`...), e.ActorName)
	b = strconv.AppendInt(append(b, `,"at":`...), e.At.UnixMicro(), 10)
	b = appendText(append(b, `,"correlation_id":`...), string(e.CorrelationID))
	before := len(b)
	b, ok := appendJSON(append(b, `,"detail":`...), e.Detail)
	if !ok {
		b = appendText(append(b[:before], `,"detail_raw":`...), e.Detail)
	}
	b = appendText(append(b, `,"id":`...), string(e.ID))
	b = appendText(append(b, `,"object":`...), e.Object)
	b = appendText(append(b, `,"thread_id":`...), string(e.ThreadID))
	return append(b, '}')
}

// appendJSON appends the canonical form of a JSON text. PostgreSQL keeps JSON parsed and writes it in its own way; whatever
// it may do to a text leaves this form as it is, and nothing else does:
//
//   - no space between tokens;
//   - the members of an object by the bytes of their names, each name once;
//   - texts in UTF-8, with \" and \\, and \u00xx for what is below a space;
//   - numbers exactly: without leading and trailing zeros, as DIGITS or, where that would have more than 20 digits or a
//     fraction, as DIGITSeEXPONENT: 1.50 is 15e-1, and zero is 0.
//
// It reports whether the text has one. Without are what is no JSON, names that stand twice, halves of surrogate pairs, and
// bytes that are no UTF-8.
func appendJSON(b []byte, text string) ([]byte, bool) {
	if !utf8.ValidString(text) {
		return b, false
	}
	p := parser{s: text}
	p.space()
	b = p.value(b, 0)
	p.space()
	return b, !p.bad && p.i == len(p.s)
}

// deepest bounds how deep arrays and objects may lie in each other.
const deepest = 200

// parser goes once through a JSON text.
type parser struct {
	s   string
	i   int  // the next byte
	bad bool // there is no canonical form; what is appended from then on does not count
}

// next returns the next byte, 0 at the end.
func (p *parser) next() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

// take reports whether the next byte is c, and passes it.
func (p *parser) take(c byte) bool {
	if p.next() != c || c == 0 {
		return false
	}
	p.i++
	return true
}

func (p *parser) want(c byte) {
	if !p.take(c) {
		p.bad = true
	}
}

func (p *parser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *parser) value(b []byte, depth int) []byte {
	if p.bad = p.bad || depth > deepest; p.bad {
		return b
	}
	switch p.next() {
	case '{':
		return p.object(b, depth)
	case '[':
		return p.array(b, depth)
	case '"':
		return p.text(b)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(p.s[p.i:], word) {
			p.i += len(word)
			return append(b, word...)
		}
	}
	return p.number(b)
}

func (p *parser) array(b []byte, depth int) []byte {
	p.want('[')
	b = append(b, '[')
	if p.space(); p.take(']') {
		return append(b, ']')
	}
	for !p.bad {
		p.space()
		b = p.value(b, depth+1)
		if p.space(); p.take(']') {
			return append(b, ']')
		}
		p.want(',')
		b = append(b, ',')
	}
	return b
}

// member is where a member of an object lies in what was appended: its name with quotes, and all of it.
type member struct{ from, name, to int }

func (p *parser) object(b []byte, depth int) []byte {
	p.want('{')
	b = append(b, '{')
	if p.space(); p.take('}') {
		return append(b, '}')
	}
	var room [8]member
	members := room[:0]
	for !p.bad {
		p.space()
		m := member{from: len(b)}
		b = p.text(b)
		m.name = len(b)
		p.space()
		p.want(':')
		b = append(b, ':')
		p.space()
		b = p.value(b, depth+1)
		m.to = len(b)
		members = append(members, m)
		if p.space(); p.take('}') {
			break
		}
		p.want(',')
		b = append(b, ',')
	}
	if p.bad {
		return b
	}
	return append(p.sort(b, members), '}')
}

// sort puts the members that end what was appended in their order.
func (p *parser) sort(b []byte, members []member) []byte {
	byName := func(x, y member) int { return bytes.Compare(b[x.from+1:x.name-1], b[y.from+1:y.name-1]) }
	first, sorted := members[0].from, slices.IsSortedFunc(members, byName)
	if !sorted {
		slices.SortFunc(members, byName)
	}
	for i := 1; i < len(members); i++ {
		p.bad = p.bad || byName(members[i-1], members[i]) == 0 // it stands twice
	}
	if sorted || p.bad {
		return b
	}
	out := make([]byte, 0, len(b)-first)
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, b[m.from:m.to]...)
	}
	return append(b[:first], out...)
}

func (p *parser) text(b []byte) []byte {
	p.want('"')
	b = append(b, '"')
	for !p.bad {
		from := p.i
		for p.next() >= ' ' && p.next() != '"' && p.next() != '\\' {
			p.i++
		}
		b = append(b, p.s[from:p.i]...)
		switch {
		case p.take('"'):
			return append(b, '"')
		case p.take('\\'):
			b = appendRune(b, p.escaped())
		default: // the end, or what a text may not hold
			p.bad = true
		}
	}
	return b
}

// escaped reads what follows a backslash.
func (p *parser) escaped() rune {
	c := p.next()
	p.i++
	switch c {
	case '"', '\\', '/':
		return rune(c)
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		r := p.hex()
		if !utf16.IsSurrogate(r) {
			return r
		}
		if p.take('\\') && p.take('u') {
			if r = utf16.DecodeRune(r, p.hex()); r != utf8.RuneError {
				return r
			}
		}
	}
	p.bad = true
	return 0
}

// hex reads four hexadecimal digits.
func (p *parser) hex() rune {
	if p.i+4 <= len(p.s) {
		if n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 16); err == nil {
			p.i += 4
			return rune(n)
		}
	}
	p.bad = true
	return 0
}

// plainDigits is how many digits a whole number is written with at most.
const plainDigits = 20

func (p *parser) number(b []byte) []byte {
	minus := p.take('-')
	whole := p.digits()
	fraction := ""
	if p.take('.') {
		if fraction = p.digits(); fraction == "" {
			p.bad = true
		}
	}
	exponent := int64(0)
	if p.take('e') || p.take('E') {
		from := p.i
		if !p.take('+') {
			p.take('-')
		}
		p.digits()
		n, err := strconv.ParseInt(p.s[from:p.i], 10, 32)
		p.bad = p.bad || err != nil
		exponent = n
	}
	if p.bad = p.bad || whole == "" || len(whole) > 1 && whole[0] == '0'; p.bad {
		return b
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return append(b, '0')
	}
	exponent -= int64(len(fraction))
	significant := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(significant))
	if minus {
		b = append(b, '-')
	}
	b = append(b, significant...)
	switch {
	case exponent >= 0 && int64(len(significant))+exponent <= plainDigits:
		return append(b, "00000000000000000000"[:exponent]...)
	case exponent != 0:
		b = strconv.AppendInt(append(b, 'e'), exponent, 10)
	}
	return b
}

func (p *parser) digits() string {
	from := p.i
	for c := p.next(); c >= '0' && c <= '9'; c = p.next() {
		p.i++
	}
	return p.s[from:p.i]
}

// appendText appends a text in quotes.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			b = appendRune(append(b, s[from:i]...), rune(c))
			from = i + 1
		}
	}
	return append(append(b, s[from:]...), '"')
}

// appendRune appends what stands for r between quotes.
func appendRune(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case r < ' ':
		return append(b, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
	}
	return utf8.AppendRune(b, r)
}
