//go:build purego || !((linux && (amd64 || arm64)) || windows)

package dl

import "os"

// In this build nothing can be loaded: newPlan says so and the rest is never reached.

type native struct{}

type plan struct {
	mode Mode
	path string
}

func newPlan(Options, Mode) (*plan, error) { return nil, ErrUnsupported }

func (l *Loader) boot(*plan) error { return ErrUnsupported }

func (c *Caller) invoke() { panic(ErrUnsupported) }

func (c *Caller) open(string, bool) (uintptr, error) { return 0, ErrUnsupported }

func (c *Caller) symbol(uintptr, string) (Func, error) { return 0, ErrUnsupported }

// KeepSignals runs f and then undoes what the C code in it did to the process's signal
// handlers.
func (c *Caller) KeepSignals(f func()) error {
	f()
	return nil
}

func threadID() int { return -1 }

func exitSignal(*os.ProcessState) os.Signal { return nil }
