package interp_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
)

// broken is a kernel with a mistake, and what the interpreter must say of it.
type broken struct {
	name    string
	kind    interp.Kind
	lane    int
	text    string // the line of the mistake
	detail  string // a part of the error
	fast    bool   // found without Check too
	fresh   bool   // buffer x is undefined at the start
	options []ir.Option
	build   func(b *ir.Builder, x *ir.Array, l ir.Value)
	twist   func(k *ir.Kernel) // breaks what the builder would not
}

// move takes the last instruction with an op out of the body and puts it at the end of the
// body's If.
func move(op ir.Op) func(k *ir.Kernel) {
	return func(k *ir.Kernel) {
		var moved *ir.Instr
		for i, in := range k.Body {
			if in.Op == op {
				moved = in
				k.Body = append(k.Body[:i:i], k.Body[i+1:]...)
				break
			}
		}
		for _, in := range k.Body {
			if in.Op == ir.OpIf {
				in.Body = append(in.Body, moved)
			}
		}
	}
}

func TestBroken(t *testing.T) {
	subgroup := []ir.Option{ir.Subgroup(4)}
	cases := []broken{
		{name: "shared race, read after write", kind: interp.Race, lane: 0, text: "load s[", detail: "written in line", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			s := b.Shared("s", ir.U32, 8)
			s.Store(l, 1)
			x.Store(l, s.Load(l.Xor(1))) // no barrier
		}},
		{name: "shared race, write after read", kind: interp.Race, lane: 0, text: "s[local_index] = v", detail: "read in line", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			s := b.Shared("s", ir.U32, 8)
			s.Store(l, 1)
			b.Barrier()
			v := s.Load(l.Xor(1))
			s.Store(l, v) // no barrier
		}},
		{name: "shared race, two writers", kind: interp.Race, lane: 1, text: "s[0] = 1", detail: "by lane 0 of the same workgroup", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.Shared("s", ir.U32, 8).Store(0, 1)
		}},
		{name: "shared race in a loop", kind: interp.Race, lane: 0, text: "s[local_index] = ", detail: "read in line", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			s := b.Shared("s", ir.U32, 8)
			sum := b.VarOf(b.U32(0))
			b.Range(3, func(i ir.Value) {
				s.Store(l, i.To(ir.U32))
				b.Barrier()
				sum.Set(sum.Get().Add(s.Load(l.Xor(1)))) // a barrier is missing before the next turn
			})
			x.Store(l, sum)
		}},
		{name: "race of a vector and an element", kind: interp.Race, lane: 0, text: "s[4*0:4]", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			s := b.Shared("s", ir.U32, 8)
			s.Store(l, 1)
			b.If(l.Eq(0), func() { s.StoreVec(0, b.U32(2).Splat(4)) })
		}},
		{name: "global race in a workgroup", kind: interp.Race, lane: 0, text: "load x[", detail: "written in line", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.Store(l, 1)
			x.Store(l, x.Load(l.Xor(1)))
		}},
		{name: "global race of workgroups", kind: interp.Race, lane: 0, text: "x[local_index] = 1", detail: "another workgroup", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.Store(l, 1)
		}},
		{name: "global race of workgroups, barrier or not", kind: interp.Race, lane: 0, text: "load x[", detail: "another workgroup", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			g := b.GroupID(0)
			b.Barrier()
			b.Barrier()
			x.Store(b.GlobalID(0), x.Load(b.I32(1).Sub(g).Max(0).Mul(8).Add(l)))
		}},
		{name: "race with an atomic operation", kind: interp.Race, lane: 0, text: "load x[0]", detail: "written in line", options: []ir.Option{ir.Atomics()}, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.AtomicAdd(0, 1)
			x.Load(0)
		}},
		{name: "read past the end", kind: interp.OutOfBounds, lane: 3, text: "load x[", detail: "index 16 of x, which has 16", fast: true, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.Load(l.Add(13))
		}},
		{name: "read before the start", kind: interp.OutOfBounds, lane: 0, text: "load x[", detail: "index -1 of x", fast: true, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.Load(l.Sub(1))
		}},
		{name: "write past the end", kind: interp.OutOfBounds, lane: 2, text: "s[", detail: "index 8 of s, which has 8", fast: true, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.Shared("s", ir.F32, 8).Store(l.Add(6), 1)
		}},
		{name: "vector past the end", kind: interp.OutOfBounds, lane: 4, text: "load x[4*", detail: "index 4 of x, which has 4 vectors of 4", fast: true, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.LoadVec(4, l)
		}},
		{name: "half past the end", kind: interp.OutOfBounds, lane: 4, text: "h[2*", detail: "index 4 of h, which has 4 vectors of 2", fast: true, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.Shared("h", ir.BF16, 8).StoreVec(l, b.F32(1).Splat(2))
		}},
		{name: "atomic past the end", kind: interp.OutOfBounds, lane: 0, text: "atomic_add x[16]", fast: true, options: []ir.Option{ir.Atomics()}, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.AtomicAdd(16, 1)
		}},
		{name: "shuffle past the end", kind: interp.OutOfBounds, lane: 4, text: "shuffle", detail: "lane 4 of a subgroup of 4", fast: true, options: subgroup, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			x.Store(b.GlobalID(0), l.To(ir.U32).Shuffle(l))
		}},
		{name: "uninitialised shared memory", kind: interp.Uninitialised, lane: 7, text: "load s[", detail: "element 7 of s", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			s := b.Shared("s", ir.U32, 8)
			b.If(l.Lt(7), func() { s.Store(l, 1) })
			b.Barrier()
			s.Load(l)
		}},
		{name: "uninitialised variable", kind: interp.Uninitialised, lane: 5, text: "= v", detail: "variable v", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			v := b.Var(ir.U32).Named("v")
			b.If(l.Lt(5), func() { v.Set(1) })
			x.Store(b.GlobalID(0), v)
		}},
		{name: "uninitialised buffer", kind: interp.Uninitialised, lane: 1, text: "load x[", detail: "element 1 of x", fresh: true, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.If(l.Eq(0).And(b.GroupID(0).Eq(0)), func() { x.Store(0, 1) })
			b.Barrier()
			b.If(b.GroupID(0).Eq(0), func() { x.Load(l) })
		}},
		{name: "divergent barrier", kind: interp.Barrier, lane: 0, text: "barrier", detail: "3 of 8 lanes", fast: true, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.If(l.Lt(3), func() {})
			b.Barrier()
		}, twist: move(ir.OpBarrier)},
		{name: "divergent subgroup", kind: interp.Barrier, lane: 0, text: "subgroup_add", options: subgroup, build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.If(l.Lt(3), func() {})
			b.U32(1).SubgroupAdd()
		}, twist: move(ir.OpSubgroupAdd)},
		{name: "broken promise", kind: interp.NotUniform, lane: 4, text: "uniform", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.Uniform(l.Shr(2))
		}},
		{name: "division by zero", kind: interp.Undefined, lane: 3, text: "div", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.I32(7).Div(l.Sub(3))
		}},
		{name: "overflow of a division", kind: interp.Undefined, lane: 0, text: "rem", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			l.Add(math.MinInt32).Rem(-1)
		}},
		{name: "long shift", kind: interp.Undefined, lane: 1, text: "shl", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.U32(1).Shl(l.To(ir.U32).Mul(32))
		}},
		{name: "conversion of what does not fit", kind: interp.Undefined, lane: 1, text: "convert", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			l.To(ir.F32).Mul(-1).To(ir.U32)
		}},
		{name: "conversion of NaN", kind: interp.Undefined, lane: 0, text: "convert", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			l.To(ir.F32).Mul(math.NaN()).To(ir.I32)
		}},
		{name: "step of zero", kind: interp.Undefined, lane: 0, text: "for", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			b.For(0, 10, l, func(ir.Value) {})
		}},
		{name: "endless loop", kind: interp.Runaway, lane: 5, text: "loop", build: func(b *ir.Builder, x *ir.Array, l ir.Value) {
			v := b.VarOf(l)
			b.Forever(func() {
				b.BreakIf(v.Get().Lt(5))
				v.Set(v.Get().Add(0))
			})
		}},
	}
	for _, c := range cases {
		for _, check := range []bool{true, false} {
			if !check && !c.fast {
				continue
			}
			b := ir.New("broken", append(c.options, ir.Workgroup(8, 1, 1))...)
			x := b.Buffer("x", ir.U32, ir.ReadWrite)
			c.build(b, x, b.LocalIndex())
			k, err := b.Build()
			if err != nil {
				t.Fatal(c.name, err)
			}
			if c.twist != nil {
				c.twist(k)
			}
			o := interp.Options{Check: check, Fresh: []bool{c.fresh}, MaxTurns: 1000}
			err = interp.Run(k, [3]int{2, 1, 1}, interp.Args{Buffers: [][]byte{interp.Bytes(make([]uint32, 16))}}, o)
			var e *interp.Error
			switch {
			case !errors.As(err, &e):
				t.Errorf("%s, check %v: no mistake found: %v\n%s", c.name, check, err, k.Text())
			case e.Kind != c.kind || e.Lane != c.lane && check || !strings.Contains(e.Text, c.text) ||
				!strings.Contains(e.Error(), c.detail) || e.Text != k.LineText(e.Line):
				t.Errorf("%s, check %v: got: %v\n%s", c.name, check, err, k.Text())
			}
		}
	}
}

