//go:build !purego

package dl

import "debug/elf"

const (
	machine      = elf.EM_X86_64
	relocGlobDat = uint32(elf.R_X86_64_GLOB_DAT)
)

// Where dynamic loaders lie.
var rtldPaths = []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"}

// directMask blocks on C's thread, and by inheritance on every thread that C makes, the
// signals that come from outside: on C's own threads Go's handlers would find no goroutine
// and end the process. What a faulting instruction raises stays open, so that it gives Go's crash report:
// SIGILL 4, SIGTRAP 5, SIGBUS 7, SIGFPE 8, SIGSEGV 11, SIGSYS 31. So does 33, by which Go makes
// a system call on all of its threads.
const directMask = ^uint64(1<<(4-1) | 1<<(5-1) | 1<<(7-1) | 1<<(8-1) | 1<<(11-1) | 1<<(31-1) | 1<<(33-1))
