// Package gpu computes on devices other than the CPU: it is a tensor.Backend on whatever
// package driver's interface stands for, Vulkan, CUDA or the interpreter of kernels.
//
// A device is found at run time, never at build time: the same static binary runs where there
// is one and where there is none. Models, training and decoding do not know where they run:
// packages below the command do not import gpu; the command opens a device and hands over its
// backend.
//
// The parts, from the bottom up:
//
//	dl        loads a driver's library into the static binary
//	ir        the language that kernels are written in, and its readers: spirv, ptx, interp
//	kernels   the kernels
//	driver    what the engine asks of a device; vulkan, cuda and soft give it
//	gpu       memory, batching, hazards (Device); tensors and operations (Backend)
package gpu
