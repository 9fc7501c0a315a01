package kernels

import (
	"fmt"

	"inkstone/gpu/ir"
)

// checkSubgroup checks the tile of a MatMul with Subgroup.
func (k MatMul) checkSubgroup() error {
	switch s := k.Subgroup; {
	case k.ThreadM != k.TileM || k.TileM%s != 0 || k.TileN != k.ThreadN*s:
		return fmt.Errorf("kernels: MatMul: a tile of %d×%d, %d×%d a lane, is not shared out to a subgroup of %d", k.TileM, k.TileN, k.ThreadM, k.ThreadN, s)
	case k.Pipeline:
		return fmt.Errorf("kernels: MatMul: a pipeline within a subgroup")
	}
	if a, b := k.wideSubgroup(); a != k.WideA || b != k.WideB {
		return fmt.Errorf("kernels: MatMul: a wide operand, with %d rows and %d columns a lane, in steps of %d", k.TileM/k.Subgroup, k.ThreadN, k.TileK)
	}
	return nil
}

// wideSubgroup returns which of the wide operands a subgroup can read so: those of which a lane
// has vectors.
func (k MatMul) wideSubgroup() (a, b bool) {
	alongA, alongB := k.TileK, k.TileK
	if k.TransA {
		alongA = k.TileM / k.Subgroup
	}
	if !k.TransB {
		alongB = k.ThreadN
	}
	return k.WideA && alongA%4 == 0, k.WideB && alongB%4 == 0
}

// exchange adds the loop over K of a subgroup: TileK at a time, and what is left one by one.
func (g *gemm) exchange() {
	rows := newFragment(g.TileM, g.TileM/g.Subgroup, g.b.Lane()) // those that the lane reads
	left, right := g.left.reader(g, rows), g.right.reader(g, g.cols)
	step := func(k ir.Value, depth int) { g.outer(rows, left(k, depth), right(k, depth)) }
	rest := g.to
	if !g.Full {
		rest = g.from.Add(g.to.Sub(g.from).Div(g.TileK).Mul(g.TileK))
	}
	g.b.For(g.from, rest, g.TileK, func(k ir.Value) { step(k, g.TileK) })
	if !g.Full {
		g.b.For(rest, g.to, 1, func(k ir.Value) { step(k, 1) })
	}
}

// outer adds the product of columns of a, of which each lane has its share of rows, and rows of
// b. The steps along K are innermost, so that few accumulators are in use at a time: processors
// have registers for a few of them only.
func (g *gemm) outer(rows fragment, a, b [][]ir.Value) {
	for r := range g.TileM {
		vector, e := r/rows.width, r%rows.width
		owner, mine := vector%rows.lanes, vector/rows.lanes*rows.width+e
		x := make([]ir.Value, len(a))
		for k := range x {
			x[k] = a[k][mine].Shuffle(owner)
		}
		for j := range g.cols.vectors {
			sum := g.acc[r][j].Get()
			for k := range x {
				sum = g.vector(b[k][j*g.cols.width:][:g.cols.width]).FMA(x[k], sum)
			}
			g.acc[r][j].Set(sum)
		}
	}
}

// vector makes a vector of scalars; one alone is itself.
func (g *gemm) vector(elements []ir.Value) ir.Value {
	if len(elements) == 1 {
		return elements[0]
	}
	var others []ir.Operand
	for _, e := range elements[1:] {
		others = append(others, e)
	}
	return g.b.Vec(elements[0], others...)
}

// reader returns a function that reads the lane's elements of depth steps along K from k on,
// [depth][elements of f]. Outside of the matrix along the outer dimension, elements are those of
// its edge, and are not used.
func (o *operand) reader(g *gemm, f fragment) func(k ir.Value, depth int) [][]ir.Value {
	n := f.vectors * f.width
	lines := make([]ir.Value, n) // where the elements' lines begin
	for i := range lines {
		at := o.corner.Add(f.at(i / f.width).Mul(f.width)).Add(i % f.width)
		if !g.Full {
			at = at.Min(o.size.Sub(1))
		}
		lines[i] = o.first.Add(at.Mul(o.outer))
	}
	if o.wide && o.alongOuter {
		lines = lines[:0]
		for i := range f.vectors {
			at := o.corner.Add(f.at(i).Mul(4))
			if !g.Full {
				at = at.Min(o.size.Sub(4))
			}
			lines = append(lines, o.first.Add(at))
		}
	}
	return func(k ir.Value, depth int) [][]ir.Value {
		values := make([][]ir.Value, depth)
		for d := range values {
			values[d] = make([]ir.Value, n)
		}
		vector := func(at ir.Value, place func(e int) *ir.Value) {
			v := o.array.LoadVec(4, at.Shr(2))
			for e := range 4 {
				*place(e) = v.At(e)
			}
		}
		for i, line := range lines {
			switch {
			case o.wide && o.alongOuter:
				for d := range depth {
					vector(line.Add(k.Add(d).Mul(o.inner)), func(e int) *ir.Value { return &values[d][4*i+e] })
				}
			case o.wide && depth > 1:
				for d := 0; d < depth; d += 4 {
					vector(line.Add(k.Add(d)), func(e int) *ir.Value { return &values[d+e][i] })
				}
			default:
				for d := range depth {
					values[d][i] = o.array.Load(line.Add(k.Add(d).Mul(o.inner)))
				}
			}
		}
		return values
	}
}
