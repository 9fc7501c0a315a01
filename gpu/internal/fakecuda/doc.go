// Package fakecuda is a stand-in for NVIDIA's driver, for tests where there is none: a libcuda
// made by the system's C compiler, which keeps memory, contexts, streams and events, and a
// server in Go, which plays the driver's compiler and the device with package ptxvm.
//
//	package cuda ──C calls──→ libcuda.so.1 (testdata/fakecuda.c) ──pipe──→ Serve: ptxvm
//
// Everything on the way to a real device is on the way to this one: the loader, the order and
// width of arguments, handles and contexts, PTX as text.
package fakecuda
