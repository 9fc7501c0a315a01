//go:build !purego

package dl

import (
	"math"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// On Windows every process has a C library and Go calls DLLs itself: a boot is only a thread
// to call from.

type native struct{}

type plan struct {
	mode Mode
	path string
}

func newPlan(Options, Mode) (*plan, error) { return &plan{mode: Direct, path: "kernel32.dll"}, nil }

func (l *Loader) boot(*plan) error {
	l.libc = "Windows"
	return nil
}

// invoke makes the call in the frame. SyscallN puts the first four arguments into the vector
// registers too, so floats in front arrive.
func (c *Caller) invoke() {
	f := &c.frame
	var args [maxFloats + maxArgs]uintptr
	n := 0
	for _, x := range f.floats[:f.nfloat] {
		args[n] = uintptr(math.Float64bits(x))
		n++
	}
	n += copy(args[n:], f.args[:f.nargs])
	r1, r2, _ := syscall.SyscallN(uintptr(f.fn), args[:n]...)
	f.ret, f.fret = r1, math.Float64frombits(uint64(r2))
}

func (c *Caller) open(name string, _ bool) (uintptr, error) {
	h, err := windows.LoadLibrary(name)
	return uintptr(h), err
}

func (c *Caller) symbol(handle uintptr, name string) (Func, error) {
	f, err := windows.GetProcAddress(windows.Handle(handle), name)
	return Func(f), err
}

// KeepSignals runs f; Windows has no signals.
func (c *Caller) KeepSignals(f func()) error {
	f()
	return nil
}

func threadID() int { return int(windows.GetCurrentThreadId()) }

func exitSignal(*os.ProcessState) os.Signal { return nil }
