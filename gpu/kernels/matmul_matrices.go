package kernels

import (
	"fmt"

	"inkstone/gpu/ir"
)

// Multiplier is an instruction that multiplies matrices of 16-bit elements, and adds up in float32:
// a device's tensor cores, matrix cores or the like. The zero value is none.
type Multiplier struct {
	Elem  ir.Type // of the factors: F16, whose largest number is 65504, or BF16, with fewer digits
	Shape ir.Shape
}

// lane16 is how many 16-bit elements make the 16 bytes that matrices in memory are aligned to.
const lane16 = 8

// checkMatrices checks the tile of a MatMul with a Multiplier.
func (k MatMul) checkMatrices() error {
	s := k.Multiplier.Shape
	switch {
	case k.Subgroup < 1:
		return fmt.Errorf("kernels: MatMul: matrices without a size of subgroups")
	case k.Multiplier.Elem != ir.F16 && k.Multiplier.Elem != ir.BF16:
		return fmt.Errorf("kernels: MatMul: matrices of %v", k.Multiplier.Elem)
	case s.M < 1 || s.N < 1 || s.K < 1 || s.M%lane16 != 0 || s.N%lane16 != 0:
		return fmt.Errorf("kernels: MatMul: matrices of %v", s)
	case k.ThreadM%s.M != 0 || k.ThreadN%s.N != 0 || k.TileK%s.K != 0:
		return fmt.Errorf("kernels: MatMul: %d×%d a subgroup, %d at a time, is not made of %v", k.ThreadM, k.ThreadN, k.TileK, s)
	case k.TileM*k.TileN%(4*k.Lanes()) != 0:
		return fmt.Errorf("kernels: MatMul: a tile of %d×%d is not shared out to %d lanes evenly", k.TileM, k.TileN, k.Lanes())
	}
	return nil
}

// sharedBytes returns the shared memory of a tile.
func (k MatMul) sharedBytes() int {
	operands := k.TileK * (k.TileM + k.TileN + 2*lane16)
	if k.DoubleBuffer { // of both directions of lines, the one that takes more
		longest := func(tile int) int { return max(k.TileK*(tile+lane16), tile*(k.TileK+lane16)) }
		operands = 2 * (longest(k.TileM) + longest(k.TileN))
	}
	return 2*operands + 4*k.TileM*(k.TileN+resultPad)
}

// resultPad is how much longer than the tile's its rows are in shared memory, for the sake of banks.
const resultPad = 4

// matrices is the state of a product by a Multiplier.
type matrices struct {
	top, left ir.Value    // the subgroup's block in the tile
	acc       [][]*ir.Var // [ThreadM/M][ThreadN/N]
	result    *ir.Array   // the tile of a·b, for lanes to finish
	pitch     int         // of its rows
}

// beginMatrices finds the subgroup's block and begins with zeros.
func (g *gemm) beginMatrices() {
	s, across := g.Multiplier.Shape, g.TileN/g.ThreadN
	row := g.b.SubgroupID().Div(across)
	m := &matrices{
		top: row.Mul(g.ThreadM), left: g.b.SubgroupID().Sub(row.Mul(across)).Mul(g.ThreadN), pitch: g.TileN + resultPad,
	}
	m.result = g.b.Shared("result", ir.F32, g.TileM*m.pitch)
	zero := g.b.MatrixFill(ir.Matrix(ir.F32, ir.MatrixAcc, s), 0)
	for range g.ThreadM / s.M {
		var row []*ir.Var
		for range g.ThreadN / s.N {
			row = append(row, g.b.VarOf(zero).Named("acc"))
		}
		m.acc = append(m.acc, row)
	}
	g.matrices = m
}

// computeMatrices adds the product of the parts in shared memory.
func (g *gemm) computeMatrices() {
	m, s := g.matrices, g.Multiplier.Shape
	for k := 0; k < g.TileK; k += s.K {
		var b []ir.Value
		for j := range m.acc[0] {
			b = append(b, g.right.matrix(g, ir.MatrixB, m.left, j*s.N, k))
		}
		for i, row := range m.acc {
			a := g.left.matrix(g, ir.MatrixA, m.top, i*s.M, k)
			for j, acc := range row {
				acc.Set(a.MatrixMulAdd(b[j], acc.Get()))
			}
		}
	}
}

// matrix loads the matrix of the operand's part at block + outer and k. Lines are a's columns and
// b's rows, or the other way round if they lie along K.
func (o *operand) matrix(g *gemm, use ir.MatrixUse, block ir.Value, outer, k int) ir.Value {
	layout := ir.RowMajor
	if (use == ir.MatrixA) != o.alongK {
		layout = ir.ColumnMajor
	}
	var at ir.Value
	if o.alongK {
		at = block.Add(outer).Mul(o.pitch).Add(k)
	} else {
		at = block.Add(k*o.pitch + outer)
	}
	return o.shared.LoadMatrix(ir.Matrix(g.Multiplier.Elem, use, g.Multiplier.Shape), o.in(g, at, 1), o.pitch, layout)
}

// writeMatrices stores the tile: which lane holds which element of a matrix is nobody's business,
// so the lanes read them from shared memory.
func (g *gemm) writeMatrices() {
	b, m, s := g.b, g.matrices, g.Multiplier.Shape
	for i, row := range m.acc {
		for j, acc := range row {
			m.result.StoreMatrix(m.top.Add(i*s.M).Mul(m.pitch).Add(m.left).Add(j*s.N), acc.Get(), m.pitch, ir.RowMajor)
		}
	}
	b.Barrier()
	top, left, across := b.GroupID(1).Mul(g.TileM), b.GroupID(0).Mul(g.TileN), g.TileN/4
	b.For(b.LocalIndex(), g.TileM*across, g.Lanes(), func(i ir.Value) {
		r := i.Div(across)
		c := i.Sub(r.Mul(across))
		row := top.Add(r)
		g.unless(row.Lt(g.m), func() {
			g.writeVector(g.cFirst.Add(row.Mul(g.cRow)), left.Add(c.Mul(4)), m.result.LoadVec(4, r.Mul(m.pitch/4).Add(c)))
		})
	})
}
