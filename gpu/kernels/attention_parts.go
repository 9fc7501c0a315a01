package kernels

import (
	"errors"
	"fmt"

	"inkstone/gpu/ir"
)

// AttentionTile says how the kernels of attention cut their work. A workgroup keeps a block of
// rows in shared memory and goes over the others in tiles of columns; rows are queries and
// columns keys, but for the gradients of keys and values, where it is the other way round. The
// scores of a block and a tile, [Rows, Cols], are shared out to LanesY × LanesX lanes, and so
// are the sums that a pass makes, [Rows, HeadDim].
type AttentionTile struct {
	HeadDim        int // D
	Rows, Cols     int // Rows a multiple of LanesY, Cols of 4·LanesX or of LanesX and 4
	LanesX, LanesY int
	Causal         bool
	Wide           bool // D, strides and offsets of all operands are multiples of 4
}

func (k AttentionTile) check() error {
	if k.HeadDim < 1 || k.LanesX < 1 || k.LanesY < 1 || k.Rows < 1 || k.Cols < 1 ||
		k.Rows%k.LanesY != 0 || k.Cols%k.LanesX != 0 || k.Cols%4 != 0 {
		return fmt.Errorf("kernels: attention of heads of %d with tiles of %d×%d for %d×%d lanes", k.HeadDim, k.Rows, k.Cols, k.LanesY, k.LanesX)
	}
	if k.Wide && k.HeadDim%4 != 0 {
		return errors.New("kernels: wide attention: the head size is not a multiple of 4")
	}
	return nil
}

// Fit returns k for operands that lie as given: Wide if it can be.
func (k AttentionTile) Fit(operands ...Heads) AttentionTile {
	all := k.HeadDim
	for _, h := range operands {
		all |= h.Offset | h.Batch | h.Position | h.Head
	}
	k.Wide = all%4 == 0
	return k
}

func (k AttentionTile) name(op string) string {
	op = marked(op, mark{"causal", k.Causal}, mark{"wide", k.Wide})
	return fmt.Sprintf("%s_%d_%dx%d_%dx%d", op, k.HeadDim, k.Rows, k.Cols, k.LanesY, k.LanesX)
}

// Heads is where the heads of [B, T, H, D] lie in a buffer: head h of position t of batch b from
// Offset + b·Batch + t·Position + h·Head on.
type Heads struct{ Offset, Batch, Position, Head int }

// AttentionSizes are the sizes of an attention: q [B, T, H, D], k and v [B, S, H/G, D], where G
// query heads share a key head. Query i stands at position S−T+i.
type AttentionSizes struct{ B, T, S, H, G int }

func (s AttentionSizes) launch(grid [3]int, scale float32, operands ...Heads) Launch {
	l := Launch{Grid: grid}
	l.ints(s.T, s.S, s.H, s.G)
	l.floats(scale)
	for _, h := range operands {
		l.ints(h.Offset, h.Batch, h.Position, h.Head)
	}
	return l
}

// attention is one of the kernels of attention being built.
type attention struct {
	AttentionTile
	b              *ir.Builder
	width          int // D, padded so that the lanes along x share a row out evenly
	pitch          int // of rows in shared memory; 4 more than width, so that rows begin in different banks
	x, y           ir.Value
	T, S, H, G     ir.Value
	offset         ir.Value // position of query 0
	scale          ir.Value
	weights        *ir.Array // [Rows, Cols+4]: probabilities, or gradients of scores
	batch, head    ir.Value  // head: of queries
	keyHead, first ir.Value  // first: row of the block
}

func (k AttentionTile) begin(op string) *attention {
	a := &attention{AttentionTile: k}
	a.b = ir.New(k.name(op), ir.Workgroup(k.LanesX, k.LanesY, 1))
	a.width = roundUp(k.HeadDim, 4*k.LanesX)
	a.pitch = a.width + 4
	a.x, a.y = a.b.LocalID(0), a.b.LocalID(1)
	return a
}

