package club

import "regexp"

// Slug names a tenant in URLs, schema names, file names, cache keys and logs. It is checked once,
// by ParseSlug, when the tenant is created; a Slug value elsewhere is known to be sound.
type Slug string

func (s Slug) String() string { return string(s) }

var slugPattern = regexp.MustCompile(`^[a-z][a-z0-9]{1,30}$`)

// ParseSlug accepts 2 to 31 lower-case letters and digits that begin with a letter. The narrow
// alphabet lets a slug stand in an SQL identifier and a file name without quoting.
func ParseSlug(s string) (Slug, error) {
	if !slugPattern.MatchString(s) {
		return "", Invalid("a club's short name has 2 to 31 lower-case letters and digits and begins with a letter; %q does not fit", clip(s, 40))
	}
	return Slug(s), nil
}
