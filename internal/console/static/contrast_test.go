package static_test

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"testing"

	"clubos/internal/console/static"
)

// TestTextIsLegibleInBothThemes computes the contrast of every pair of colours that text is set in
// (WCAG 2.1, 1.4.3: 4.5 to 1) and of what one must see to use a field (1.4.11: 3 to 1).
func TestTextIsLegibleInBothThemes(t *testing.T) {
	t.Parallel()
	src, err := fs.ReadFile(static.Files(), "css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(src), -1) {
		tokens[m[1]] = [2]string{m[2], m[3]}
	}
	type pair struct {
		fore, back string
		least      float64
	}
	var pairs []pair
	for _, back := range []string{"bg", "bg-side", "surface", "surface-2", "surface-3", "hover", "selected"} {
		for _, fore := range []string{"ink", "ink-2", "ink-3"} {
			pairs = append(pairs, pair{fore, back, 4.5})
		}
	}
	for _, back := range []string{"bg", "surface", "surface-2", "selected", "machine-wash"} {
		for _, fore := range []string{"accent-text", "ok", "info", "warn", "danger", "machine"} {
			pairs = append(pairs, pair{fore, back, 4.5})
		}
	}
	for _, tone := range []string{"ok", "info", "warn", "danger", "machine"} {
		pairs = append(pairs, pair{tone, tone + "-bg", 4.5}, pair{"ink", tone + "-bg", 4.5}, pair{"surface", tone, 4.5})
	}
	pairs = append(pairs, pair{"accent-ink", "accent", 4.5}, pair{"accent-ink", "accent-hover", 4.5}, pair{"danger-fill-ink", "danger-fill", 4.5},
		pair{"field-line", "surface", 3}, pair{"focus", "bg", 3}, pair{"focus", "surface", 3}, pair{"accent", "surface", 3}, pair{"surface", "ink-2", 4.5})
	for _, p := range pairs {
		fore, ok1 := tokens[p.fore]
		back, ok2 := tokens[p.back]
		if !ok1 || !ok2 {
			t.Fatalf("no token %s or %s", p.fore, p.back)
		}
		for i, theme := range []string{"light", "dark"} {
			if c := contrast(fore[i], back[i]); c < p.least {
				t.Errorf("%s: --%s on --%s has a contrast of %.2f, less than %g", theme, p.fore, p.back, c, p.least)
			}
		}
	}
}

// contrast is the ratio of WCAG 2.1 for two colours #rrggbb.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(hex string) float64 {
	channel := func(s string) float64 {
		n, err := strconv.ParseUint(s, 16, 8)
		if err != nil {
			panic(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*channel(hex[1:3]) + .7152*channel(hex[3:5]) + .0722*channel(hex[5:7])
}
