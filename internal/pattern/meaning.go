package pattern

import (
	"sync"

	"clubos/internal/pattern/lexicon"
)

// meanings is what words mean, under the stems of this package. It is made when
// the first text is read.
var meanings = sync.OnceValue(func() *lexicon.Lexicon { return lexicon.New(stem) })
