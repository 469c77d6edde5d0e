package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Machine is what was measured on. Figures of different machines compare by ratios only.
type Machine struct {
	Cores     int    `json:"cores"`
	Processor string `json:"processor,omitempty"`  // its name, where the system tells
	Memory    int    `json:"memory_mib,omitempty"` // likewise
	System    string `json:"system"`
	Go        string `json:"go"`
}

func thisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	m.Processor, _ = field("/proc/cpuinfo", "model name")
	if kib, ok := field("/proc/meminfo", "MemTotal"); ok {
		n, _ := strconv.Atoi(strings.TrimSuffix(kib, " kB")) // 0 is left out
		m.Memory = n >> 10
	}
	return m
}

// field reads the first line "name: value" of a file that the system makes.
func field(file, name string) (value string, ok bool) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", false
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

func (m Machine) String() string {
	s := fmt.Sprintf("%d CPUs", m.Cores)
	if m.Processor != "" {
		s += " (" + m.Processor + ")"
	}
	if m.Memory > 0 {
		s += fmt.Sprintf(", %d MiB", m.Memory)
	}
	return s + ", " + m.System + ", " + m.Go
}

// syncs is how many syncs of the disk are timed.
const syncs = 15

// timeSync returns how long it takes, at the median, until four more KiB of a file in a directory are on the disk: what
// each durable commit waits for at least.
func timeSync(dir string) (time.Duration, error) {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return 0, fmt.Errorf("make a file: %w", err)
	}
	defer func() { _, _ = f.Close(), os.Remove(f.Name()) }()
	took := make([]time.Duration, syncs)
	for i := range took {
		start := time.Now()
		if _, err := f.Write(make([]byte, 4<<10)); err != nil {
			return 0, fmt.Errorf("write: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("sync: %w", err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[syncs/2], nil
}
