//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package train

import "os"

// lockDir locks nothing: this system has no locks that end with the process.
func lockDir(dir string) (*os.File, error) { return nil, nil }
