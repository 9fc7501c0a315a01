package dl

import "context"

// RegisterProbe names a check that a probe child can run: it opens a driver and computes
// something with it. It is for init functions.
func RegisterProbe(name string, f func(l *Loader) error) {}

// MaybeProbe is the first thing in main of a program that boots, and in TestMain of such a
// test. In an ordinary process it returns at once. In a probe child, which is the same program
// with a private environment variable, it does what that asks for and exits.
func MaybeProbe() {}

// Probe tries in a child process what Options ask for: boot, open the libraries, run the
// checks. Boot does the same by itself.
func Probe(ctx context.Context, o Options) error { return ErrUnsupported }

func probeModes(ctx context.Context, o Options, modes []Mode) (Mode, error) { return modes[0], nil }
