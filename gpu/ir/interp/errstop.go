package interp

import "errors"

// errStopped ends a run whose debugger has been closed.
var errStopped = errors.New("interp: stopped")
