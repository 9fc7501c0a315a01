//go:build !purego

package dl

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// slot is where a static Go binary keeps g, from the address in the FS register.
const slot = -8

// threadPointer returns what the FS register holds: the kernel knows.
func threadPointer() (uintptr, error) {
	const archGetFS = 0x1003
	var fs uintptr
	if _, _, errno := unix.RawSyscall(unix.SYS_ARCH_PRCTL, archGetFS, uintptr(unsafe.Pointer(&fs)), 0); errno != 0 {
		return 0, fmt.Errorf("dl: arch_prctl: %w", errno)
	}
	return fs, nil
}

// checkG sees, before anything is changed, whether g is where direct mode expects it.
func checkG() error {
	fs, err := threadPointer()
	if err != nil {
		return err
	}
	if kept := *(*uintptr)(unsafe.Add(pointer(fs), slot)); kept != currentG() {
		return fmt.Errorf("%w: this Go runtime does not keep g at FS%d", ErrUnsupported, slot)
	}
	return nil
}

// checkSlot sees, once C is up, whether its loader gave FS-8 to the program that asked for it,
// and to nothing of its own: the first variable of thread-local module 1, the main program,
// must lie there.
func (c *Caller) checkSlot() error {
	get, err := c.symbol(0, "__tls_get_addr")
	if err != nil {
		return err
	}
	c.words.Reset()
	index, p := Slice[uintptr](&c.words, 2) // module, offset
	index[0] = 1
	at := c.Call(get, p)
	fs, err := threadPointer()
	if err != nil {
		return err
	}
	if want := uintptr(unsafe.Add(pointer(fs), slot)); at != want {
		return fmt.Errorf("dl: the main program's thread-local storage is at FS%+d, want FS%d", int64(at-fs), slot)
	}
	return checkG()
}

// currentG returns the register that holds the current goroutine.
func currentG() uintptr
