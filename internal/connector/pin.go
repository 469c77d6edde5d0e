package connector

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"strings"

	"clubos/internal/club"
)

// pinned accepts exactly one certificate, known by the SHA-256 of its DER form. It is for consoles
// with self-signed certificates, where no authority could vouch for the name. The pin may be written
// with colons, as browsers and openssl show it.
func pinned(pin string) (*tls.Config, error) {
	want, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(pin), ":", ""))
	if err != nil || len(want) != sha256.Size {
		return nil, club.Invalid("a certificate pin is a SHA-256 in 64 hexadecimal digits")
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		// The chain is not checked because the certificate itself is, byte for byte, on every
		// connection (VerifyConnection also runs when a session is resumed).
		InsecureSkipVerify: true, //nolint:gosec // stricter than the chain: see VerifyConnection
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("the server showed no certificate")
			}
			got := sha256.Sum256(s.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(got[:], want) != 1 {
				return errors.New("the server's certificate is not the pinned one")
			}
			return nil
		},
	}, nil
}

// TLS returns how a vendor that does not speak HTTP is connected to: its certificate must be one that the
// system's roots vouch for or, with a pin, exactly the pinned one.
func TLS(host, pin string) (*tls.Config, error) {
	if pin == "" {
		return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}, nil
	}
	return pinned(pin)
}
