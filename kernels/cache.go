package kernels

import "github.com/klauspost/cpuid/v2"

// SecondLevelCache returns the size in bytes of the second-level cache that one core has: what
// the processor says, or 1 MiB where it says nothing.
func SecondLevelCache() int {
	if n := cpuid.CPU.Cache.L2; n > 0 {
		return n
	}
	return 1 << 20
}
