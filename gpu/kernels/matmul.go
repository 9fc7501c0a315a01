package kernels

import (
	"errors"
	"fmt"

	"inkstone/gpu/ir"
)

// MatMul computes products of matrices,
//
//	c = α·a·b + β·c + bias,  a [M, K], b [K, N], c [M, N], bias [N]
//
// for a batch of them. A workgroup computes a tile [TileM, TileN] of c and each of its lanes
// ThreadM × ThreadN elements of it, in registers. Along K the operands go through shared memory,
// TileK columns of a and rows of b at a time, from where all lanes read them.
//
// With Subgroup, a workgroup is one subgroup and nothing goes through memory: a lane computes
// all rows of the tile (ThreadM = TileM) and TileN/Subgroup of its columns. It reads the elements
// of b that it needs, and a share of the elements of a, which the lanes show each other by
// Shuffle. This is for processors that pose as devices: they read memory lane by lane, but a
// shuffle from a known lane is one instruction.
//
// With a Multiplier, each subgroup computes ThreadM × ThreadN elements of the tile by products of
// small matrices, whose elements are rounded to 16 bits on the way into shared memory.
//
// With DoubleBuffer, shared memory holds two parts of each operand: while the lanes work on one, the
// next is on its way to the other, and they wait for each other once a part. It goes there by
// asynchronous copies (ir.Array.CopyAsync), which take no registers and no instructions of a lane to
// store, but cannot round: for a Multiplier, lanes read the next part before they work on this one,
// and store it, rounded, after that. To copy float32 and round on the way out of shared memory would
// take twice the room and another pass of all lanes over each part.
//
// a and b may have any strides. TransA and TransB tell along which dimension their elements lie
// side by side, and so in which order the lanes read them; Wide operands are read, or written,
// four elements at a time. These are chosen by Fit for given operands.
//
// Buffers: c, a, b, bias (with Bias).
type MatMul struct {
	TileM, TileN, TileK int
	ThreadM, ThreadN    int
	Pipeline            bool // read the next part of the operands before working on this one
	DoubleBuffer        bool // the same, with room for two parts in shared memory
	Subgroup            int  // lanes of the subgroup that a tile is for; 0 for any, through shared memory
	Multiplier          Multiplier

	Bias       bool
	Accumulate bool // β is not 0: c is read
	Split      bool // cut K into parts, whose products are written one after another

	TransA, TransB      bool // a's elements lie side by side along M rather than K, b's along K rather than N
	WideA, WideB, WideC bool
	Full                bool // M, N and K are multiples of the tile
}

// Matrix is where a batch of matrices lies in a buffer: element (r, c) of matrix (i, j) at
// Offset + i·Batch[0] + j·Batch[1] + r·Row + c·Col.
type Matrix struct {
	Offset, Row, Col int
	Batch            [2]int
}

// wide reports whether four elements that lie side by side can be read at once, if the
// dimension along which they lie has n and the distance between such lines is stride.
func (m Matrix) wide(n, stride int) bool {
	return (n|stride|m.Offset|m.Batch[0]|m.Batch[1])%4 == 0
}

// Fit returns k with the fields chosen that depend on how the operands lie. c's Col is 1.
func (k MatMul) Fit(M, N, K int, c, a, b Matrix) MatMul {
	k.TransA, k.TransB = a.Col != 1 && a.Row == 1, b.Col != 1 && b.Row == 1
	k.WideA = k.TransA && a.wide(M, a.Col) || a.Col == 1 && a.wide(K, a.Row)
	k.WideB = k.TransB && b.wide(K, b.Col) || b.Col == 1 && b.wide(N, b.Row)
	if k.shares() {
		_, errA := k.perLane(k.TransA, k.TileM, k.WideA)
		_, errB := k.perLane(!k.TransB, k.TileN, k.WideB)
		k.WideA, k.WideB = k.WideA && errA == nil, k.WideB && errB == nil
	} else {
		k.WideA, k.WideB = k.wideSubgroup()
	}
	k.WideC = k.ThreadN%4 == 0 && c.wide(N, c.Row)
	k.Full = M%k.TileM == 0 && N%k.TileN == 0 && K%k.TileK == 0 && K > 0 && !k.Split
	return k
}

