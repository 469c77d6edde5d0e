package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"clubos/internal/store"
)

// patient is a verifier that remembers what it has verified: a test asks for the same few signatures over and over.
type patient struct {
	note.Verifier
	mu    sync.Mutex // guards known
	known map[string]bool
}

func (p *patient) Verify(msg, sig []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := string(msg) + "\x00" + string(sig)
	ok, known := p.known[id]
	if !known {
		ok = p.Verifier.Verify(msg, sig)
		p.known[id] = ok
	}
	return ok
}

func signerOf(t testing.TB, seed byte) signer {
	t.Helper()
	s, err := newSigner("fairway", bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// logged writes entries as a bundle with a head after so many each, and returns it with its newest head. Those of absent
// have left their leaves.
func logged(t testing.TB, s signer, entries []store.AuditEntry, batch int, absent int) (bundle, newest string) {
	t.Helper()
	var out bytes.Buffer
	w := &writer{w: bufio.NewWriter(&out)}
	w.line(line{Version: bundleVersion, Key: s.String()})
	var e edge
	last := int64(0)
	for i := range entries {
		l, text := leafOf(&entries[i], e.size, nil)
		if i < absent {
			text = nil
		}
		w.leaf(l, text)
		e.add(l.hash())
		if e.size%int64(batch) == 0 || i == len(entries)-1 {
			signed, err := Head{Log: s.Name(), Size: e.size, Root: e.root(), At: entries[i].At.Add(time.Minute), After: last}.sign(s)
			if err != nil {
				t.Fatal(err)
			}
			w.head(e.size, signed)
			last, newest = e.size, signed
		}
	}
	w.line(line{End: &w.count})
	if err := w.w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String(), newest
}

// years returns n entries, a day each, of which the last but one says that those from before a year are kept no longer; that
// is how many come first.
func years(n int) (entries []store.AuditEntry, old int) {
	for i := range n {
		entries = append(entries, sample(i*30))
	}
	r := &entries[n-2]
	before := r.At.AddDate(0, 0, -LeastDays).Truncate(24 * time.Hour)
	r.Actor, r.ActorName, r.Action, r.Object, r.ThreadID = retirer.String(), "", retired, "fairway", ""
	r.Detail = fmt.Sprintf(`{"entries": 3, "before": %q}`, before.Format(time.DateOnly))
	for old = 0; entries[old].At.Before(before); old++ {
		continue
	}
	return entries, old
}

// forger changes a bundle in a way that somebody might who can write to everything but what is kept elsewhere.
type forger struct {
	*rand.Rand
	lines []string // of the bundle, each with its end
}

// some returns a line at random that begins so.
func (f *forger) some(begins string) int {
	var at []int
	for i, l := range f.lines {
		if strings.HasPrefix(l, begins) {
			at = append(at, i)
		}
	}
	return at[f.IntN(len(at))]
}

const (
	leafBegins  = `{"position"`
	headBegins  = `{"head"`
	entryBegins = `,"entry":`
)

// whole returns the position of a leaf's line whose entry is there, and what stands before the entry and after.
func (f *forger) whole() (at int, entry string) {
	for {
		at = f.some(leafBegins)
		if _, entry, ok := strings.Cut(f.lines[at], entryBegins); ok {
			return at, strings.TrimSuffix(entry, "}\n")
		}
	}
}

// put writes another entry in a line, with the digest that it has.
func (f *forger) put(at int, entry string) {
	position, _, _ := strings.Cut(f.lines[at], `,"digest"`)
	digest := sha256.Sum256([]byte(entry))
	f.lines[at] = fmt.Sprintf("%s,\"digest\":%q%s%s}\n", position, hex.EncodeToString(digest[:]), entryBegins, entry)
}

// forge changes something and says what.
func (f *forger) forge() string {
	n := len(f.lines)
	switch f.IntN(12) {
	case 0: // one byte
		text := []byte(strings.Join(f.lines, ""))
		at := f.IntN(len(text))
		was := text[at]
		for text[at] == was {
			text[at] = byte(f.IntN(256))
		}
		f.lines = []string{string(text)}
		return fmt.Sprintf("byte %d was %q and is %q", at, was, text[at])
	case 1: // a byte too much
		text := strings.Join(f.lines, "")
		at := f.IntN(len(text) + 1)
		f.lines = []string{text[:at], string(" \n\t\r0,"[f.IntN(6)]), text[at:]}
		return fmt.Sprintf("a byte was put in at %d", at)
	case 2:
		at := f.IntN(n)
		f.lines = append(f.lines[:at], f.lines[at+1:]...)
		return fmt.Sprintf("line %d was deleted", at)
	case 3:
		a, b := f.IntN(n), f.IntN(n-1)
		if b >= a {
			b++
		}
		f.lines[a], f.lines[b] = f.lines[b], f.lines[a]
		return fmt.Sprintf("lines %d and %d changed places", a, b)
	case 4:
		at := f.IntN(n)
		f.lines = append(f.lines[:at+1], f.lines[at:]...)
		return fmt.Sprintf("line %d stands twice", at)
	case 5:
		text := strings.Join(f.lines, "")
		at := f.IntN(len(text))
		f.lines = []string{text[:at]}
		return fmt.Sprintf("cut off after %d bytes", at)
	case 6: // with its digest
		at, entry := f.whole()
		f.put(at, strings.Replace(entry, `"actor_name":"`, fmt.Sprintf(`"actor_name":"%x`, f.Uint32()), 1))
		return fmt.Sprintf("the entry of line %d was changed, and its digest", at)
	case 7:
		at, entry := f.whole()
		head, _, _ := strings.Cut(f.lines[at], entryBegins)
		_, id, _ := strings.Cut(entry, `"id":"`)
		id, _, _ = strings.Cut(id, `"`)
		_, when, _ := strings.Cut(entry, `"at":`)
		when, _, _ = strings.Cut(when, `,`)
		if f.IntN(2) == 0 {
			when = "1000000"
		}
		f.lines[at] = fmt.Sprintf("%s,\"retired\":{\"id\":%q,\"at\":%s}}\n", head, id, when)
		return fmt.Sprintf("the entry of line %d was taken out as if it had been retired at %s", at, when)
	case 8:
		a, one := f.whole()
		b, other := f.whole()
		for a == b {
			b, other = f.whole()
		}
		f.put(a, other)
		f.put(b, one)
		return fmt.Sprintf("the entries of lines %d and %d changed places", a, b)
	case 9:
		at := f.some(headBegins)
		f.lines = append(f.lines[:at], f.lines[at+1:]...)
		return fmt.Sprintf("the head in line %d was deleted", at)
	case 10: // as it had been earlier
		at := f.some(headBegins)
		for at == n-2 {
			at = f.some(headBegins)
		}
		leaves := 0
		for _, l := range f.lines[:at] {
			leaves += strings.Count(l[:len(leafBegins)], leafBegins)
		}
		f.lines = append(f.lines[:at+1], fmt.Sprintf("{\"end\":%d}\n", leaves))
		return fmt.Sprintf("cut off after the head in line %d", at)
	default: // an entry that never was, at the end
		f.lines = append(f.lines[:n-1], strings.Replace(f.lines[n-3], `{"position":`, `{"position":1`, 1), f.lines[n-1])
		return "an entry was added"
	}
}

func TestEachOf10000RandomForgeriesOfABundleIsFound(t *testing.T) {
	t.Parallel()
	const shards, forgeries = 8, 1250
	s := signerOf(t, 1)
	entries, old := years(17)
	text, kept := logged(t, s, entries, 4, old)
	key := s.Key
	key.Verifier = &patient{Verifier: key.Verifier, known: map[string]bool{}}
	report, err := verifyBundle(strings.NewReader(text), key, []string{kept}, nil)
	if err != nil || !report.OK() || report.Retired != int64(old) || old < 2 || report.Leaves != 17 || report.Heads != 5 {
		t.Fatalf("what nobody changed: %+v, %v", report, err)
	}
	for shard := range shards {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("%d of seed %d", shard, seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			for i := range forgeries {
				f := forger{random, strings.SplitAfter(text, "\n")}
				f.lines = f.lines[:len(f.lines)-1]
				did := f.forge()
				forged := strings.Join(f.lines, "")
				report, err := verifyBundle(strings.NewReader(forged), key, []string{kept}, nil)
				if forged != text && err == nil && report.OK() {
					t.Fatalf("forgery %d of seed %d was not found: %s\n%s", i, seed, did, forged)
				}
			}
		})
	}
}

// Whoever has the master key can sign whatever they like: what was kept elsewhere tells.
func TestALogThatWasWrittenAnewAndSignedAnewIsFoundByWhatWasKept(t *testing.T) {
	t.Parallel()
	s := signerOf(t, 1)
	entries, _ := years(17)
	_, kept := logged(t, s, entries[:9], 4, 0)
	grown, _ := logged(t, s, entries, 4, 0)
	left := append(append([]store.AuditEntry{}, entries[:3]...), entries[4:]...)
	without, _ := logged(t, s, left, 4, 0)
	shorter, _ := logged(t, s, entries[:8], 4, 0)
	other := signerOf(t, 2)
	signedAnew, _ := logged(t, other, entries, 4, 0)
	for name, c := range map[string]struct {
		text, key string
		heads     []string
		ok        bool
	}{
		"the log as it went on":                 {grown, s.String(), nil, true},
		"without a head nobody could tell":      {without, s.String(), nil, true},
		"an entry was left out":                 {without, s.String(), []string{kept}, false},
		"it was cut off":                        {shorter, s.String(), []string{kept}, false},
		"it was signed with another key":        {signedAnew, s.String(), nil, false},
		"and the key was taken for the right":   {signedAnew, other.String(), []string{kept}, false},
		"a head that somebody signed besides":   {shorter, s.String(), []string{strings.Replace(mustHead(t, s, entries[:8]), "\n\n", "\n\n— witness.example.com/w1 AAAAAAAA\n", 1)}, true},
		"something else was kept as if a head":  {grown, s.String(), []string{"no head"}, false},
		"heads of a year ago and of a week ago": {grown, s.String(), []string{mustHead(t, s, entries[:4]), mustHead(t, s, entries)}, true},
	} {
		report, err := VerifyBundle(strings.NewReader(c.text), Against{Key: c.key, Heads: c.heads}, nil)
		if err != nil || report.OK() != c.ok {
			t.Errorf("%s: %v %v", name, report.Findings, err)
		}
	}
	for _, text := range []string{"", "x\n", "{}\n", `{"clubos_audit_log":2,"key":"k"}` + "\n"} {
		if _, err := VerifyBundle(strings.NewReader(text), Against{Key: s.String()}, nil); err == nil {
			t.Errorf("%q is taken for a bundle", text)
		}
	}
	if _, err := VerifyBundle(strings.NewReader(grown), Against{Key: "no key"}, nil); err == nil {
		t.Error("it was verified by no key")
	}
}

func mustHead(t *testing.T, s signer, entries []store.AuditEntry) string {
	t.Helper()
	_, newest := logged(t, s, entries, 4, 0)
	return newest
}

func TestAProofHoldsForItsEntryAlone(t *testing.T) {
	t.Parallel()
	s := signerOf(t, 1)
	text, _ := logged(t, s, []store.AuditEntry{sample(1)}, 4, 0)
	if _, err := CheckProof(text, s.Key); err == nil {
		t.Error("a bundle is taken for a proof")
	}
}

func FuzzBundle(f *testing.F) {
	s := signerOf(f, 1)
	entries, old := years(17)
	text, kept := logged(f, s, entries, 4, old)
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Fuzz(func(t *testing.T, forged string) {
		report, err := VerifyBundle(strings.NewReader(forged), Against{Key: s.String(), Heads: []string{kept}}, nil)
		if forged != text && err == nil && report.OK() {
			t.Errorf("it was not found:\n%s", forged)
		}
	})
}
