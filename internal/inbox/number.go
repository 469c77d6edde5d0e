package inbox

import (
	"sync"

	"clubos/internal/phone"
)

// numbers remembers how numbers are written in E.164: parsing one costs as much as storing a text, and
// the same members write again and again. What it remembers depends on nothing else, so it never ages.
type numbers struct {
	mu   sync.Mutex // guards e164
	e164 map[string]string
}

// numbersKept bounds the memory; when it is full it starts afresh.
const numbersKept = 8192

// normalise returns an international number as E.164; ok is false for anything else.
func (n *numbers) normalise(raw string) (e164 string, ok bool) {
	n.mu.Lock()
	e164, ok = n.e164[raw]
	n.mu.Unlock()
	if ok {
		return e164, true
	}
	if e164, ok = phone.Normalise(raw, ""); !ok {
		return "", false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.e164 == nil || len(n.e164) >= numbersKept {
		n.e164 = map[string]string{}
	}
	n.e164[raw] = e164
	return e164, true
}
