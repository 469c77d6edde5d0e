package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// A bundle is a log in a file, to be verified without the installation that it comes from. It is JSON lines, in the order of
// the log: what it is, and whose; each entry with its digest; of one that was retired what its leaf tells; each head after
// the last entry that it is about; and how many entries there are.
//
//	{"clubos_audit_log":1,"key":"clubos/fairway/audit+1a2b3c4d+…"}
//	{"position":0,"digest":"<SHA-256 of the entry as it stands here, in hexadecimal>","entry":{…}}
//	{"position":1,"digest":"…","retired":{"id":"…","at":1790000000000000}}
//	{"head":"clubos/fairway/audit\n2\n…"}
//	{"end":2}
//
// Each line has one form only, so that whatever is changed in a file is found.

// line is one of them.
type line struct {
	Version  int             `json:"clubos_audit_log"`
	Key      string          `json:"key"`
	Position *int64          `json:"position"`
	Digest   string          `json:"digest"`
	Entry    json.RawMessage `json:"entry"`
	Retired  *retiredLeaf    `json:"retired"`
	Head     *string         `json:"head"`
	End      *int64          `json:"end"`
}

type retiredLeaf struct {
	ID club.AuditID `json:"id"`
	At int64        `json:"at"`
}

const bundleVersion = 1

// append writes the line as it stands in a bundle.
func (l *line) append(b []byte) []byte {
	switch {
	case l.Version != 0:
		b = strconv.AppendInt(append(b, `{"clubos_audit_log":`...), int64(l.Version), 10)
		b = appendText(append(b, `,"key":`...), l.Key)
	case l.Position != nil:
		b = strconv.AppendInt(append(b, `{"position":`...), *l.Position, 10)
		b = appendText(append(b, `,"digest":`...), l.Digest)
		if l.Retired != nil {
			b = appendText(append(b, `,"retired":{"id":`...), l.Retired.ID.String())
			b = append(strconv.AppendInt(append(b, `,"at":`...), l.Retired.At, 10), '}')
		} else {
			b = append(append(b, `,"entry":`...), l.Entry...)
		}
	case l.Head != nil:
		b = appendText(append(b, `{"head":`...), *l.Head)
	case l.End != nil:
		b = strconv.AppendInt(append(b, `{"end":`...), *l.End, 10)
	}
	return append(b, '}', '\n')
}

// writer writes a bundle. It is a visitor.
type writer struct {
	w     *bufio.Writer // keeps the first error until it is flushed
	buf   []byte
	count int64
}

func (w *writer) line(l line) {
	w.buf = l.append(w.buf[:0])
	_, _ = w.w.Write(w.buf)
}

func (w *writer) leaf(l leaf, entry []byte) {
	out := line{Position: &l.position, Digest: hex.EncodeToString(l.digest[:]), Entry: entry}
	if entry == nil {
		out.Retired = &retiredLeaf{ID: l.id, At: l.at.UnixMicro()}
	}
	w.count++
	w.line(out)
}

func (w *writer) head(_ int64, signed string) { w.line(line{Head: &signed}) }

// Export writes a club's log as a bundle, and returns how many entries it has. What has come gets its place first, until
// nothing more comes: what was retired meanwhile is said in the bundle, too. progress may be nil.
func (k *Keeper) Export(ctx context.Context, tenant *store.Tenant, out io.Writer, progress func(done, all int64)) (int64, error) {
	if err := k.Sequence(ctx, tenant); err != nil {
		return 0, err
	}
	key, err := k.Key(ctx, tenant)
	if err != nil {
		return 0, err
	}
	w := &writer{w: bufio.NewWriterSize(out, 1<<16)}
	w.line(line{Version: bundleVersion, Key: key.String()})
	for at := int64(0); ; {
		from, err := newWalk(ctx, tenant, at, k.part)
		if err != nil {
			return 0, err
		}
		if from.done() {
			break
		}
		for !from.done() {
			if err := from.part(ctx, w); err != nil {
				return 0, err
			}
			if progress != nil {
				progress(from.at, from.end)
			}
		}
		at = from.at
		if err := k.Sequence(ctx, tenant); err != nil {
			return 0, err
		}
	}
	w.line(line{End: &w.count})
	if err := w.w.Flush(); err != nil {
		return 0, fmt.Errorf("write the bundle: %w", err)
	}
	return w.count, nil
}

// VerifyBundle verifies a bundle by the public key of the log, which must come from elsewhere, as a.Key, and compares it with
// heads that were kept. progress, which may be nil, is told how many leaves are done.
func VerifyBundle(in io.Reader, a Against, progress func(done int64)) (Report, error) {
	key, err := ParseKey(a.Key)
	if err != nil {
		return Report{}, err
	}
	return verifyBundle(in, key, a.Heads, progress)
}

