// Package soft is a compute device without hardware: it runs kernels by package ir/interp, on
// the machine's processor, a hundred times slower than what they are meant for. It is always
// there, which is what it is for: tests, teaching, and finding out whether a wrong result comes
// from a kernel or from a driver.
//
// It keeps to the contract of package driver in the ways that hide mistakes least: a list runs
// on a goroutine of the device some time after Submit; commands without a barrier between them
// run in whatever order Options.Shuffle makes of it; and with Options.Discrete the host cannot
// see local memory, as on most GPUs.
package soft
