//go:build (amd64 || arm64) && !purego

package dl

import _ "unsafe" // for go:linkname

// Go's runtime gives these two names away on purpose: between them the goroutine counts as
// being in a system call, so the garbage collector and the scheduler do not wait for it.

//go:linkname entersyscall runtime.entersyscall
func entersyscall()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// startDirect gives this thread to C. When it returns, C is up and the thread's thread-local
// storage is C's, with Go's g in it.
func startDirect() error {
	if err := checkG(); err != nil {
		return err
	}
	if _, err := setMask(directMask); err != nil {
		return err
	}
	enterDirect()
	return nil
}

//go:nosplit
//go:noinline
func enterDirect() {
	entersyscall()
	bootDirect()
	exitsyscall()
}

// callDirect makes a call on this thread, which is C's. The name stands in the report of a crash in C.
//
//go:nosplit
//go:noinline
func callDirect(f *frame) {
	entersyscall()
	callC(f)
	exitsyscall()
}

// bootDirect jumps into ld.so on C's stack; mainDirect returns from it.
func bootDirect()

// callC makes the call in f on C's stack.
//
//go:noescape
func callC(f *frame)

// codeAddresses returns where assembly begins that C jumps to: the synthetic program's entry
// point, its main function for either mode, and a function that does nothing.
func codeAddresses() (entry, mainDirect, mainMailbox, nothing uintptr)
