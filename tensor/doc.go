// Package tensor provides n-dimensional arrays, the memory they live in, and the Backend
// that computes on them.
//
// A Tensor is a view: an element type, a shape, strides and an offset into a Buffer.
// Slicing, transposing, reshaping and broadcasting make new views and copy nothing.
// Arithmetic is done by a Backend (CPU here, GPUs in package gpu), whose methods take
// their outputs first; package autograd builds differentiable operations from them.
//
// Shapes are row-major and written in brackets: [B, T, C] is a batch of B sequences of T
// positions with C channels. A shape that does not fit is a programmer's mistake and panics
// with the operation and the shapes involved.
//
// An Arena recycles the tensors of a training step, so that after the first step nothing
// is allocated. A Pool runs loops on a fixed set of goroutines; loops are cut into chunks
// whose size depends on the shape alone, so that results have the same bits on any number
// of threads.
package tensor