// Lanes returns the lanes of a workgroup.
func (k MatMul) Lanes() int {
	n := k.TileM / k.ThreadM * (k.TileN / k.ThreadN)
	if k.hasMatrices() {
		n *= k.Subgroup
	}
	return n
}

func (k MatMul) hasMatrices() bool { return k.Multiplier != Multiplier{} }

// shares reports whether operands go through shared memory.
func (k MatMul) shares() bool { return k.Subgroup == 0 || k.hasMatrices() }

func (k MatMul) check() error {
	for _, n := range []int{k.TileM, k.TileN, k.TileK, k.ThreadM, k.ThreadN} {
		if n < 1 {
			return fmt.Errorf("kernels: MatMul: a tile of %d×%d×%d, %d×%d a lane: sizes must be positive", k.TileM, k.TileN, k.TileK, k.ThreadM, k.ThreadN)
		}
	}
	switch {
	case k.TileM%k.ThreadM != 0 || k.TileN%k.ThreadN != 0:
		return fmt.Errorf("kernels: MatMul: a tile of %d×%d is not made of %d×%d", k.TileM, k.TileN, k.ThreadM, k.ThreadN)
	case k.Split && (k.Bias || k.Accumulate || k.Full):
		return errors.New("kernels: MatMul: parts of K have no bias, are not added to c, and are not full")
	case k.WideC && k.ThreadN%4 != 0:
		return fmt.Errorf("kernels: MatMul: a wide c, with %d columns a lane", k.ThreadN)
	}
	if k.DoubleBuffer && (k.Pipeline || !k.shares()) {
		return errors.New("kernels: MatMul: DoubleBuffer is for operands that go through shared memory, and pipelines by itself")
	}
	if !k.shares() {
		return k.checkSubgroup()
	}
	if k.hasMatrices() {
		if err := k.checkMatrices(); err != nil {
			return err
		}
	}
	if _, err := k.perLane(k.TransA, k.TileM, k.WideA); err != nil {
		return err
	}
	_, err := k.perLane(!k.TransB, k.TileN, k.WideB)
	return err
}

// lines returns how an operand's part in shared memory lies in its buffer: as lines along K, or
// along the outer dimension, of which the tile has size.
func (k MatMul) lines(alongOuter bool, size int) (lines, length int) {
	if alongOuter {
		return k.TileK, size
	}
	return size, k.TileK
}

// perLane returns how many elements, or vectors if wide, of a part each lane reads.
func (k MatMul) perLane(alongOuter bool, size int, wide bool) (int, error) {
	lines, length := k.lines(alongOuter, size)
	n := lines * length
	if wide {
		if length%4 != 0 {
			return 0, fmt.Errorf("kernels: MatMul: a wide operand, in lines of %d", length)
		}
		n /= 4
	}
	if n%k.Lanes() != 0 {
		return 0, fmt.Errorf("kernels: MatMul: a part of %d×%d is not shared out to %d lanes evenly", lines, length, k.Lanes())
	}
	return n / k.Lanes(), nil
}

func (k MatMul) name() string {
	name := fmt.Sprintf("matmul_%dx%dx%d_%dx%d", k.TileM, k.TileN, k.TileK, k.ThreadM, k.ThreadN)
	if k.Subgroup > 0 {
		name += fmt.Sprintf("_sub%d", k.Subgroup)
	}
	if k.hasMatrices() {
		name += fmt.Sprintf("_%v_%v", k.Multiplier.Elem, k.Multiplier.Shape)
	}
	return marked(name, mark{"ta", k.TransA}, mark{"tb", k.TransB}, mark{"pipeline", k.Pipeline}, mark{"double", k.DoubleBuffer}, mark{"bias", k.Bias},
		mark{"accumulate", k.Accumulate}, mark{"split", k.Split}, mark{"wa", k.WideA}, mark{"wb", k.WideB}, mark{"wc", k.WideC}, mark{"full", k.Full})
}

