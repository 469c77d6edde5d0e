package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/phrase"
)

// maxKey bounds what stands in an index: PostgreSQL refuses index rows above 2.7 kB.
const maxKey = 255

// key returns a vendor's id as it is stored. An id that PostgreSQL could not hold (NUL, invalid UTF-8)
// or index is replaced by its hash, so that it stays as distinct as it was.
func key(id string) string {
	if len(id) <= maxKey && utf8.ValidString(id) && !strings.Contains(id, "\x00") {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// clean makes a foreign string one that any database column and any page can show: valid UTF-8 without
// NUL, at most n runes.
func clean(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	return clip(s, n)
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	i := 0
	for at := range s {
		if i == n {
			return s[:at]
		}
		i++
	}
	return s
}

// masked returns a text for search and matching.
func masked(text string, names []string) string {
	return clean(phrase.Mask(strings.ToValidUTF8(text, "\uFFFD"), names...), len(text)+1024)
}

// mayName reports whether a text may hold one of the names. False is certain; it is worth the look,
// for masking costs more than everything else that the transaction computes.
func mayName(text string, names []string) bool {
	lower := strings.ToLower(text)
	for _, n := range names {
		if !ascii(text) || !ascii(n) || strings.Contains(lower, strings.ToLower(n)) {
			return true
		}
	}
	return false
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// maxSnippet is how many characters of the last message lists show.
const maxSnippet = 120

func snippet(masked string, media int) string {
	s := clip(strings.Join(strings.Fields(masked), " "), maxSnippet)
	switch {
	case s != "":
		return s
	case media > 0:
		return "[attachment]"
	}
	return "[empty text]"
}

// cleanMedia makes attachments storable as JSON, which admits no NUL on PostgreSQL.
func cleanMedia(media []club.Media) []club.Media {
	out := make([]club.Media, 0, len(media))
	for _, m := range media {
		out = append(out, club.Media{URL: clean(m.URL, 4096), Type: clean(m.Type, maxKey)})
	}
	return out
}
