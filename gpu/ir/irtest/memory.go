package irtest

import (
	"fmt"
	"math"

	"inkstone/gpu/ir"
)

// vectors returns the cases of vector loads, stores and arithmetic, in buffers and shared arrays.
func vectors() []Case {
	var cases []Case
	for _, n := range []int{2, 4} {
		for _, t := range []ir.Type{ir.F32, ir.I32, ir.U32} {
			cases = append(cases, vectorArithmetic(n, t), reversed(n, t, false), reversed(n, t, true))
		}
	}
	return append(cases, mixedWidths(), vectorParts(), copied(1), copied(2), copied(4))
}

// copied turns the vectors of each workgroup round, which come to shared memory by asynchronous
// copies: those of every third lane are zeros, from beyond the buffer. One more copy, of a
// constant element, is for all.
func copied(n int) Case {
	const lanes, groups = 16, 3
	b := ir.New(fmt.Sprintf("copied_%d", n), ir.Workgroup(lanes, 1, 1))
	x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write)
	s, one := b.Shared("s", ir.F32, n*lanes), b.Shared("one", ir.F32, lanes)
	i, l := b.GlobalID(0), b.LocalID(0)
	inside := l.Rem(3).Ne(0)
	s.CopyAsync(n, l, x, inside.Select(i, 1<<20), inside)
	one.CopyAsync(1, l, x, 5, b.Bool(true))
	b.CopyWait()
	b.Barrier()
	from := b.I32(lanes - 1).Sub(l)
	for e := range n {
		y.Store(i.Mul(n).Add(e), s.Load(from.Mul(n).Add(e)).Add(one.Load(from)))
	}
	p, w := make([]float32, n*lanes*groups), make([]float32, n*lanes*groups)
	for i := range p {
		p[i] = float32(i + 1)
	}
	for i := range w {
		w[i] = p[5]
		if from := lanes - 1 - i/n%lanes; from%3 != 0 {
			w[i] += p[(i/n/lanes*lanes+from)*n+i%n]
		}
	}
	return Case{Name: b.Name(), Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]float32, len(p)))}, Check: equal(1, w)}
}

// vectorArithmetic computes x·y + x, then takes the smaller of it and a spread scalar.
func vectorArithmetic(n int, t ir.Type) Case {
	const count = 100
	b := ir.New(fmt.Sprintf("vector_%v_%d", t, n), ir.Workgroup(32, 1, 1))
	x, y, z := b.Buffer("x", t, ir.Read), b.Buffer("y", t, ir.Read), b.Buffer("z", t, ir.Write)
	i := b.GlobalID(0)
	b.If(i.Lt(count), func() {
		v := x.LoadVec(n, i)
		z.StoreVec(i, v.Mul(y.LoadVec(n, i)).Add(v).Min(50))
	})
	p, q, w := make([]uint32, n*count), make([]uint32, n*count), make([]uint32, n*count)
	for i := range p {
		u, v := i%11, i%7+1
		r := min(u*v+u, 50)
		p[i], q[i], w[i] = uint32(u), uint32(v), uint32(r)
		if t == ir.F32 {
			p[i], q[i], w[i] = bits(float32(u)), bits(float32(v)), bits(float32(r))
		}
	}
	return Case{Name: b.Name(), Kernel: b.MustBuild(), Grid: [3]int{4, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(q), bytesOf(make([]uint32, n*count))}, Check: equal(2, w)}
}