// Build builds the kernel.
func (k MatMul) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	b := ir.New(k.name(), ir.Workgroup(k.TileN/k.ThreadN, k.TileM/k.ThreadM, 1))
	switch {
	case k.hasMatrices():
		b = ir.New(k.name(), ir.Workgroup(k.Lanes(), 1, 1), ir.Subgroup(k.Subgroup), ir.SharedLimit(max(ir.DefaultSharedLimit, k.sharedBytes())))
	case k.Subgroup > 0:
		b = ir.New(k.name(), ir.Workgroup(k.Subgroup, 1, 1), ir.Subgroup(k.Subgroup))
	}
	access := ir.Write
	if k.Accumulate {
		access = ir.ReadWrite
	}
	g := &gemm{MatMul: k, b: b, c: b.Buffer("c", ir.F32, access)}
	g.left.array, g.right.array = b.Buffer("a", ir.F32, ir.Read), b.Buffer("b", ir.F32, ir.Read)
	if k.Bias {
		g.bias = b.Buffer("bias", ir.F32, ir.Read)
	}
	g.scalars()
	switch {
	case k.hasMatrices():
		g.beginMatrices()
		g.multiply()
		g.writeMatrices()
	case k.Subgroup > 0:
		g.clear()
		g.exchange()
		g.write()
	default:
		g.clear()
		g.multiply()
		g.write()
	}
	return b.Build()
}

// Launch returns the launch for batch[0]·batch[1] products. With Split, K is cut into splits parts,
// and part i of the products lies i·batch[0]·batch[1]·M·N elements behind the first one in c,
// which is contiguous; without it, splits is 1. The grid has as many workgroups along z as there
// are products and parts: at most 65535.
func (k MatMul) Launch(M, N, K int, c, a, b Matrix, batch [2]int, splits int, alpha, beta float32) Launch {
	l := Launch{Grid: [3]int{ceilDiv(N, k.TileN), ceilDiv(M, k.TileM), batch[0] * batch[1] * splits}}
	l.ints(M, N, K, batch[1])
	l.ints(c.Offset, c.Row, c.Batch[0], c.Batch[1])
	for _, m := range []Matrix{a, b} {
		l.ints(m.Offset, m.Row, m.Col, m.Batch[0], m.Batch[1])
	}
	l.floats(alpha)
	if k.Accumulate {
		l.floats(beta)
	}
	if k.Split {
		l.ints(batch[0]*batch[1], roundUp(ceilDiv(K, splits), k.TileK), batch[0]*batch[1]*M*N)
	}
	return l
}

// gemm is a MatMul being built.
type gemm struct {
	MatMul
	b           *ir.Builder
	c, bias     *ir.Array
	left, right operand
	m, n        ir.Value // sizes
	from, to    ir.Value // the part of K
	cFirst      ir.Value // where c begins
	cRow        ir.Value
	alpha, beta ir.Value
	acc         [][]*ir.Var // [ThreadM][ThreadN/width]: the lane's elements of a·b
	rows, cols  fragment
	matrices    *matrices
}

// fragment is the share of a lane of one side of the tile: vectors of width elements, apart from
// each other so that neighbouring lanes read neighbouring vectors.
type fragment struct {
	vectors, width int
	lane           ir.Value // along this side
	lanes          int
}

func newFragment(tile, thread int, lane ir.Value) fragment {
	f := fragment{vectors: thread, width: 1, lane: lane, lanes: tile / thread}
	for f.width < 4 && f.vectors%2 == 0 {
		f.width, f.vectors = f.width*2, f.vectors/2
	}
	return f
}