// TestArgs gives arguments that do not fit the kernel.
func TestArgs(t *testing.T) {
	b := ir.New("args", ir.Workgroup(8, 1, 1))
	x := b.Buffer("x", ir.F32, ir.ReadWrite)
	x.Store(b.GlobalID(0), b.Scalar("s", ir.F32))
	k := b.MustBuild()
	one, odd := []uint32{0}, make([]byte, 9)
	good := make([]byte, 64)
	for _, c := range []struct {
		name string
		grid [3]int
		args interp.Args
		ok   bool
	}{
		{"good", [3]int{2, 1, 1}, interp.Args{Buffers: [][]byte{good}, Scalars: one}, true},
		{"empty grid", [3]int{0, 1, 1}, interp.Args{Buffers: [][]byte{good}, Scalars: one}, true},
		{"negative grid", [3]int{-1, 1, 1}, interp.Args{Buffers: [][]byte{good}, Scalars: one}, false},
		{"huge grid", [3]int{1 << 30, 1 << 16, 1 << 16}, interp.Args{Buffers: [][]byte{good}, Scalars: one}, false},
		{"no buffer", [3]int{1, 1, 1}, interp.Args{Scalars: one}, false},
		{"no scalar", [3]int{1, 1, 1}, interp.Args{Buffers: [][]byte{good}}, false},
		{"part of an element", [3]int{1, 1, 1}, interp.Args{Buffers: [][]byte{odd}, Scalars: one}, false},
		{"unaligned", [3]int{1, 1, 1}, interp.Args{Buffers: [][]byte{good[1:61]}, Scalars: one}, false},
		{"nil buffer", [3]int{1, 1, 1}, interp.Args{Buffers: [][]byte{nil}, Scalars: one}, false},
	} {
		if err := interp.Run(k, c.grid, c.args, interp.Options{}); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