// reversed reverses the vectors of each workgroup through a shared array, and their elements.
// With scalars it is written and read by scalars too.
func reversed(n int, t ir.Type, scalars bool) Case {
	const lanes, groups = 16, 3
	name := fmt.Sprintf("reversed_%v_%d", t, n)
	if scalars {
		name += "_scalars"
	}
	b := ir.New(name, ir.Workgroup(lanes, 1, 1))
	x, y := b.Buffer("x", t, ir.Read), b.Buffer("y", t, ir.Write)
	s := b.Shared("s", t, n*lanes)
	i, l := b.GlobalID(0), b.LocalID(0)
	v := x.LoadVec(n, i)
	s.StoreVec(l, v)
	b.Barrier()
	from := b.I32(lanes - 1).Sub(l)
	if scalars {
		for k := range n {
			y.Store(i.Mul(n).Add(k), s.Load(from.Mul(n).Add(n-1-k)))
		}
	} else {
		v = s.LoadVec(n, from)
		var rest []ir.Operand
		for k := 1; k < n; k++ {
			rest = append(rest, v.At(n-1-k))
		}
		y.StoreVec(i, b.Vec(v.At(n-1), rest...))
	}
	p, w := make([]uint32, n*lanes*groups), make([]uint32, n*lanes*groups)
	for i := range p {
		p[i] = uint32(i * i)
		if t == ir.F32 {
			p[i] = bits(float32(i * i))
		}
	}
	for i := range w {
		group := i / (n * lanes)
		w[i] = p[group*n*lanes+n*lanes-1-i%(n*lanes)]
	}
	return Case{Name: name, Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]uint32, len(p)))}, Check: equal(1, w)}
}

// mixedWidths writes one shared array and one buffer by vectors of 2 and reads by vectors of 4.
func mixedWidths() Case {
	const lanes = 32
	b := ir.New("mixed_widths", ir.Workgroup(lanes, 1, 1))
	x, y := b.Buffer("x", ir.F32, ir.ReadWrite), b.Buffer("y", ir.F32, ir.Write)
	s := b.Shared("s", ir.F32, 2*lanes)
	l := b.LocalID(0)
	s.StoreVec(l, x.LoadVec(2, l))
	b.Barrier()
	b.If(l.Lt(lanes/2), func() {
		v := s.LoadVec(4, l)
		x.StoreVec(l, v.Add(v))
	})
	b.Barrier()
	y.Store(l, x.Load(l.Mul(2)))
	p, w := make([]float32, 2*lanes), make([]float32, lanes)
	for i := range p {
		p[i] = float32(i)
	}
	for i := range w {
		w[i] = float32(4 * i)
	}
	return Case{Name: "mixed_widths", Kernel: b.MustBuild(), Grid: [3]int{1, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]float32, lanes))}, Check: equal(1, w)}
}

// vectorParts uses functions, selection, conversion and variables of vectors.
func vectorParts() Case {
	const lanes = 32
	b := ir.New("vector_parts", ir.Workgroup(lanes, 1, 1))
	x, y, z := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write), b.Buffer("z", ir.U32, ir.Write)
	l := b.LocalID(0)
	v := b.VarOf(x.LoadVec(4, l))
	b.If(l.And(1).Eq(0), func() { v.Set(v.Get().Neg()) })
	w := l.Lt(16).Select(v, v.Get().Abs().FMA(2, 1))
	y.Store(l, w.SumLanes())
	u := w.To(ir.I32).Bitcast(ir.U32).Shl(1).Xor(w.At(0).Splat(4).Floor().To(ir.I32).To(ir.U32))
	z.StoreVec(l, u)
	p, q, r := make([]float32, 4*lanes), make([]float32, lanes), make([]uint32, 4*lanes)
	for i := range p {
		p[i] = float32(i%13) - 3.5
	}
	for i := range q {
		var w [4]float32
		for k := range w {
			w[k] = p[4*i+k]
			if i%2 == 0 {
				w[k] = -w[k]
			}
			if i >= 16 {
				w[k] = 2*float32(math.Abs(float64(w[k]))) + 1
			}
		}
		q[i] = (w[0] + w[1]) + (w[2] + w[3])
		for k := range w {
			r[4*i+k] = uint32(int32(w[k]))<<1 ^ uint32(int32(math.Floor(float64(w[0]))))
		}
	}
	sums, words := equal(1, q), equal(2, r)
	return Case{Name: "vector_parts", Kernel: b.MustBuild(), Grid: [3]int{1, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]float32, lanes)), bytesOf(make([]uint32, 4*lanes))},
		Check: func(b [][]byte) error {
			if err := sums(b); err != nil {
				return fmt.Errorf("y: %w", err)
			}
			return words(b)
		}}
}