// at returns the place of vector i in the tile, counted in vectors.
func (f fragment) at(i int) ir.Value { return f.lane.Add(i * f.lanes) }

// scalars declares the scalar parameters and finds the matrices of this workgroup.
func (g *gemm) scalars() {
	b, k := g.b, &g.MatMul
	scalar := func(name string) ir.Value { return b.Scalar(name, ir.I32) }
	g.m, g.n, g.to = scalar("M"), scalar("N"), scalar("K")
	inner := scalar("batch1")
	g.cFirst, g.cRow = scalar("c_offset"), scalar("c_row")
	cBatch := [2]ir.Value{scalar("c_batch0"), scalar("c_batch1")}
	declare := func(o *operand, name string) (batch [2]ir.Value, row, col ir.Value) {
		o.first, row, col = scalar(name+"_offset"), scalar(name+"_row"), scalar(name+"_col")
		return [2]ir.Value{scalar(name + "_batch0"), scalar(name + "_batch1")}, row, col
	}
	var aBatch, bBatch [2]ir.Value
	aBatch, g.left.outer, g.left.inner = declare(&g.left, "a")
	bBatch, g.right.inner, g.right.outer = declare(&g.right, "b")
	g.alpha = b.Scalar("alpha", ir.F32)
	if k.Accumulate {
		g.beta = b.Scalar("beta", ir.F32)
	}
	number := b.GroupID(2)
	g.from = b.I32(0)
	if k.Split {
		products, share, apart := scalar("products"), scalar("share"), scalar("c_part")
		part := number.Div(products)
		number = number.Sub(part.Mul(products))
		g.from = part.Mul(share)
		g.to = g.from.Add(share).Min(g.to)
		g.cFirst = g.cFirst.Add(part.Mul(apart))
	}
	i := number.Div(inner)
	j := number.Sub(i.Mul(inner))
	place := func(first ir.Value, stride [2]ir.Value) ir.Value {
		return first.Add(i.Mul(stride[0])).Add(j.Mul(stride[1]))
	}
	g.cFirst = place(g.cFirst, cBatch)
	g.left.first, g.right.first = place(g.left.first, aBatch), place(g.right.first, bBatch)

	x, y := b.LocalID(0), b.LocalID(1)
	if k.Subgroup > 0 { // with matrices, lanes have no elements of their own
		x, y = b.Lane(), b.I32(0)
	}
	g.rows, g.cols = newFragment(k.TileM, k.ThreadM, y), newFragment(k.TileN, k.ThreadN, x)
	g.left.lie(g.m, b.GroupID(1).Mul(k.TileM), k.TransA, k.WideA)
	g.right.lie(g.n, b.GroupID(0).Mul(k.TileN), !k.TransB, k.WideB)
	if k.shares() {
		g.share(&g.left, "ta", k.TileM)
		g.share(&g.right, "tb", k.TileN)
	}
}

// clear begins with zeros.
func (g *gemm) clear() {
	zero := g.b.F32(0)
	if g.cols.width > 1 {
		zero = zero.Splat(g.cols.width)
	}
	for range g.ThreadM {
		row := make([]*ir.Var, g.cols.vectors)
		for j := range row {
			row[j] = g.b.VarOf(zero).Named("acc")
		}
		g.acc = append(g.acc, row)
	}
}

// multiply adds the loop over K.
func (g *gemm) multiply() {
	b := g.b
	if g.DoubleBuffer {
		g.multiplyDouble()
		return
	}
	if !g.Pipeline {
		b.For(g.from, g.to, g.TileK, func(k ir.Value) {
			g.put(g.fetch(k))
			b.Barrier()
			g.compute()
			b.Barrier()
		})
		return
	}
	b.If(g.from.Lt(g.to), func() { g.put(g.fetch(g.from)) })
	b.Barrier()
	b.For(g.from, g.to, g.TileK, func(k ir.Value) {
		values := g.fetch(g.next(k))
		g.compute()
		b.Barrier()
		g.put(values)
		b.Barrier()
	})
}

