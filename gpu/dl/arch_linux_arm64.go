//go:build !purego

package dl

import "debug/elf"

const (
	machine      = elf.EM_AARCH64
	relocGlobDat = uint32(elf.R_AARCH64_GLOB_DAT)
)

// Where dynamic loaders lie.
var rtldPaths = []string{"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"}

// directMask blocks every signal on C's thread and, by inheritance, on every thread that C
// makes. Go's handlers take the goroutine from register R28, in which C keeps what it likes.
// The price: a fault on this thread, in C or in Go, ends the process without Go's report and
// cannot be recovered from, and system calls that Go makes on all threads (syscall.Setuid)
// wait for ever. Mailbox mode has neither trouble.
const directMask = ^uint64(0)
