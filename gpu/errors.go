package gpu

import (
	"fmt"

	"inkstone/gpu/driver"
)

// OutOfMemoryError says that a device had no memory for something, after it gave back what it
// could. The device goes on as before.
type OutOfMemoryError struct {
	Device  string
	Want    int64 // bytes
	InUse   int64 // bytes that tensors take
	Held    int64 // bytes that the engine has from the driver
	Budget  int64 // bytes of the device's memory
	Largest int64 // bytes of the largest piece that was free
}

// Error returns all of it in a line.
func (e *OutOfMemoryError) Error() string {
	return fmt.Sprintf("gpu: %s: out of memory: %s wanted; %s in use, %s held, the largest free piece has %s, of %s (a smaller batch or context needs less)",
		e.Device, bytesText(e.Want), bytesText(e.InUse), bytesText(e.Held), bytesText(e.Largest), bytesText(e.Budget))
}

// Unwrap returns driver.ErrOutOfMemory.
func (e *OutOfMemoryError) Unwrap() error { return driver.ErrOutOfMemory }

// bytesText writes a number of bytes for people.
func bytesText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	x := float64(n)
	for x >= 1024 && len(units) > 1 {
		x, units = x/1024, units[1:]
	}
	return fmt.Sprintf("%.4g %s", x, units[0])
}