// next returns where the part behind the one at k begins.
func (g *gemm) next(k ir.Value) ir.Value {
	next := k.Add(g.TileK)
	if g.Full { // the last part is read twice, for there is none behind it
		next = next.Min(g.to.Sub(g.TileK))
	}
	return next
}

// compute adds the product of the parts in shared memory to the accumulators.
func (g *gemm) compute() {
	if g.hasMatrices() {
		g.computeMatrices()
		return
	}
	g.b.Range(g.TileK, func(k ir.Value) {
		rows := g.rows.load(g.left.shared, g.left.in(g, k.Mul(g.left.pitch/g.rows.width), g.rows.width), g.cols.width)
		cols := g.cols.load(g.right.shared, g.right.in(g, k.Mul(g.right.pitch/g.cols.width), g.cols.width), 0)
		for i, x := range rows {
			for j, y := range cols {
				g.acc[i][j].Set(y.FMA(x, g.acc[i][j]))
			}
		}
	}).Unroll()
}

// load returns the lane's vectors of a row of shared memory that begins at vector first; or, if
// splat is not 0, its elements, each spread to a vector of so many.
func (f fragment) load(shared *ir.Array, first ir.Value, splat int) []ir.Value {
	var values []ir.Value
	for i := range f.vectors {
		at := first.Add(f.at(i))
		v := shared.Load
		if f.width > 1 {
			v = func(i ir.Operand) ir.Value { return shared.LoadVec(f.width, i) }
		}
		vector := v(at)
		if splat == 0 {
			values = append(values, vector)
			continue
		}
		for e := range f.width {
			x := vector
			if f.width > 1 {
				x = vector.At(e)
			}
			if splat > 1 {
				x = x.Splat(splat)
			}
			values = append(values, x)
		}
	}
	return values
}

// write stores the lane's elements to c.
func (g *gemm) write() {
	b := g.b
	top, left := b.GroupID(1).Mul(g.TileM), b.GroupID(0).Mul(g.TileN)
	for i := range g.ThreadM {
		row := top.Add(g.rows.at(i / g.rows.width).Mul(g.rows.width)).Add(i % g.rows.width)
		g.unless(row.Lt(g.m), func() {
			first := g.cFirst.Add(row.Mul(g.cRow))
			for j := range g.cols.vectors {
				g.writeVector(first, left.Add(g.cols.at(j).Mul(g.cols.width)), g.acc[i][j].Get())
			}
		})
	}
}

// unless adds body for the lanes inside of the matrix, or for all if all are.
func (g *gemm) unless(inside ir.Value, body func()) {
	if g.Full {
		body()
		return
	}
	g.b.If(inside, body)
}

// writeVector stores a vector of a row of c that begins at first.
func (g *gemm) writeVector(first, col, product ir.Value) {
	if g.WideC {
		g.unless(col.Lt(g.n), func() {
			at := first.Add(col).Shr(2)
			load := func(a *ir.Array, at ir.Value) ir.Value { return a.LoadVec(4, at) }
			g.c.StoreVec(at, g.finish(product, load, at, col.Shr(2)))
		})
		return
	}
	for e := range g.cols.width {
		x, c := product, col.Add(e)
		if g.cols.width > 1 {
			x = product.At(e)
		}
		g.unless(c.Lt(g.n), func() {
			at := first.Add(c)
			load := func(a *ir.Array, at ir.Value) ir.Value { return a.Load(at) }
			g.c.Store(at, g.finish(x, load, at, c))
		})
	}
}

// finish returns α·product + β·c[at] + bias[col].
func (g *gemm) finish(product ir.Value, load func(a *ir.Array, at ir.Value) ir.Value, at, col ir.Value) ir.Value {
	v := product.Mul(g.alpha)
	if g.Accumulate {
		v = load(g.c, at).FMA(g.beta, v)
	}
	if g.Bias {
		v = v.Add(load(g.bias, col))
	}
	return v
}
