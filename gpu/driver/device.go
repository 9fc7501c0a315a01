package driver

import (
	"context"

	"inkstone/gpu/ir"
)

// Device is an open device. Its methods may be called by any number of goroutines.
type Device interface {
	// Info describes the device; it is not to be changed.
	Info() *Info

	// Alloc returns n > 0 bytes of memory, aligned for every use, with undefined contents. The
	// error wraps ErrOutOfMemory if there is not that much, or n exceeds Info.MaxAlloc.
	//
	// It is slow, and some drivers allow a few thousand pieces only: allocate large blocks and
	// divide them.
	Alloc(n int64, p Place) (Mem, error)
	// Free gives memory back. No list that uses it may be unfinished.
	Free(m Mem)

	// Compile makes a kernel ready to run. The error wraps ErrUnsupported if the device lacks
	// what the kernel needs, as Info.Supports tells beforehand. It may take a second. Programs
	// live as long as the device.
	Compile(k *ir.Kernel) (Program, error)

	// Submit hands a list to the device and returns the point at which it will be done. It
	// keeps nothing of the list, which may be Reset and filled again at once. An empty list is
	// allowed. An error means that nothing of the list will run.
	Submit(l *List) (Point, error)
	// Wait waits until the device has reached p and everything written up to there is visible
	// to the host. If ctx ends first, Wait returns ctx's error and the work goes on.
	Wait(ctx context.Context, p Point) error
	// Reached returns, without waiting, a point that the device has reached, the latest that
	// is known. That is for reusing memory: host access needs Wait.
	Reached() (Point, error)

	// Close waits for all work and frees everything of the device. Nothing of the device may be
	// used during or after it.
	Close() error
}

// Point is a place on a device's time line. Each list that is submitted has one, greater than
// those before it; 0 lies before all of them.
type Point uint64

// Place says where memory lies.
type Place uint8

const (
	// Local memory is where kernels are fastest. The host reaches it only where that is as good
	// as its own memory: on devices that share it, and in software.
	Local Place = iota
	// Host memory is the machine's own, open to both sides: Bytes is never nil. Kernels can use
	// it, slowly on a discrete device.
	Host
)

// Mem is a piece of a device's memory.
type Mem interface {
	// Size returns how many bytes were asked for.
	Size() int64
	// Bytes returns the memory as the host sees it, Size bytes of it, or nil if it does not. It
	// is valid until Free.
	Bytes() []byte
}

// Program is a kernel made ready for one device.
type Program interface {
	// Kernel returns what the program was compiled from.
	Kernel() *ir.Kernel
}

// Range is a part of a piece of memory.
type Range struct {
	Mem    Mem
	Offset int64 // bytes from its start
	Len    int64 // bytes
}

// Whole returns the range of all of a piece of memory.
func Whole(m Mem) Range { return Range{m, 0, m.Size()} }

// Overlaps reports whether two ranges have a byte in common.
func (r Range) Overlaps(s Range) bool {
	return r.Mem == s.Mem && r.Offset < s.Offset+s.Len && s.Offset < r.Offset+r.Len
}
