package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleMaps = `00400000-01a00000 r-xp 00000000 fe:00 77 /opt/clubos
Size:              22528 kB
Rss:               20000 kB
Anonymous:             0 kB
01a00000-03000000 r--p 01600000 fe:00 77 /opt/clubos
Rss:               20000 kB
Anonymous:             0 kB
03000000-03100000 rw-p 02c00000 fe:00 77 /opt/clubos
Anonymous:             0 kB
03100000-03200000 r--p 02d00000 fe:00 77 /opt/clubos
Anonymous:            16 kB
7f0000000000-7f0000200000 r-xp 00000000 fe:00 12 /usr/lib/libc.so.6
Anonymous:             0 kB
7fff00000000-7fff00001000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
`

func TestOnlyWhatStandsInTheProgramsFileIsUnmapped(t *testing.T) {
	t.Parallel()
	want := []mapping{{0x400000, 0x1a00000}, {0x1a00000, 0x3000000}}
	if diff := cmp.Diff(want, programMappings([]byte(sampleMaps), "/opt/clubos"), cmp.AllowUnexported(mapping{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	unmapProgram() // and this one goes on
}
