package kernels

import (
	"fmt"

	"inkstone/gpu/ir"
)

// Rows says which lanes share the work of a row in kernels that go over rows [rows, cols).
//
// Usually a workgroup takes a row: sums over it go through shared memory, by way of subgroups
// if Subgroup is not 0. With Narrow each subgroup takes a row of its own, without memory or
// barriers, which suits rows that are not much longer than a subgroup.
type Rows struct {
	Lanes    int  // of a workgroup, a power of two
	Subgroup int  // lanes of a subgroup of the device; 0 not to use subgroups
	Narrow   bool // a subgroup takes a row
}

// name returns a kernel's name for these rows.
func (r Rows) name(op string) string {
	if r.Narrow {
		op += "_narrow"
	}
	return fmt.Sprintf("%s_%d_%d", op, r.Lanes, r.Subgroup)
}

// begin begins a kernel.
func (r Rows) begin(op string) *ir.Builder {
	options := []ir.Option{ir.Workgroup(r.Lanes, 1, 1)}
	if r.Subgroup > 0 {
		options = append(options, ir.Subgroup(r.Subgroup))
	}
	return ir.New(r.name(op), options...)
}

// check returns an error unless the numbers fit each other.
func (r Rows) check() error {
	switch {
	case r.Lanes < 1 || r.Lanes&(r.Lanes-1) != 0:
		return fmt.Errorf("kernels: %d lanes to a workgroup: want a power of two", r.Lanes)
	case r.Subgroup < 0 || r.Subgroup > r.Lanes:
		return fmt.Errorf("kernels: subgroups of %d lanes in a workgroup of %d", r.Subgroup, r.Lanes)
	case r.Narrow && r.Subgroup == 0:
		return fmt.Errorf("kernels: a subgroup to a row, and no subgroups")
	}
	return nil
}

// grid returns the grid for a number of rows.
func (r Rows) grid(rows int) [3]int { return spread(ceilDiv(rows, r.perGroup())) }

// meets reports whether a sum over a row has a barrier, as it needs if it takes more than a
// subgroup.
func (r Rows) meets() bool { return !r.Narrow && r.Lanes > max(1, r.Subgroup) }

func (r Rows) perGroup() int {
	if r.Narrow {
		return r.Lanes / r.Subgroup
	}
	return 1
}

// launch returns the launch for x [rows, cols].
func (r Rows) launch(rows, cols int) Launch {
	l := Launch{Grid: r.grid(rows)}
	l.ints(rows, cols)
	return l
}

// row is one row in a kernel being built.
type row struct {
	b     *ir.Builder
	rows  Rows
	index ir.Value // its number
	cols  ir.Value
	first ir.Value // where it begins in an array [rows, cols]
	lane  ir.Value // of those that share it
	count int      // of them
	parts int      // shared arrays made
}

// each declares the scalars rows and cols, and adds body for the row of the lane.
func (r Rows) each(b *ir.Builder, body func(r *row)) {
	rows, cols := b.Scalar("rows", ir.I32), b.Scalar("cols", ir.I32)
	t := &row{b: b, rows: r, cols: cols, index: groupNumber(b), lane: b.LocalIndex(), count: r.Lanes}
	if r.Narrow {
		t.index = t.index.Mul(r.perGroup()).Add(b.SubgroupID())
		t.lane, t.count = b.Lane(), r.Subgroup
	}
	t.index.Named("row")
	b.If(t.index.Lt(rows), func() {
		t.first = t.index.Mul(cols)
		body(t)
	})
}

// columns adds a loop in which the lanes stride over the columns. Body gets a column and where
// it lies in an array [rows, cols].
func (r *row) columns(body func(c, at ir.Value)) {
	r.b.For(r.lane, r.cols, r.count, func(c ir.Value) { body(c, r.first.Add(c)) })
}

// once adds what one lane does for the row.
func (r *row) once(body func()) { r.b.If(r.lane.Eq(0), body) }

// total returns the sum over the columns of what f returns for each.
func (r *row) total(f func(c, at ir.Value) ir.Value) ir.Value {
	s := r.b.VarOf(r.b.F32(0)).Named("sum")
	r.columns(func(c, at ir.Value) { s.Set(s.Get().Add(f(c, at))) })
	return r.sum(s.Get())[0]
}

// reduction is how two numbers are combined.
type reduction uint8

const (
	bySum reduction = iota
	byMax
)

func (op reduction) combine(x, y ir.Value) ir.Value {
	if op == byMax {
		return x.Max(y)
	}
	return x.Add(y)
}

func (op reduction) subgroup(x ir.Value) ir.Value {
	if op == byMax {
		return x.SubgroupMax()
	}
	return x.SubgroupAdd()
}

// sum returns the sums of values over the lanes of the row, max the largest ones: the same in
// all of them. Order and tree depend on Rows alone.
func (r *row) sum(x ...ir.Value) []ir.Value { return r.reduce(bySum, x) }
func (r *row) max(x ...ir.Value) []ir.Value { return r.reduce(byMax, x) }

// reduce combines values over the lanes of the row. Each call has shared memory of its own, so
// it needs no barrier against the one before.
func (r *row) reduce(op reduction, x []ir.Value) []ir.Value {
	b := r.b
	if r.rows.Subgroup > 0 {
		for i := range x {
			x[i] = op.subgroup(x[i])
		}
	}
	if !r.rows.meets() {
		return x
	}
	parts := make([]*ir.Array, len(x))
	n := r.rows.Lanes / max(1, r.rows.Subgroup)
	for i := range x {
		parts[i] = b.Shared(fmt.Sprintf("parts%d", r.parts), ir.F32, n)
		r.parts++
	}
	if r.rows.Subgroup > 0 {
		return r.reduceSubgroups(op, x, parts, n)
	}
	return r.reduceTree(op, x, parts, n)
}

// reduceSubgroups combines the values of n subgroups in their order.
func (r *row) reduceSubgroups(op reduction, x []ir.Value, parts []*ir.Array, n int) []ir.Value {
	b := r.b
	b.If(b.Lane().Eq(0), func() {
		for i, v := range x {
			parts[i].Store(b.SubgroupID(), v)
		}
	})
	b.Barrier()
	all := make([]ir.Value, len(x))
	for i, p := range parts {
		v := b.VarOf(p.Load(0))
		b.For(1, n, 1, func(j ir.Value) { v.Set(op.combine(v.Get(), p.Load(j))) }).Unroll()
		all[i] = v.Get()
	}
	return all
}

// reduceTree combines the values of n lanes: the upper half into the lower, again and again.
func (r *row) reduceTree(op reduction, x []ir.Value, parts []*ir.Array, n int) []ir.Value {
	b := r.b
	for i, v := range x {
		parts[i].Store(r.lane, v)
	}
	b.Barrier()
	for half := n / 2; half > 0; half /= 2 {
		b.If(r.lane.Lt(half), func() {
			for _, p := range parts {
				p.Store(r.lane, op.combine(p.Load(r.lane), p.Load(r.lane.Add(half))))
			}
		})
		b.Barrier()
	}
	all := make([]ir.Value, len(x))
	for i, p := range parts {
		all[i] = p.Load(0)
	}
	return all
}
