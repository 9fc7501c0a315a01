//go:build (amd64 || arm64) && !purego

package dl

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mailbox is how Go and C's thread talk in mailbox mode. Go writes the frame and counts calls
// up; the thread makes the call and brings done to the same number. Who has nothing to do
// sleeps on the other's counter: futex(2).
type mailbox struct {
	frame uintptr
	calls uint32
	done  uint32
}

var mail mailbox

// Operations of futex(2), for threads of one process.
const (
	futexWait = 0 | 128
	futexWake = 1 | 128
)

// startMailbox makes a thread that Go's runtime does not know, with all signals blocked, on
// which ld.so starts. Arriving in mainMailbox counts as having done the first call.
func startMailbox() error {
	mail.calls = 1
	old, err := setMask(^uint64(0)) // the new thread inherits it
	if err != nil {
		return err
	}
	tid := cloneMailbox()
	if _, err := setMask(old); err != nil {
		return err
	}
	if tid < 0 {
		return fmt.Errorf("dl: clone: %w", unix.Errno(-tid))
	}
	await(1)
	return nil
}

// callMailbox has C's thread make the call in f.
func callMailbox(f *frame) {
	mail.frame = uintptr(unsafe.Pointer(f)) // kept alive and in place by the Loader
	n := atomic.AddUint32(&mail.calls, 1)
	futex(&mail.calls, futexWake, 1)
	await(n)
}

// await sleeps until call n is done.
func await(n uint32) {
	for {
		done := atomic.LoadUint32(&mail.done)
		if done == n {
			return
		}
		futex(&mail.done, futexWait, done) // unless it has changed by now
	}
}

func futex(word *uint32, op uintptr, value uint32) {
	unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), op, uintptr(value), 0, 0, 0)
}

// cloneMailbox makes the thread and returns its number, or the negative error.
func cloneMailbox() int
