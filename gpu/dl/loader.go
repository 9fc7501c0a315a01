package dl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Mode says on which thread the C library lives.
type Mode int

const (
	// Auto is Direct where that works, else Mailbox. The environment variable INKSTONE_DL
	// (direct or mailbox) decides in its place.
	Auto Mode = iota
	// Direct runs C on a thread of the Go scheduler: a call costs what it costs in cgo.
	Direct
	// Mailbox runs C on a thread that Go's runtime knows nothing of, and hands calls over:
	// microseconds for each, but it relies on nothing in the runtime.
	Mailbox
)

// String returns the name that INKSTONE_DL uses.
func (m Mode) String() string {
	switch m {
	case Direct:
		return "direct"
	case Mailbox:
		return "mailbox"
	}
	return "auto"
}

// modeVariable is the environment variable that decides where Options say Auto.
const modeVariable = "INKSTONE_DL"

// choose returns the modes to try, the best first.
func (m Mode) choose() ([]Mode, error) {
	if m != Auto {
		return []Mode{m}, nil
	}
	switch v := os.Getenv(modeVariable); v {
	case "", "auto":
		return []Mode{Direct, Mailbox}, nil
	case "direct":
		return []Mode{Direct}, nil
	case "mailbox":
		return []Mode{Mailbox}, nil
	default:
		return nil, fmt.Errorf("dl: %s=%s: want direct or mailbox", modeVariable, v)
	}
}

// Options say how to boot and what to try first in a child process.
type Options struct {
	Mode         Mode
	NoProbe      bool          // boot without trying it in a child first: what kills it kills this process
	Probe        []string      // libraries that the child opens; one that is missing is no failure
	Checks       []string      // checks that the child runs then, by the names given to RegisterProbe
	ProbeTimeout time.Duration // how long the child may take; 0 is ten seconds
	LoaderPath   string        // the dynamic loader's file; empty is the system's
}

// Loader is the C library in this process.
type Loader struct {
	mode   Mode
	path   string // of the dynamic loader
	libc   string
	caller Caller
	native native

	thread int           // the thread that runs jobs
	mu     sync.Mutex    // held for the length of a job
	job    func(*Caller) // what to run
	start  chan struct{}
	done   chan struct{}
	fault  *PanicError // the job's panic
	left   bool        // the job called runtime.Goexit
}

// the is the process's one loader.
var the struct {
	mu     sync.Mutex
	loader *Loader
	err    error           // of a boot that failed half-way, which cannot be tried again
	probed map[string]Mode // probes that went well, and the mode they found to work
}

// Boot brings the system's C library into this process, once; later calls return the same
// Loader. Unless told not to, every call first tries in a child process what is asked for, so
// that a driver that crashes, exits or hangs is found there; the error is then a *ProbeError
// and nothing has happened to this process. A probe that went well is not repeated.
//
// Boot is for whoever wants a device, never for an init function: a program that computes on
// the CPU alone pays nothing.
func Boot(ctx context.Context, o Options) (*Loader, error) {
	the.mu.Lock()
	defer the.mu.Unlock()
	if the.err != nil {
		return nil, the.err
	}
	modes, plan, err := o.feasible()
	if err != nil {
		return nil, err
	}
	if !o.NoProbe {
		if plan.mode, err = probeModes(ctx, o, modes); err != nil {
			return nil, err
		}
	}
	if the.loader != nil {
		return the.loader, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &Loader{mode: plan.mode, path: plan.path, start: make(chan struct{}), done: make(chan struct{})}
	l.caller.loader = l
	ready := make(chan error)
	go l.run(plan, ready)
	if err := <-ready; err != nil {
		the.err = err
		return nil, err
	}
	the.loader = l
	return l, nil
}

// feasible returns the modes that can be tried in this process, the best first, and what a
// boot in that one needs. After a boot there is one mode.
func (o Options) feasible() ([]Mode, *plan, error) {
	modes, err := o.Mode.choose()
	if err != nil {
		return nil, nil, err
	}
	if the.loader != nil {
		return []Mode{the.loader.mode}, &plan{}, nil
	}
	p, err := newPlan(o, modes[0])
	if errors.Is(err, ErrUnsupported) && len(modes) > 1 {
		modes = modes[1:]
		p, err = newPlan(o, modes[0])
	}
	return modes, p, err
}

// run is the goroutine that owns C's thread. It boots and then does jobs; it never returns,
// for with a locked goroutine its thread ends, and C's thread must not.
func (l *Loader) run(p *plan, ready chan<- error) {
	runtime.LockOSThread()
	l.thread = threadID()
	ready <- l.boot(p)
	for {
		l.serve()
	}
}

// serve does one job.
func (l *Loader) serve() {
	<-l.start
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			l.fault = &PanicError{Value: v, Stack: debug.Stack()}
			l.done <- struct{}{}
			return
		}
		l.left = true // the job called runtime.Goexit
		l.done <- struct{}{}
		for { // this goroutine is being ended; as long as it is in here, it is not
			l.serve()
		}
	}()
	l.job(&l.caller)
	returned = true
	l.done <- struct{}{}
}

// Do runs f on the thread on which C lives and waits for it. Calls of different goroutines
// take turns; Do within f runs at once. A panic in f is raised in the caller, as a
// *PanicError.
//
// The hop between threads costs 5 µs, on a busy machine several times that, so f should do
// much at once: record a command buffer, submit it, wait for it. Heavy Go loops have no place in f: the thread takes no
// signals, so the scheduler cannot interrupt it between function calls.
func (l *Loader) Do(f func(c *Caller)) {
	if threadID() == l.thread { // only the goroutine of run is ever on that thread
		f(&l.caller)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.job, l.fault, l.left = f, nil, false
	l.start <- struct{}{}
	<-l.done
	l.job = nil
	switch {
	case l.left:
		runtime.Goexit()
	case l.fault != nil:
		panic(l.fault)
	}
}

// PanicError is a panic in a function that Do ran, on its way through Do's caller.
type PanicError struct {
	Value any    // what the function panicked with
	Stack []byte // where
}

// Error returns the value and the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("%v\n\n%s", e.Value, e.Stack) }

// Mode returns Direct or Mailbox.
func (l *Loader) Mode() Mode { return l.mode }

// Libc names the C library: "glibc 2.36", "musl".
func (l *Loader) Libc() string { return l.libc }

// Path returns the file of the dynamic loader.
func (l *Loader) Path() string { return l.path }