// storage returns the cases of 16-bit elements.
func storage() []Case {
	var cases []Case
	for _, t := range []ir.Type{ir.F16, ir.BF16} {
		for _, n := range []int{1, 2, 4} {
			cases = append(cases, widened(t, n), narrowed(t, n, false), narrowed(t, n, true))
		}
	}
	return cases
}

// widened loads every 16-bit number.
func widened(t ir.Type, n int) Case {
	b := ir.New(fmt.Sprintf("widened_%v_%d", t, n), ir.Workgroup(64, 1, 1))
	x, y := b.Buffer("x", t, ir.Read), b.Buffer("y", ir.F32, ir.Write)
	i := b.GlobalID(0)
	if n == 1 {
		y.Store(i, x.Load(i))
	} else {
		y.StoreVec(i, x.LoadVec(n, i))
	}
	const count = 1 << 16
	p, w := make([]uint16, count), make([]float32, count)
	for i := range p {
		p[i] = uint16(i)
		for f := fromHalf(t, p[i]); ; f = fromHalf(t, p[i]) {
			if a := math.Abs(float64(f)); a == 0 || a >= 0x1p-126 && !math.IsInf(a, 0) {
				w[i] = f
				break
			}
			p[i] = 0 // no NaNs, infinities, or what a device may flush
		}
	}
	return Case{Name: b.Name(), Kernel: b.MustBuild(), Grid: [3]int{count / 64 / n, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]float32, count))}, Check: equal(1, w)}
}

func fromHalf(t ir.Type, h uint16) float32 {
	if t == ir.BF16 {
		return f32(uint32(h) << 16)
	}
	return fromF16(h)
}

// narrowed stores numbers, ties among them, through a buffer or a shared array of 16-bit
// elements.
func narrowed(t ir.Type, n int, shared bool) Case {
	const lanes, groups = 16, 8
	name := fmt.Sprintf("narrowed_%v_%d", t, n)
	if shared {
		name += "_shared"
	}
	b := ir.New(name, ir.Workgroup(lanes, 1, 1))
	x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", t, ir.Write)
	i := b.GlobalID(0)
	load, store := func(a *ir.Array, i ir.Value) ir.Value { return a.Load(i) }, func(a *ir.Array, i, v ir.Value) { a.Store(i, v) }
	if n > 1 {
		load, store = func(a *ir.Array, i ir.Value) ir.Value { return a.LoadVec(n, i) }, func(a *ir.Array, i, v ir.Value) { a.StoreVec(i, v) }
	}
	v := load(x, i)
	if shared {
		s := b.Shared("s", t, n*lanes)
		store(s, b.LocalID(0), v)
		b.Barrier()
		v = load(s, b.LocalID(0))
	}
	store(y, i, v)
	count := n * lanes * groups
	p, w := make([]float32, count), make([]uint16, count)
	for i := range p {
		base := float32(1 + i%37)
		half := float32(0x1p-11)
		if t == ir.BF16 {
			half = 0x1p-8
		}
		p[i] = base * (1 + float32(i%5)*half) * float32(1-2*(i%2))
		if i%11 == 0 {
			p[i] *= 1 + 0x1p-20
		}
		w[i] = toHalf(t, p[i])
	}
	return Case{Name: name, Kernel: b.MustBuild(), Grid: [3]int{groups, 1, 1},
		Buffers: [][]byte{bytesOf(p), bytesOf(make([]uint16, count))}, Check: equal(1, w)}
}

func toHalf(t ir.Type, x float32) uint16 {
	if t == ir.F16 {
		return toF16(x)
	}
	low, high := uint16(bits(x)>>16), uint16(bits(x)>>16+1)
	down, up := float64(x)-float64(fromHalf(t, low)), float64(fromHalf(t, high))-float64(x)
	if down = math.Abs(down); down < math.Abs(up) || down == math.Abs(up) && low&1 == 0 {
		return low
	}
	return high
}
