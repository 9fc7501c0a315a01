package kernels

import "inkstone/gpu/ir"

// operand is a or b, seen as lines: an index along K, and one along the outer dimension M or N.
type operand struct {
	array        *ir.Array
	shared       *ir.Array // lines of pitch: TileK of them, or as many as the tile has if they lie along K
	pitch        int
	alongK       bool     // lines in shared memory do; otherwise those along K in the buffer are turned
	part         ir.Value // DoubleBuffer: which of two parts is being stored to or worked on
	partLen      int      // elements of a part
	first        ir.Value // where the matrix begins
	outer, inner ir.Value // strides along the outer dimension and along K
	size         ir.Value // of the outer dimension
	corner       ir.Value // the tile's first index along it
	alongOuter   bool     // lines lie along the outer dimension
	wide         bool
	length       int // of the lines of a part
	perLane      int // elements or vectors a lane reads of a part
}

// lie notes how the operand lies.
func (o *operand) lie(size, corner ir.Value, alongOuter, wide bool) {
	o.size, o.corner, o.alongOuter, o.wide = size, corner, alongOuter, wide
}

// share declares an operand's shared memory. Lines along K are turned when they are stored, so
// neighbouring lanes write to rows of shared memory: padding puts these into different banks. Parts
// for matrices, which are read by rows or by columns with equal ease, stay as they are if there are
// two (padding puts eight lines of 16 bytes into different banks).
func (g *gemm) share(o *operand, name string, tile int) {
	_, o.length = g.lines(o.alongOuter, tile)
	o.perLane, _ = g.perLane(o.alongOuter, tile, o.wide)
	o.alongK = g.hasMatrices() && g.DoubleBuffer && !o.alongOuter
	lines, elem := g.TileK, ir.F32
	o.pitch = tile
	if o.alongK {
		lines, o.pitch = tile, g.TileK
	}
	switch {
	case g.hasMatrices():
		elem = g.Multiplier.Elem
		o.pitch += lane16
	case !o.alongOuter:
		o.pitch += 4
	}
	o.partLen = lines * o.pitch
	o.shared = g.b.Shared(name, elem, g.buffers()*o.partLen)
}

// buffers returns how many parts of an operand shared memory holds.
func (k MatMul) buffers() int {
	if k.DoubleBuffer {
		return 2
	}
	return 1
}

// use tells which parts in shared memory are meant from here on.
func (g *gemm) use(part ir.Value) { g.left.part, g.right.part = part, part }

// in returns element, or vector of width, number i of the operand's part in shared memory.
func (o *operand) in(g *gemm, i ir.Value, width int) ir.Value {
	if !g.DoubleBuffer {
		return i
	}
	return i.Add(o.part.Mul(o.partLen / width))
}

// fetch reads the lane's share of the parts of both operands that begin at k.
func (g *gemm) fetch(k ir.Value) [2][]ir.Value {
	return [2][]ir.Value{g.left.fetch(g, k), g.right.fetch(g, k)}
}

// put stores what fetch has read to shared memory.
func (g *gemm) put(values [2][]ir.Value) {
	g.left.put(g, values[0])
	g.right.put(g, values[1])
}

// element returns the line, and the place along it, of the i-th element or vector that the lane
// reads of a part.
func (o *operand) element(g *gemm, i int) (line, along ir.Value) {
	n, width := o.length, 1
	if o.wide {
		n, width = n/4, 4
	}
	if g.Lanes()%n == 0 { // the same place along each of its lines: found without a division in the loop
		line = g.b.LocalIndex().Div(n)
		return line.Add(i * g.Lanes() / n), g.b.LocalIndex().Sub(line.Mul(n)).Mul(width)
	}
	e := g.b.LocalIndex().Add(i * g.Lanes())
	line = e.Div(n)
	return line, e.Sub(line.Mul(n)).Mul(width)
}

// fetch reads elements, or vectors, of the part that begins at k. Outside of the matrix there
// are zeros: the element read there is the buffer's first, and is not used.
func (o *operand) fetch(g *gemm, k ir.Value) []ir.Value {
	values := make([]ir.Value, o.perLane)
	for i := range values {
		at, inside := o.source(g, k, i)
		load := func(at ir.Value) ir.Value {
			if o.wide {
				return o.array.LoadVec(4, at.Shr(2))
			}
			return o.array.Load(at)
		}
		if g.Full {
			values[i] = load(at)
			continue
		}
		values[i] = inside.Select(load(inside.Select(at, 0)), 0)
	}
	return values
}

// source returns where in the buffer the i-th element or vector is that the lane reads of the part
// that begins at k, and, unless Full, whether it is inside of the matrix.
func (o *operand) source(g *gemm, k ir.Value, i int) (at, inside ir.Value) {
	line, along := o.element(g, i)
	inner, outer := k.Add(along), o.corner.Add(line)
	if o.alongOuter {
		inner, outer = k.Add(line), o.corner.Add(along)
	}
	switch {
	case o.wide && o.alongOuter: // along the line the stride is 1
		at = o.first.Add(inner.Mul(o.inner)).Add(outer)
	case o.wide:
		at = o.first.Add(outer.Mul(o.outer)).Add(inner)
	default:
		at = o.first.Add(outer.Mul(o.outer)).Add(inner.Mul(o.inner))
	}
	if g.Full {
		return at, inside // all are
	}
	return at, inner.Lt(g.to).And(outer.Lt(o.size))
}

// put stores what fetch has read, and turns lines along K where shared memory has others.
func (o *operand) put(g *gemm, values []ir.Value) {
	for i, v := range values {
		line, along := o.element(g, i)
		switch {
		case !o.wide && (o.alongOuter || o.alongK):
			o.shared.Store(o.in(g, line.Mul(o.pitch).Add(along), 1), v)
		case !o.wide:
			o.shared.Store(o.in(g, along.Mul(o.pitch).Add(line), 1), v)
		case o.alongOuter || o.alongK:
			o.shared.StoreVec(o.in(g, line.Mul(o.pitch/4).Add(along.Shr(2)), 4), v)
		default:
			for e := range 4 {
				o.shared.Store(o.in(g, along.Add(e).Mul(o.pitch).Add(line), 1), v.At(e))
			}
		}
	}
}
