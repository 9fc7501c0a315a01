// Package cuda drives NVIDIA's GPUs through the CUDA driver API (NVIDIA, "CUDA Driver API"):
// through the library that comes with the driver, found at run time, and nothing else of CUDA.
// It implements driver.Device. Kernels go to the driver as PTX (package ir/ptx), which it
// compiles for the device.
//
// What a list of commands becomes:
//
//	List ──Submit──→ launches, copies and fills on one stream ──→ an event = Point
//
// A stream runs its work in order, so that barriers need nothing and lists follow one another.
// An address means the same to the device and to the host (unified addressing): a piece of
// memory is an address, and a copy asks nobody where it is.
//
// All calls are made on the one thread that C code has (package dl), and Loader.Do lets one
// goroutine at a time in. So what a Device keeps is touched inside Do alone, and needs no lock.
// CUDA's functions work on the context that is current on their thread; each Do begins by
// making the device's its own.
//
// A kernel that goes wrong (an address where nothing is) takes its context along: from then on
// every call returns the same error. That is driver.ErrDeviceLost.
package cuda
