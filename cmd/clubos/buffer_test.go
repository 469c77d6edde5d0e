package main

import (
	"bytes"
	"sync"
)

// lockedBuffer keeps what is written by several goroutines and tells of each write.
type lockedBuffer struct {
	mu   sync.Mutex // guards buf
	buf  bytes.Buffer
	seen func(string)
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	n, err := b.buf.Write(p)
	b.mu.Unlock()
	b.seen(string(p))
	return n, err
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
