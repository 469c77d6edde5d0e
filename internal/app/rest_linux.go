package app

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// unmapProgram takes the pages of the program's file out of this process. They stay in the system's cache of files,
// and those that are used again come back from there without being read. What it is worth is that the pages of
// the start alone do not count as this process's memory, and are the first to go where memory is short.
func unmapProgram() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, m := range programMappings(smaps, program) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.from, m.to-m.from, syscall.MADV_DONTNEED) // refused: they stay
	}
}

// mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// programMappings finds the mappings of a file, in smaps of proc(5), that cannot be written and of which this process
// has no pages of its own: all that is in them is in the file.
func programMappings(smaps []byte, file string) (list []mapping) {
	var at mapping
	candidate := false
	for line := range bytes.Lines(smaps) {
		fields := strings.Fields(string(line))
		switch {
		case len(fields) >= 5 && !strings.HasSuffix(fields[0], ":"):
			var ok bool
			at, ok = parseRange(fields[0])
			candidate = ok && !strings.Contains(fields[1], "w") && len(fields) == 6 && fields[5] == file
		case candidate && len(fields) == 3 && fields[0] == "Anonymous:":
			if fields[1] == "0" {
				list = append(list, at)
			}
			candidate = false
		}
	}
	return list
}

func parseRange(s string) (m mapping, ok bool) {
	from, to, _ := strings.Cut(s, "-")
	a, err := strconv.ParseUint(from, 16, 64)
	b, err2 := strconv.ParseUint(to, 16, 64)
	return mapping{uintptr(a), uintptr(b)}, err == nil && err2 == nil && a < b
}
