package driver

import (
	"errors"
	"fmt"
	"strings"
)

// What errors wrap.
var (
	// ErrOutOfMemory: there is not that much memory. The device is as it was before.
	ErrOutOfMemory = errors.New("out of device memory")
	// ErrDeviceLost: the device stopped, was reset or taken away. It answers nothing any more.
	ErrDeviceLost = errors.New("device lost")
	// ErrUnsupported: the device lacks a feature, or a limit of it is exceeded.
	ErrUnsupported = errors.New("not supported by the device")
)

// Error is an error of a device.
type Error struct {
	Op     string // what was being done: "alloc", "compile", "submit", "wait", or the driver's own function
	Code   int    // the driver's result; 0 where there is none
	Name   string // and its name, as "VK_ERROR_DEVICE_LOST"
	Kernel string // whose work it was, where that is known
	Grid   [3]int // with Kernel, the grid of its dispatch
	Err    error  // the cause: wraps one of the errors above, or says what happened
}

// Error returns all of it in a line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "gpu: %s", e.Op)
	if e.Kernel != "" {
		fmt.Fprintf(&b, ": %s", e.Kernel)
		if e.Grid != [3]int{} {
			fmt.Fprintf(&b, " over %dx%dx%d workgroups", e.Grid[0], e.Grid[1], e.Grid[2])
		}
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	switch {
	case e.Name != "":
		fmt.Fprintf(&b, " (%s)", e.Name)
	case e.Code != 0:
		fmt.Fprintf(&b, " (code %d)", e.Code)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