func verifyBundle(in io.Reader, key Key, heads []string, progress func(done int64)) (Report, error) {
	b := &bundle{lines: bufio.NewReaderSize(in, 1<<16), checker: newChecker(key, edge{})}
	if err := b.first(); err != nil {
		return Report{}, err
	}
	for _, signed := range heads {
		b.keep(signed)
	}
	for b.next() {
		if progress != nil && b.edge.size%leavesInPage == 0 {
			progress(b.edge.size)
		}
	}
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return b.report, fmt.Errorf("read the bundle: %w", b.err)
	}
	b.judge(b.until())
	b.end()
	return b.report, nil
}

// bundle is one that is being verified.
type bundle struct {
	*checker
	lines *bufio.Reader
	count int  // lines that are behind
	ended bool // the last line has come
	gone  []retirement
	again []byte
	err   error
}

// retirement is an entry of an instant which says that those from before another one are gone.
type retirement struct{ at, before time.Time }

// until is before when entries may be absent, as far as the entries say so. One of after the newest head is none.
func (b *bundle) until() (until time.Time) {
	for _, r := range b.gone {
		if h := b.report.Newest; h != nil && r.at.Before(h.At.Add(lateness)) && r.before.After(until) {
			until = r.before
		}
	}
	return until
}

// first reads the first line.
func (b *bundle) first() error {
	l, ok := b.read()
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return fmt.Errorf("read the bundle: %w", b.err)
	}
	if l.Version == 0 {
		return club.Invalid("this is not a bundle that clubos audit export wrote")
	}
	if l.Version != bundleVersion {
		return club.Invalid("this bundle is of format %d, which this version of ClubOS cannot read", l.Version)
	}
	if !ok {
		b.report.find(0, "", "line 1 is not as ClubOS wrote it")
	}
	if l.Key != b.key.String() {
		b.report.find(0, "", "the bundle says that the log's key is %s, and not the one that was given", l.Key)
	}
	return nil
}

// read returns the next line; ok is false of one that is not as it was written.
func (b *bundle) read() (l line, ok bool) {
	var text []byte
	text, b.err = b.lines.ReadBytes('\n')
	if len(text) == 0 {
		return l, false
	}
	b.count++
	if json.Unmarshal(text, &l) != nil {
		return line{}, false
	}
	b.again = l.append(b.again[:0])
	return l, bytes.Equal(text, b.again)
}

// next takes in a line and reports whether there was one.
func (b *bundle) next() bool {
	before := b.count
	l, ok := b.read()
	switch {
	case b.count == before:
		if !b.ended {
			b.report.find(b.edge.size, "", "the file was cut off: its last line is missing")
		}
		return false
	case !ok || b.ended || !b.take(&l):
		b.report.find(b.edge.size, "", "line %d is not as ClubOS wrote it", b.count)
	}
	return true
}

// take takes in a line of a good form; it reports whether it is one of those that follow the first.
func (b *bundle) take(l *line) bool {
	switch {
	case l.Version != 0:
		return false
	case l.Position != nil:
		return b.place(l)
	case l.Head != nil:
		h, _, err := openHead(*l.Head, b.key)
		if err != nil { // the checker says so, of the size that it must be of
			h.Size = b.edge.size
		}
		b.head(h.Size, *l.Head)
		return true
	case l.End != nil:
		b.ended = true
		if *l.End != b.edge.size {
			b.report.find(b.edge.size, "", "the file was made of %d entries, and has %d", *l.End, b.edge.size)
		}
		return true
	}
	return false
}

// place takes in a leaf and what is there of its entry.
func (b *bundle) place(l *line) bool {
	out := leaf{position: *l.Position}
	if digest, err := hex.DecodeString(l.Digest); err != nil || copy(out.digest[:], digest) != len(out.digest) || hex.EncodeToString(digest) != l.Digest {
		return false
	}
	if l.Retired != nil {
		out.id, out.at = l.Retired.ID, time.UnixMicro(l.Retired.At)
		b.leaf(out, nil)
		return true
	}
	var e struct {
		ID                    club.AuditID
		At                    int64
		Actor, Action, Object string
		Detail                json.RawMessage
	}
	if json.Unmarshal(l.Entry, &e) != nil {
		return false
	}
	out.id, out.at = e.ID, time.UnixMicro(e.At)
	b.leaf(out, l.Entry)
	if e.Action == retired {
		if before, ok := retiredBefore(out.at, e.Actor, string(e.Detail)); ok {
			b.gone = append(b.gone, retirement{out.at, before})
		}
	}
	return true
}
