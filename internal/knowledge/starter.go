package knowledge

import (
	_ "embed"
	"slices"
)

//go:embed starter.yaml
var starterYAML []byte

// Starter returns the file of procedures that a club starts with, as YAML. It names the locations of
// the demo club in its overrides; a real club edits or drops those.
func Starter() []byte { return slices.Clone(starterYAML) }
