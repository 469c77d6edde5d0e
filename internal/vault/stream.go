package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

// segmentSize is how much of a stream is sealed at a time. A reader has verified what it gets, and a
// stream that was cut short, or whose parts were moved, ends in an error.
const segmentSize = 1 << 20

// stream seals streams with a key that is derived from the master key (HKDF-SHA-256), in segments
// (AES-256-GCM).
func (v *Vault) stream() (*subtle.AESGCMHKDF, error) {
	s, err := subtle.NewAESGCMHKDF(v.streamKey, "SHA256", keySize, segmentSize, 0)
	if err != nil {
		return nil, fmt.Errorf("open stream cipher: %w", err)
	}
	return s, nil
}

func streamKey(masterKey []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, masterKey, nil, "clubos stream", keySize)
}

// SealStream returns a writer that seals what is written to it into w. It must be closed; what stands in
// context must be the same when it is opened.
func (v *Vault) SealStream(w io.Writer, context []byte) (io.WriteCloser, error) {
	s, err := v.stream()
	if err != nil {
		return nil, err
	}
	return s.NewEncryptingWriter(w, context)
}

// OpenStream returns a reader of what SealStream sealed.
func (v *Vault) OpenStream(r io.Reader, context []byte) (io.Reader, error) {
	s, err := v.stream()
	if err != nil {
		return nil, err
	}
	return s.NewDecryptingReader(r, context)
}
