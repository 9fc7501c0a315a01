package dl

import (
	"errors"
	"fmt"
	"os"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrUnsupported: this build cannot load libraries: another system or processor, or
	// the purego tag.
	ErrUnsupported = errors.New("dl: loading shared libraries is not supported in this build")
	// ErrNoLoader: the system has no dynamic loader (ld.so) that could be used, and so no
	// C library.
	ErrNoLoader = errors.New("dl: no usable dynamic loader on this system")
	// ErrNoLibrary: none of the names could be opened; the text says why, name by name.
	ErrNoLibrary = errors.New("dl: no such library")
	// ErrNoSymbol: the library does not have the function.
	ErrNoSymbol = errors.New("dl: no such symbol")
	// ErrProbe: the libraries were tried in a child process and did not do well there; the
	// error is a *ProbeError that says what happened.
	ErrProbe = errors.New("dl: probe failed")
)

// ProbeError says how a probe child ended. It wraps ErrProbe.
type ProbeError struct {
	Step     string    // what the child was doing: "boot", "open libvulkan.so.1", "check vulkan"
	Message  string    // the error that a step returned; empty where the child died
	ExitCode int       // the child's exit code; -1 where a signal ended it
	Signal   os.Signal // the signal that ended it, or nil
	TimedOut bool      // it was ended because it did not answer in time
	Output   string    // the last of what it and the libraries printed

	said []string // the lines of Output that came in Step
}

// Error says in one line what happened, with the first thing that the child printed then.
func (e *ProbeError) Error() string {
	var what string
	switch {
	case e.TimedOut:
		what = "did not answer in time"
	case e.Message != "":
		what = e.Message
	case e.Signal != nil:
		what = fmt.Sprintf("died of signal %v", e.Signal)
	default:
		what = fmt.Sprintf("exited with code %d", e.ExitCode)
	}
	text := fmt.Sprintf("%v: %s: %s", ErrProbe, e.Step, what)
	if e.Message == "" && len(e.said) > 0 {
		text += fmt.Sprintf(" (it said %q)", e.said[0])
	}
	return text
}

// Unwrap returns ErrProbe.
func (e *ProbeError) Unwrap() error { return ErrProbe }
