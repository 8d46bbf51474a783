package pipeline

import (
	"os"
	"strconv"
	"strings"
)

// fallbackMemory is assumed where the machine does not say what it has.
const fallbackMemory = 4 << 30

// machineMemory returns the bytes of memory this process may use: the smallest
// of the cgroup's limit and the machine's memory, where Linux tells them.
func machineMemory() int64 {
	memory := int64(fallbackMemory)
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if total := memTotal(string(b)); total > 0 {
			memory = total
		}
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// "max" (version 2) and a number near 2^63 (version 1) mean no limit.
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && limit > 0 {
			memory = min(memory, limit)
		}
	}
	return memory
}

// memTotal reads the line "MemTotal: 24576000 kB".
func memTotal(meminfo string) int64 {
	for line := range strings.Lines(meminfo) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
