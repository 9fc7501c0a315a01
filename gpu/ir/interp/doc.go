// Package interp runs kernels of package ir in Go.
//
// The lanes of a workgroup run in lock-step: an instruction is carried out for all of them
// before the next one begins, under a list of the lanes that are active. A kernel is compiled
// to a tree of Go closures, one an instruction, over registers that hold a word for every lane;
// what is the same in all lanes is computed once.
//
// In Check mode it finds what devices do not: races between lanes, in shared arrays and in
// buffers, reading and writing out of bounds, reading what was never written, barriers that not
// all lanes reach, undefined arithmetic. Without it only accesses out of bounds and divergent
// barriers are found, and workgroups run on several goroutines. Results of kernels without
// races or atomics are the same in both modes and on any number of goroutines.
package interp