// sizes declares the sizes and the scale.
func (a *attention) sizes() {
	b := a.b
	a.T, a.S = b.Scalar("T", ir.I32), b.Scalar("S", ir.I32)
	a.H, a.G = b.Scalar("H", ir.I32), b.Scalar("G", ir.I32)
	a.scale = b.Scalar("scale", ir.F32)
	a.offset = a.S.Sub(a.T)
}

// scalars declares the sizes, and shared memory for weights.
func (a *attention) scalars() {
	a.sizes()
	a.weights = a.b.Shared("weights", ir.F32, a.Rows*(a.Cols+4))
}

// heads is an operand in a kernel being built.
type heads struct {
	array                         *ir.Array
	offset, batch, position, head ir.Value
}

func (a *attention) operand(array *ir.Array) *heads {
	scalar := func(name string) ir.Value { return a.b.Scalar(array.Name+name, ir.I32) }
	return &heads{array, scalar("_offset"), scalar("_batch"), scalar("_position"), scalar("_head")}
}

// at returns where position 0 of a head begins.
func (h *heads) at(batch, head ir.Value) ir.Value {
	return h.offset.Add(batch.Mul(h.batch)).Add(head.Mul(h.head))
}

// shared declares shared memory for a number of rows of a head.
func (a *attention) shared(name string, rows int) *ir.Array {
	return a.b.Shared(name, ir.F32, rows*a.pitch)
}

// fetch copies rows first, first+1, … of a head, which begins at base, to shared memory. Rows
// from limit on and columns from D on become zeros.
func (a *attention) fetch(to *ir.Array, rows int, h *heads, base, first, limit ir.Value) {
	b, quads := a.b, a.width/4
	b.For(b.LocalIndex(), rows*quads, a.LanesX*a.LanesY, func(i ir.Value) {
		r := i.Div(quads)
		q := i.Sub(r.Mul(quads))
		row := first.Add(r)
		at := base.Add(row.Mul(h.position)).Add(q.Mul(4))
		inside := row.Lt(limit)
		var v ir.Value
		if a.Wide {
			inside = inside.And(q.Lt(a.HeadDim / 4))
			v = inside.Select(h.array.LoadVec(4, inside.Select(at, 0).Shr(2)), 0)
		} else {
			var e [4]ir.Value
			for c := range e {
				in := inside.And(q.Mul(4).Add(c).Lt(a.HeadDim))
				e[c] = in.Select(h.array.Load(in.Select(at.Add(c), 0)), 0)
			}
			v = b.Vec(e[0], e[1], e[2], e[3])
		}
		to.StoreVec(r.Mul(a.pitch/4).Add(q), v)
	})
}

// row returns the lane's i-th row of the block, col its j-th column of a tile.
func (a *attention) row(i int) ir.Value { return a.y.Add(i * a.LanesY) }
func (a *attention) col(j int) ir.Value { return a.x.Add(j * a.LanesX) }

// scores is the lane's share of a matrix [Rows, Cols].
type scores [][]*ir.Var

func (a *attention) newScores(name string) scores {
	var s scores
	for range a.Rows / a.LanesY {
		row := make([]*ir.Var, a.Cols/a.LanesX)
		for j := range row {
			row[j] = a.b.Var(ir.F32).Named(name)
		}
		s = append(s, row)
	}
	return s
}

// each calls f for the lane's scores, with their rows and columns in the block and the tile.
func (a *attention) each(s scores, f func(i, j int, v *ir.Var)) {
	for i := range s {
		for j := range s[i] {
			f(i, j, s[i][j])
		}
	}
}

