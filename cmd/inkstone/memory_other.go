//go:build !linux

package main

import "runtime"

// peakRSS returns the memory Go has obtained from the system, which is the nearest figure
// that every system has.
func peakRSS() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// availableMemory returns 0: unknown.
func availableMemory() int64 { return 0 }
