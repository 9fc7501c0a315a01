//go:build (amd64 || arm64) && !purego

package dl

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const signals = 64

// action is the kernel's struct sigaction.
type action struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// restorerFlag says that restorer is set: a detail of each C library, and no difference.
const restorerFlag = 0x04000000

func (a action) same(b action) bool {
	return a.handler == b.handler && a.mask == b.mask && a.flags|restorerFlag == b.flags|restorerFlag
}

// actions is what the process does on each signal; number s stands at s-1.
type actions [signals]action

// currentActions asks the kernel. Go's and C's libraries each keep parts of it to themselves.
func currentActions() (*actions, error) {
	var all actions
	for i := range all {
		if err := sigaction(i+1, nil, &all[i]); err != nil {
			return nil, err
		}
	}
	return &all, nil
}

// restore sets what differs from a back to it. C libraries install handlers as they start:
// glibc one for signal 33 with the first thread, which is the signal by which Go makes a
// system call on all threads (syscall.Setuid hangs without); MPI libraries for SIGSEGV.
func (a *actions) restore() error {
	now, err := currentActions()
	if err != nil {
		return err
	}
	for i := range a {
		if !now[i].same(a[i]) {
			if err := sigaction(i+1, &a[i], nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func sigaction(signal int, set, old *action) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	if errno != 0 {
		return fmt.Errorf("dl: the action of signal %d: %w", signal, errno)
	}
	return nil
}

// setMask blocks the signals of mask, and no others, on this thread, and returns what was
// blocked before. Bit s-1 is signal s.
func setMask(mask uint64) (old uint64, err error) {
	set, was := unix.Sigset_t{Val: [16]uint64{mask}}, unix.Sigset_t{}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &set, &was); err != nil {
		return 0, fmt.Errorf("dl: blocking signals: %w", err)
	}
	return was.Val[0], nil
}

// KeepSignals runs f and then undoes what the C code in it did to the process's signal
// handlers. Initialising a big library wants it: MPI's takes over SIGSEGV, which Go needs.
func (c *Caller) KeepSignals(f func()) error {
	before, err := currentActions()
	if err != nil {
		return err
	}
	f()
	return before.restore()
}
