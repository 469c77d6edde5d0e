package vault

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// masterKeyFile is the name of the key that is made on first start, in the data directory.
const masterKeyFile = "master.key"

// MasterKeyConfig says where the master key is. At most one of Value and File is set; when neither is,
// the key lives in DataDir and is made there if need be.
type MasterKeyConfig struct {
	Value   string       // CLUBOS_MASTER_KEY: base64 of 32 bytes
	File    string       // CLUBOS_MASTER_KEY_FILE: a file that holds the same
	DataDir string       // where master.key is kept otherwise
	Log     *slog.Logger // required: told when a key is made
}

// LoadMasterKey returns the 32 bytes of the master key. Its errors say what to do about them.
//
// Two processes that start at once on one data directory agree on one key.
func LoadMasterKey(c MasterKeyConfig) ([]byte, error) {
	switch {
	case c.Value != "" && c.File != "":
		return nil, errors.New("CLUBOS_MASTER_KEY and CLUBOS_MASTER_KEY_FILE are both set; set one of them")
	case c.Value != "":
		return decodeMasterKey(c.Value, "CLUBOS_MASTER_KEY")
	case c.File != "":
		return readMasterKey(c.File)
	case c.DataDir == "":
		return nil, errors.New("there is no master key: set CLUBOS_MASTER_KEY, CLUBOS_MASTER_KEY_FILE or a data directory")
	}
	path := filepath.Join(c.DataDir, masterKeyFile)
	key, err := readMasterKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	made, err := createMasterKey(c.DataDir, path)
	if err != nil {
		return nil, fmt.Errorf("make master key: %w", err)
	}
	if made {
		c.Log.Warn("a master key was made; back it up apart from the database: without it the personal data in the database is lost, and with it anybody can read it",
			"event.action", "master_key_created", "file.path", path)
	}
	return readMasterKey(path)
}

// NewMasterKey returns a fresh master key as CLUBOS_MASTER_KEY wants it.
func NewMasterKey() (string, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(key), nil
}

func decodeMasterKey(text, where string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("the master key in %s is not base64; make one with: openssl rand -base64 32", where)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("the master key in %s has %d bytes, want %d; make one with: openssl rand -base64 32", where, len(key), keySize)
	}
	return key, nil
}

func readMasterKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the master key %s is not a file", path)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("the master key %s is open to everybody on this machine (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text := make([]byte, 256)
	n, err := f.Read(text)
	if err != nil && n == 0 {
		return nil, fmt.Errorf("the master key %s is empty", path)
	}
	return decodeMasterKey(string(text[:n]), path)
}

// createMasterKey writes a fresh key aside and links it into place, which fails when another process
// was first; a reader never sees half a key.
func createMasterKey(dir, path string) (made bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	text, err := NewMasterKey()
	if err != nil {
		return false, err
	}
	tmp, err := os.CreateTemp(dir, ".master-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(text + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return false, err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return false, nil
		}
		return false, err
	}
	d, err := os.Open(dir)
	if err != nil {
		return true, err
	}
	return true, errors.Join(d.Sync(), d.Close())
}