// dot sets s to the products of rows of two parts in shared memory.
func (a *attention) dot(s scores, rows, cols *ir.Array) {
	a.each(s, func(_, _ int, v *ir.Var) { v.Set(0) })
	a.b.Range(ceilDiv(a.HeadDim, 4), func(d ir.Value) {
		var x, y []ir.Value
		for i := range s {
			x = append(x, rows.LoadVec(4, a.row(i).Mul(a.pitch/4).Add(d)))
		}
		for j := range s[0] {
			y = append(y, cols.LoadVec(4, a.col(j).Mul(a.pitch/4).Add(d)))
		}
		a.each(s, func(i, j int, v *ir.Var) {
			sum := v.Get()
			for e := range 4 {
				sum = x[i].At(e).FMA(y[j].At(e), sum)
			}
			v.Set(sum)
		})
	})
}

// putWeights stores the lane's share of a matrix [Rows, Cols] for weigh.
func (a *attention) putWeights(s scores) {
	a.each(s, func(i, j int, v *ir.Var) {
		a.weights.Store(a.row(i).Mul(a.Cols+4).Add(a.col(j)), v)
	})
}

// sums is the lane's share of a matrix [Rows, D]: vectors of four columns, LanesX vectors apart.
type sums [][]*ir.Var

func (a *attention) newSums(name string) sums {
	var s sums
	zero := a.b.F32(0).Splat(4)
	for range a.Rows / a.LanesY {
		row := make([]*ir.Var, a.width/4/a.LanesX)
		for c := range row {
			row[c] = a.b.VarOf(zero).Named(name)
		}
		s = append(s, row)
	}
	return s
}

// weigh adds weights [Rows, Cols] times a part [Cols, D], both in shared memory, to s.
func (a *attention) weigh(s sums, part *ir.Array) {
	a.b.Range(a.Cols/4, func(q ir.Value) {
		var w []ir.Value
		for i := range s {
			w = append(w, a.weights.LoadVec(4, a.row(i).Mul((a.Cols+4)/4).Add(q)))
		}
		for e := range 4 {
			first := q.Mul(4).Add(e).Mul(a.pitch / 4)
			for c := range s[0] {
				v := part.LoadVec(4, first.Add(a.col(c)))
				for i := range s {
					s[i][c].Set(v.FMA(w[i].At(e), s[i][c]))
				}
			}
		}
	})
}

// store writes the lane's sums, each row times its factor, to the rows of a head that begin with
// the block's first one and end before limit.
func (a *attention) store(h *heads, base, limit ir.Value, s sums, factor func(i int) ir.Value) {
	b := a.b
	for i := range s {
		row := a.first.Add(a.row(i))
		b.If(row.Lt(limit), func() {
			f := factor(i)
			at := base.Add(row.Mul(h.position))
			for c := range s[i] {
				v, quad := s[i][c].Get().Mul(f), a.col(c)
				if a.Wide {
					b.If(quad.Lt(a.HeadDim/4), func() { h.array.StoreVec(at.Shr(2).Add(quad), v) })
					continue
				}
				for e := range 4 {
					d := quad.Mul(4).Add(e)
					b.If(d.Lt(a.HeadDim), func() { h.array.Store(at.Add(d), v.At(e)) })
				}
			}
		})
	}
}

// values loads a number for each of the lane's rows, or columns, from an array [B, H, T];
// there are zeros for queries from T on.
func (a *attention) values(array *ir.Array, head ir.Value, query func(i int) ir.Value, n int) []ir.Value {
	first := a.batch.Mul(a.H).Add(head).Mul(a.T)
	v := make([]ir.Value, n)
	for i := range v {
		inside := query(i).Lt(a.T)
		v[i] = inside.Select(array.Load(inside.Select(first.Add(query(i)), 0)), 0)
	}
	return v
}

// sees returns whether a query sees a key; both are numbers in their sequences.
func (a *attention) sees(query, key ir.Value) ir.Value {
	sees := key.Lt(a.S).And(query.Lt(a.T))
	if a.Causal {
		sees = sees.And(key.Le(a.offset.Add(query)))
	}
	return sees
}
