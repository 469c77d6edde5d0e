package guard

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Process reads what this process uses from proc(5). Other systems than Linux do not tell.
type Process struct{}

// clockTick is the unit of processor times in proc(5), 100 per second on every architecture of Go.
const clockTick = 10 * time.Millisecond

// Read implements Meter.
func (Process) Read() (Reading, bool) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return Reading{}, false
	}
	return parseStat(string(stat), int64(os.Getpagesize()))
}

// parseStat reads utime, stime and rss, the fields 14, 15 and 24. The second one, the program's name in
// parentheses, may itself hold spaces and parentheses.
func parseStat(stat string, page int64) (Reading, bool) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 22 {
		return Reading{}, false
	}
	var n [3]int64
	for i, at := range []int{11, 12, 21} {
		v, err := strconv.ParseInt(fields[at], 10, 64)
		if err != nil {
			return Reading{}, false
		}
		n[i] = v
	}
	return Reading{CPU: time.Duration(n[0]+n[1]) * clockTick, Memory: n[2] * page}, true
}
