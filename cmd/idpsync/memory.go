package main

import (
	"bytes"
	"os"
	"strconv"
)

// memoryLimit is how many bytes of memory the system lets this process have, 0
// when it sets no limit or cannot tell. In a container the first file is there
// (control groups, version 2) or the second (version 1).
func memoryLimit() uint64 {
	return limitIn("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
}

func limitIn(files ...string) uint64 {
	const none = 1 << 60 // version 1 says a number beyond all memory for no limit, version 2 "max"
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseUint(string(bytes.TrimSpace(data)), 10, 64); err == nil && n < none {
			return n
		}
	}
	return 0
}

// memoryAvailable is how many bytes of memory the machine can give without
// swapping, 0 when it does not tell (systems other than Linux).
func memoryAvailable() uint64 { return availableIn("/proc/meminfo") }

func availableIn(file string) uint64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(data, []byte("\nMemAvailable:"))
	number, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" kB"))
	n, err := strconv.ParseUint(string(number), 10, 44)
	if err != nil {
		return 0
	}
	return n << 10
}
