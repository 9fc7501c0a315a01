// Package gpu is the seam between the engine and compute devices other than the CPU.
//
// A device is found at run time, never at build time: the same static binary runs where
// there is one and where there is none. What drives a device implements tensor.Backend, so
// models, training and decoding do not know where they run. Packages below the command do
// not import gpu: the command opens a device and hands over its backend.
//
// This version drives the CPU alone, through package tensor: Devices returns none, on every
// machine.
package gpu

// Device describes a compute device that this package can drive.
type Device struct {
	Name        string   // as the driver gives it
	Kind        string   // the interface it is driven through
	Features    []string // optional abilities, sorted
	MemoryBytes int64    // its own memory, or what it may use of the machine's
	SelfTest    string   // "ok", or why its results are not to be trusted
}

// Devices returns the devices of this machine that the package can drive, the fastest
// first. Finding none is no error.
func Devices() []Device { return nil }
