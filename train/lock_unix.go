//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package train

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockDir locks a directory until the file it returns is closed or the process ends,
// however it ends. On file systems without locks it locks nothing.
func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		f.Close()
		return nil, fmt.Errorf("%s: another process is training there", dir)
	}
	return f, nil
}
