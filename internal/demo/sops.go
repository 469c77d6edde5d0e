package demo

import (
	"bytes"
	"io"

	"clubos/internal/knowledge"
)

// starter reads the procedures that come with ClubOS, the demo club's overrides included.
func starter() io.Reader { return bytes.NewReader(knowledge.Starter()) }
