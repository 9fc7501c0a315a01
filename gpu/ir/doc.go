// Package ir is a small language for compute kernels, written as Go.
//
// A kernel is a Go function that calls a Builder; what it returns, a *Kernel, is read by
// packages that know nothing of each other: ir/spirv writes it as SPIR-V for Vulkan, ir/ptx as
// PTX for CUDA, and ir/interp runs it in Go, with checks that no device makes. What a kernel is
// specialised for (tile sizes, element types, the size of a subgroup) are plain Go parameters
// of that function, and a loop in Go unrolls.
//
// # The model
//
// A launch runs a grid of workgroups; a workgroup is up to 1024 lanes that share memory and
// wait for each other at barriers; a subgroup is a part of a workgroup (4 to 64 lanes, as the
// device has it) that exchanges values without memory. A lane is what CUDA calls a thread and
// Vulkan an invocation.
//
// A Value is computed once and never changes; it can be used in its own block and in those
// inside. What changes is a Var. Memory is an Array: a buffer, or a shared array of the
// workgroup; copies from the one to the other can go on beside other work (CopyAsync). Control is
// structured: If, For, While, Forever with Break.
//
// # Example
//
// C = A·B, with tiles of 16×16 in shared memory:
//
//	func matmul() (*ir.Kernel, error) {
//		const tile = 16
//		b := ir.New("matmul", ir.Workgroup(tile, tile, 1))
//		a := b.Buffer("a", ir.F32, ir.Read)    // [M, K]
//		bb := b.Buffer("b", ir.F32, ir.Read)   // [K, N]
//		c := b.Buffer("c", ir.F32, ir.Write)   // [M, N]
//		m, n, k := b.Scalar("m", ir.I32), b.Scalar("n", ir.I32), b.Scalar("k", ir.I32)
//		ta := b.Shared("ta", ir.F32, tile*tile)
//		tb := b.Shared("tb", ir.F32, tile*tile)
//
//		x, y := b.LocalID(0), b.LocalID(1)
//		row, col := b.GlobalID(1), b.GlobalID(0)
//		here := y.Mul(tile).Add(x)
//		acc := b.VarOf(b.F32(0)).Named("acc")
//		b.For(0, k, tile, func(k0 ir.Value) {
//			ka, kb := k0.Add(x), k0.Add(y)
//			b.IfElse(row.Lt(m).And(ka.Lt(k)),
//				func() { ta.Store(here, a.Load(row.Mul(k).Add(ka))) },
//				func() { ta.Store(here, 0) })
//			b.IfElse(kb.Lt(k).And(col.Lt(n)),
//				func() { tb.Store(here, bb.Load(kb.Mul(n).Add(col))) },
//				func() { tb.Store(here, 0) })
//			b.Barrier()
//			b.Range(tile, func(i ir.Value) {
//				p := ta.Load(y.Mul(tile).Add(i))
//				q := tb.Load(i.Mul(tile).Add(x))
//				acc.Set(p.FMA(q, acc))
//			}).Unroll()
//			b.Barrier()
//		})
//		b.If(row.Lt(m).And(col.Lt(n)), func() { c.Store(row.Mul(n).Add(col), acc) })
//		return b.Build()
//	}
//
// # What can be relied on
//
// Integer arithmetic wraps. F32 addition, subtraction and multiplication round to the nearest
// after each operation, on every device: what should be fused is written FMA. The functions
// Div, Exp, Log, Sqrt and Rsqrt have the error bounds of their comments (Vulkan's); Sin, Cos
// and Tanh are made of arithmetic. Numbers below the smallest normal one may become zero. And
// reading or writing outside of an array, division of integers by zero, a shift by 32 or more,
// a race: these are mistakes, which the interpreter finds and a device does not.
package ir
