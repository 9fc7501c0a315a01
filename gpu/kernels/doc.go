// Package kernels holds the compute kernels of GPU devices, each written once in the language of
// package ir.
//
// A kernel is a small comparable struct: the choices it is specialised for. Its Build writes the
// kernel, and its Launch gives the grid and the scalar parameters for given sizes, so that what
// is left to a caller is to bind the buffers in the order of the struct's comment:
//
//	k := kernels.Softmax{Rows: tuning.Rows(cols)}
//	l := k.Launch(rows, cols)
//
// where tuning is the Device that tiles are chosen for.
//
// As everywhere in the engine, outputs come first, gradients of activations are written and
// gradients of parameters added to. Buffers are F32 unless their comment says otherwise, and
// begin with the first element of their tensor, aligned to 16 bytes; where operands may be
// strided, they have offsets too. An output that may be an input is bound once: kernels that
// work in place say so in their struct. Buffers have fewer than 2³¹ elements. Results depend on the struct and the sizes alone: sums
// have a fixed order, and there are no atomics.
//
// The kernels, by tensor.Backend's methods:
//
//	Copy                     Copy
//	Fill                     Fill
//	Unary, UnaryBackward     Unary, UnaryBackward
//	Binary                   Binary
//	Scale, AddScalar,        Scalar
//	  Accumulate
//	SumTo                    Sum
//	Max                      Max
//	SwiGLU, SwiGLUBackward   SwiGLU, SwiGLUBackward
//	MatMul                   MatMul; MatVec or VecMat for few rows; Sum of the parts if K is cut
//	Softmax, LogSoftmax      Softmax
//	  and their backwards    SoftmaxBackward
//	LayerNorm, RMSNorm       Normalise
//	  and their backwards    NormBackward; NormWeight and a Sum of its parts
//	RoPE                     RoPE
//	Embedding                Embedding
//	EmbeddingBackward        EmbeddingLinks, EmbeddingBackward
//	CrossEntropy             CrossEntropy
//	CrossEntropyBackward     CrossEntropyBackward
//	Attention                Attention; for few queries AttentionDecode, and AttentionCombine
//	AttentionBackward        AttentionDelta, AttentionDQ, AttentionDKV
//	Dropout                  Dropout
//	SquaredNorm, AllFinite   Sum, of Squares and NotFinite
//	AdamW                    AdamW
//	Sample (of gpu.Backend)  Sample
package kernels
