package main

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
)

// peakRSS returns the largest number of bytes of memory the process has had.
func peakRSS() int64 { return kibibytes("/proc/self/status", "VmHWM:") }

// availableMemory returns how many bytes can be taken without swapping, or 0 if unknown.
func availableMemory() int64 { return kibibytes("/proc/meminfo", "MemAvailable:") }

// kibibytes reads a line such as "VmHWM:  1234 kB" of one of the kernel's tables.
func kibibytes(path, name string) int64 {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		if fields := bytes.Fields(s.Bytes()); len(fields) >= 2 && string(fields[0]) == name {
			n, err := strconv.ParseInt(string(fields[1]), 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}
