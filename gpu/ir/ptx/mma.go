package ptx

import (
	"strconv"

	"inkstone/gpu/ir"
)

// Products of 16×16×16 with float32 sums are made of mma.m16n8k16, two of them side by side: the
// first takes columns 0 to 7 of B and of the accumulator, the second 8 to 15. Which lane holds which
// element is documented. With g = lane/4 and t = lane%4, a register of A and B holds two neighbours
// along K, the lower half first:
//
//	A, 4 registers     a0: row g,   k 2t, 2t+1     a2: row g,   k 2t+8, 2t+9
//	                   a1: row g+8, k 2t, 2t+1     a3: row g+8, k 2t+8, 2t+9
//	B, 2 for each half b0: k 2t, 2t+1, column g    b1: k 2t+8, 2t+9, column g
//	sums, 4 for each   c0, c1: row g, columns 2t, 2t+1    c2, c3: row g+8, the same columns
//
// So a register of A or B is a part of 8×8 elements, of which lane l holds two neighbours of line
// l/4. That is what ldmatrix loads: four parts at a time, each lane giving the address of a line of
// 16 bytes, lanes 8·i to 8·i+7 those of part i. Where neighbours along K are not neighbours in memory,
// .trans turns each part on its way.
//
// Source: PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type", "ldmatrix".

// isMMA reports whether mma is used for an operation on matrices of type t. A and B have to come
// from shared memory, where all kernels of the engine have them: ldmatrix knows no other.
func isMMA(in *ir.Instr, t ir.Type) bool {
	square := t.Shape() == ir.Shape{M: 16, N: 16, K: 16}
	if t.Use() == ir.MatrixAcc {
		return square && t.Elem() == ir.F32
	}
	return square && (in.Op != ir.OpMatLoad || in.Array.Space == ir.Shared)
}

// spot is the lane's place in a matrix: a line of memory, and an element along it.
type spot struct{ line, along string }

// spots finds the lane's places: the line whose address it gives to ldmatrix, and the first of its
// elements of an accumulator.
func (e *emitter) spots() {
	lane := e.get(word, "and.b32", e.localIndex(), "31")
	high := e.get(word, "and.b32", e.get(word, "shr.u32", lane, "1"), "8") // 8 in the upper half of the warp
	line := e.get(word, "or.b32", e.get(word, "and.b32", lane, "7"), high)
	e.spot = [2]spot{
		ir.RowMajor:    {e.get(word, "and.b32", lane, "15"), high}, // parts 0, 1 below each other, 2, 3 beside
		ir.ColumnMajor: {line, e.get(word, "and.b32", lane, "8")},  // parts 0, 1 beside each other, 2, 3 below
	}
	g := e.get(word, "shr.u32", lane, "2")
	t := e.get(word, "and.b32", e.get(word, "shl.b32", lane, "1"), "6")
	e.sums = [2]spot{ir.RowMajor: {g, t}, ir.ColumnMajor: {t, g}}
}

// index returns the number of the element at a spot of a matrix in memory.
func (e *emitter) index(in *ir.Instr, s spot) string {
	return e.get(word, "add.s32", e.get(word, "mad.lo.s32", s.line, e.arg(in, 1), s.along), e.arg(in, 0))
}

// mmaMatrix writes a load, a store or a multiplication.
func (e *emitter) mmaMatrix(in *ir.Instr) {
	d := e.values[in.ID]
	switch in.Op {
	case ir.OpMatLoad:
		if in.Type.Use() == ir.MatrixAcc {
			e.moveSums(in, d)
			return
		}
		e.loadMatrix(in, d)
	case ir.OpMatStore:
		e.moveSums(in, e.values[in.Args[2].ID])
	case ir.OpMatMulAdd:
		e.need(smMMA, 70)
		a, b, c := e.values[in.Args[0].ID], e.values[in.Args[1].ID], e.values[in.Args[2].ID]
		elem := suffix(in.Args[0].Type)
		for n := range 2 {
			e.do("mma.sync.aligned.m16n8k16.row.col.f32."+elem+"."+elem+".f32",
				braces(d[4*n:][:4]), braces(a), braces(b[2*n:][:2]), braces(c[4*n:][:4]))
		}
	}
}

// loadMatrix writes a load of A or B. A's elements are neighbours along K in rows, B's in columns.
func (e *emitter) loadMatrix(in *ir.Instr, d []string) {
	layout, trans := ir.Layout(in.Imm), ""
	if (layout == ir.RowMajor) != (in.Type.Use() == ir.MatrixA) {
		trans = ".trans"
	}
	e.need(smMMA, 70)
	p := e.elementAt(in.Array, e.index(in, e.spot[layout]), ir.I32, in.Array.Elem.Size())
	e.do("ldmatrix.sync.aligned.m8n8.x4"+trans+".shared.b16", braces(d), p.address)
}

// moveSums writes a load or store of an accumulator: two neighbours at once where it lies by rows.
func (e *emitter) moveSums(in *ir.Instr, regs []string) {
	layout := ir.Layout(in.Imm)
	first := e.index(in, e.sums[layout])
	// access moves registers to or from the lane's spot, moved by some lines and a number of elements.
	access := func(lines, along int, regs ...string) {
		at := first
		if lines > 0 {
			at = e.get(word, "mad.lo.s32", e.arg(in, 1), strconv.Itoa(lines), first)
		}
		p := e.elementAt(in.Array, e.get(word, "add.s32", at, strconv.Itoa(along)), ir.I32, 4)
		v, operand := vector(regs)
		if in.Op == ir.OpMatStore {
			e.do("st"+p.space+v+".f32", p.address, operand)
		} else {
			e.do("ld"+p.space+v+".f32", operand, p.address)
		}
	}
	for n := range 2 {
		for half := range 2 {
			pair := regs[4*n+2*half:][:2]
			if layout == ir.RowMajor {
				access(8*half, 8*n, pair...)
				continue
			}
			access(8*n, 8*half, pair[0])
			access(8*n+1, 8*half, pair[1])
		}
	}
}
