//go:build (amd64 || arm64) && !purego

package dl

import (
	"debug/elf"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// native is what this system's loader keeps.
type native struct {
	dlopen, dlsym, dlerror Func
}

// plan is what is known before anything happens.
type plan struct {
	mode Mode
	path string
	rtld *rtld
}

// newPlan finds out whether a boot can work. It changes nothing.
func newPlan(o Options, mode Mode) (*plan, error) {
	if mode == Direct {
		if err := staticProgram(); err != nil {
			return nil, err
		}
	}
	r, err := findRTLD(o.LoaderPath)
	if err != nil {
		return nil, err
	}
	return &plan{mode: mode, path: r.path, rtld: r}, nil
}

// bootState is what Go and assembly tell each other while C starts, and then for each call.
type bootState struct {
	entry   uintptr // ld.so's first instruction
	stack   uintptr // where SP points then
	start   uintptr // address of __libc_start_main's slot
	main    uintptr // the C main function: mainDirect or mainMailbox
	goStack uintptr // where Go goes on
	goLink  uintptr // and the address there, where the processor keeps it in a register
	g       uintptr // for which goroutine
	cStack  uintptr // SP for calls: below the frames of main, which never returns
}

var boot bootState

// boot brings up the C library; the goroutine is locked to its thread.
func (l *Loader) boot(p *plan) error {
	base, err := p.rtld.load()
	if err != nil {
		return err
	}
	prog, err := newProgram(p.rtld)
	if err != nil {
		return err
	}
	entry, mainDirect, mainMailbox, nothing := codeAddresses()
	sp, err := newStack(prog, uintptr(base), entry)
	if err != nil {
		return err
	}
	boot.entry = uintptr(base) + uintptr(p.rtld.elf.Entry)
	boot.stack = sp
	boot.start = uintptr(unsafe.Pointer(&prog.slots[importStart]))
	before, err := currentActions()
	if err != nil {
		return err
	}
	switch l.mode {
	case Direct:
		boot.main = mainDirect
		err = startDirect()
	case Mailbox:
		boot.main = mainMailbox
		err = startMailbox()
	}
	if err != nil {
		return err
	}

	// C is up: ld.so has filled the slots.
	l.native = native{
		dlopen:  Func(prog.slots[importOpen]),
		dlsym:   Func(prog.slots[importSym]),
		dlerror: Func(prog.slots[importError]),
	}
	c := &l.caller
	if err := c.firstThread(nothing); err != nil {
		return err
	}
	if l.mode == Direct {
		if _, err := setMask(directMask); err != nil { // the first thread has opened two
			return err
		}
		if err := c.checkSlot(); err != nil {
			return err
		}
	}
	l.libc = "musl"
	if f, err := c.symbol(0, "gnu_get_libc_version"); err == nil {
		l.libc = "glibc " + GoString(c.Call(f))
	}
	return before.restore()
}

// firstThread makes and joins a thread, with which glibc installs signal handlers that are
// better known now.
func (c *Caller) firstThread(start uintptr) error {
	create, err := c.symbol(0, "pthread_create")
	if err != nil {
		return err
	}
	join, err := c.symbol(0, "pthread_join")
	if err != nil {
		return err
	}
	c.words.Reset()
	thread, p := New[uintptr](&c.words)
	if e := int32(c.Call(create, p, 0, start, 0)); e != 0 {
		return fmt.Errorf("dl: pthread_create: %w", unix.Errno(e))
	}
	if e := int32(c.Call(join, *thread, 0)); e != 0 {
		return fmt.Errorf("dl: pthread_join: %w", unix.Errno(e))
	}
	return nil
}

// invoke makes the call in the frame.
func (c *Caller) invoke() {
	if c.loader.mode == Direct {
		callDirect(&c.frame)
	} else {
		callMailbox(&c.frame)
	}
}

// Flags of dlopen(3).
const (
	rtldNow    = 2
	rtldGlobal = 0x100
)

// open loads a library.
func (c *Caller) open(name string, global bool) (handle uintptr, err error) {
	flags := uintptr(rtldNow)
	if global {
		flags |= rtldGlobal
	}
	c.words.Reset()
	p := c.words.CString(name)
	kept := c.KeepSignals(func() { handle = c.Call(c.loader.native.dlopen, p, flags) })
	if handle == 0 {
		return 0, c.lastError()
	}
	return handle, kept
}

// symbol looks a function up in a library, or for handle 0 in the C library.
func (c *Caller) symbol(handle uintptr, name string) (Func, error) {
	c.words.Reset()
	p := c.words.CString(name)
	f := Func(c.Call(c.loader.native.dlsym, handle, p))
	if f == 0 {
		return 0, c.lastError()
	}
	return f, nil
}

// lastError returns what the C library says of the last failure.
func (c *Caller) lastError() error {
	if text := GoString(c.Call(c.loader.native.dlerror)); text != "" {
		return fmt.Errorf("%s", text)
	}
	return fmt.Errorf("the dynamic loader gives no reason")
}

// staticProgram returns an error unless this process began without a C library, as direct
// mode needs: the FS register is Go's to give away and the loader's first thread-local
// variable falls on g.
func staticProgram() error {
	auxv, err := unix.Auxv()
	if err != nil {
		return fmt.Errorf("dl: auxiliary vector: %w", err)
	}
	var phdr, phnum uintptr
	for _, e := range auxv {
		switch e[0] {
		case auxPhdr:
			phdr = e[1]
		case auxPhnum:
			phnum = e[1]
		}
	}
	for _, p := range unsafe.Slice((*elf.Prog64)(pointer(phdr)), phnum) {
		switch elf.ProgType(p.Type) {
		case elf.PT_INTERP, elf.PT_DYNAMIC, elf.PT_TLS:
			return fmt.Errorf("%w: %s is no static program: build with CGO_ENABLED=0", ErrUnsupported, os.Args[0])
		}
	}
	return nil
}

// threadID identifies the thread this runs on.
func threadID() int { return unix.Gettid() }

// exitSignal returns the signal that ended a process, or nil.
func exitSignal(p *os.ProcessState) os.Signal {
	if w, ok := p.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return w.Signal()
	}
	return nil
}
