package dl

import (
	"context"
	"runtime"
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
	mode  Mode
	path  string // of the dynamic loader
	libc  string
	calls Caller

	tid   int           // the thread that runs jobs
	mu    sync.Mutex    // one job at a time
	job   func(*Caller) // what to run
	start chan struct{}
	done  chan struct{}
	fault any  // the value of a panic in the job
	left  bool // the job ended its goroutine: runtime.Goexit
}

// Boot brings the system's C library into this process, once; later calls return the same
// Loader. Unless told not to, every call first tries in a child process what is asked for, so
// that a driver that crashes, exits or hangs is found there; the error is then a *ProbeError
// and nothing has happened to this process. A probe that went well is not repeated.
//
// Boot is for whoever wants a device, never for an init function: a program that computes on
// the CPU alone pays nothing.
func Boot(ctx context.Context, o Options) (*Loader, error) {
	return nil, ErrUnsupported
}

// Do runs f on the thread on which C lives and waits for it. Calls of different goroutines
// take turns; Do within f runs at once. A panic in f is raised in the caller.
//
// The hop between threads costs about 5 µs, so f should do much at once: record a command
// buffer, submit it, wait for it. Heavy Go loops have no place in f: the thread takes no
// signals, so the scheduler cannot interrupt it between function calls.
func (l *Loader) Do(f func(c *Caller)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	runtime.KeepAlive(f)
}

// Mode returns Direct or Mailbox.
func (l *Loader) Mode() Mode { return l.mode }

// Libc names the C library: "glibc 2.36", "musl".
func (l *Loader) Libc() string { return l.libc }

// Path returns the file of the dynamic loader.
func (l *Loader) Path() string { return l.path }
