// Package driver is what the engine asks of a compute device: memory, programs made of kernels
// of package ir, and lists of commands that run in order. Package vulkan drives devices through
// Vulkan, cuda through NVIDIA's driver, and soft runs kernels in Go; package gpu, which is the
// only one to use a Device, puts on top what is the same for all: placing tensors in memory,
// finding out which commands must wait for which, and batching.
//
// # Work
//
// Commands are recorded into a List, which is plain data: nothing happens until Submit hands
// the whole list to the device, in one go. Submit does not wait; it returns a Point of the
// device's time line, and Wait waits for that. Lists run one after another, in the order of
// their submission: each sees all that the ones before it wrote. Within a list, commands may run
// at the same time, and in any order, unless a Barrier stands between them.
//
//	var l driver.List
//	l.Copy(x, staging)                          // host to device
//	l.Barrier()
//	l.Dispatch(program, [3]int{n / 64, 1, 1}, []driver.Range{x, y}, []uint32{uint32(n)})
//	l.Barrier()
//	l.Copy(staging, y)                          // and back
//	p, err := device.Submit(&l)
//	…
//	err = device.Wait(ctx, p)                   // now staging's Bytes hold y
//
// # Host access
//
// Memory in which Bytes is not nil is shared with the host. What the host writes there before
// Submit, the list sees; what a list writes there, the host sees once Wait has returned for its
// point. The host keeps its hands off memory that a submitted list uses. All other memory is
// reached by a Copy from or to memory allocated as Host.
//
// # Devices
//
// A package that drives devices has two functions beside the Device that it implements:
//
//	func Devices(ctx context.Context) ([]driver.Info, error) // the machine's, in the driver's order
//	func Open(ctx context.Context, n int) (driver.Device, error) // n counts in that list
//
// Where the driver is missing, or crashes or hangs when tried, both return an error that says
// so and leave the process well. A machine with a driver but without a device has an empty list.
//
// # Errors
//
// Errors of a device are *Error and wrap ErrOutOfMemory, ErrDeviceLost or ErrUnsupported where
// that is what happened. After ErrOutOfMemory and ErrUnsupported the device goes on as before.
// ErrDeviceLost is for ever: every later call returns the same error, and memory is lost with
// the device. Mistakes of the caller (a nil program, a range outside of its memory) panic.
package driver
