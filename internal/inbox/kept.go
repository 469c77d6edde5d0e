package inbox

import (
	"encoding/binary"
	"errors"
	"time"

	"clubos/internal/club"
)

// keptFormat is the first byte of encoded texts.
const keptFormat = 1

var errKept = errors.New("not kept texts of a known format")

// encodeKept writes texts as bytes, exactly as they came, which may be invalid UTF-8. Every string is
// preceded by its length.
func encodeKept(all []*filing) []byte {
	size := 16
	for _, f := range all {
		size += 192 + len(f.Text)
	}
	out := append(make([]byte, 0, size), keptFormat)
	out = binary.AppendUvarint(out, uint64(len(all)))
	for _, f := range all {
		for _, s := range []string{f.provider, f.deliveryID, f.Inbound.Provider, f.ProviderMessageID, f.DeliveryID, f.From, f.To, f.Text, f.correlation.String()} {
			out = appendString(out, s)
		}
		var sent int64 // of the zero time
		if !f.SentAt.IsZero() {
			sent = f.SentAt.UnixMicro()
		}
		out = binary.AppendVarint(out, sent)
		out = binary.AppendUvarint(out, uint64(len(f.Media)))
		for _, m := range f.Media {
			out = appendString(appendString(out, m.URL), m.Type)
		}
	}
	return out
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// keptText is a text that was read back.
type keptText struct {
	*text
	correlation club.CorrelationID
}

// decodeKept reads what encodeKept wrote.
func decodeKept(b []byte, numbers *numbers) ([]keptText, error) {
	if len(b) == 0 || b[0] != keptFormat {
		return nil, errKept
	}
	r := keptReader{b: b[1:]}
	n := r.length()
	var out []keptText
	for i := 0; i < n && !r.bad; i++ {
		var d club.Delivery
		var in club.Inbound
		provider := r.string()
		d.ID = r.string()
		in.Provider, in.ProviderMessageID, in.DeliveryID, in.From, in.To, in.Text = r.string(), r.string(), r.string(), r.string(), r.string(), r.string()
		correlation := club.CorrelationID(r.string())
		if sent := r.varint(); sent != 0 {
			in.SentAt = time.UnixMicro(sent).UTC()
		}
		for range r.length() {
			in.Media = append(in.Media, club.Media{URL: r.string(), Type: r.string()})
		}
		d.Inbound = &in
		if !r.bad {
			out = append(out, keptText{newText(Read(d), provider, numbers), correlation})
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, errKept
	}
	return out, nil
}

// keptReader reads from the front of b until something does not fit.
type keptReader struct {
	b   []byte
	bad bool
}

// length reads a number that cannot be more than the bytes that are left.
func (r *keptReader) length() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)-n) {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *keptReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *keptReader) string() string {
	n := r.length()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}
