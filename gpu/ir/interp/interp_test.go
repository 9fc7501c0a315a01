package interp_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
)

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// modes runs a test in both modes.
func modes(t *testing.T, f func(t *testing.T, o interp.Options)) {
	for _, o := range []interp.Options{{}, {Check: true}} {
		t.Run(fmt.Sprintf("check=%v", o.Check), func(t *testing.T) { f(t, o) })
	}
}

// matmul multiplies with square tiles in shared memory; each lane computes one element.
func matmul(tile int) *ir.Kernel {
	b := ir.New("matmul", ir.Workgroup(tile, tile, 1))
	a, bb, c := b.Buffer("a", ir.F32, ir.Read), b.Buffer("b", ir.F32, ir.Read), b.Buffer("c", ir.F32, ir.Write)
	m, n, k := b.Scalar("m", ir.I32), b.Scalar("n", ir.I32), b.Scalar("k", ir.I32)
	ta, tb := b.Shared("ta", ir.F32, tile*tile), b.Shared("tb", ir.F32, tile*tile)
	x, y := b.LocalID(0), b.LocalID(1)
	row, col := b.GlobalID(1), b.GlobalID(0)
	here := y.Mul(tile).Add(x)
	acc := b.VarOf(b.F32(0)).Named("acc")
	b.For(0, k, tile, func(k0 ir.Value) {
		ka, kb := k0.Add(x), k0.Add(y)
		b.IfElse(row.Lt(m).And(ka.Lt(k)),
			func() { ta.Store(here, a.Load(row.Mul(k).Add(ka))) },
			func() { ta.Store(here, 0) })
		b.IfElse(kb.Lt(k).And(col.Lt(n)),
			func() { tb.Store(here, bb.Load(kb.Mul(n).Add(col))) },
			func() { tb.Store(here, 0) })
		b.Barrier()
		b.Range(tile, func(i ir.Value) {
			acc.Set(ta.Load(y.Mul(tile).Add(i)).FMA(tb.Load(i.Mul(tile).Add(x)), acc))
		}).Unroll()
		b.Barrier()
	})
	b.If(row.Lt(m).And(col.Lt(n)), func() { c.Store(row.Mul(n).Add(col), acc) })
	return b.MustBuild()
}

func TestMatmul(t *testing.T) {
	const m, n, k, tile = 35, 50, 21, 8
	r := rand.New(rand.NewPCG(1, 2))
	a, b := random(r, m*k), random(r, k*n)
	want := make([]float32, m*n)
	for i := range m {
		for j := range n {
			for l := range k {
				want[i*n+j] = float32(math.FMA(float64(a[i*k+l]), float64(b[l*n+j]), float64(want[i*n+j])))
			}
		}
	}
	modes(t, func(t *testing.T, o interp.Options) {
		c := make([]float32, m*n)
		args := interp.Args{
			Buffers: [][]byte{interp.Bytes(a), interp.Bytes(b), interp.Bytes(c)},
			Scalars: []uint32{m, n, k},
		}
		if err := interp.Run(matmul(tile), [3]int{(n + tile - 1) / tile, (m + tile - 1) / tile, 1}, args, o); err != nil {
			t.Fatal(err)
		}
		for i, v := range want {
			if c[i] != v {
				t.Fatalf("element %d: %v, want %v", i, c[i], v)
			}
		}
	})
}

// softmax normalises a row with one workgroup, through subgroups and shared memory.
func softmax(subgroup, lanes int) *ir.Kernel {
	b := ir.New("softmax", ir.Workgroup(lanes, 1, 1), ir.Subgroup(subgroup))
	x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write)
	cols := b.Scalar("cols", ir.I32)
	parts := b.Shared("parts", ir.F32, lanes/subgroup)
	first := b.GroupID(0).Mul(cols)

	// reduce combines a value of every lane of the workgroup.
	reduce := func(v ir.Value, sum bool) ir.Value {
		whole := func(v ir.Value) ir.Value {
			if sum {
				return v.SubgroupAdd()
			}
			return v.SubgroupMax()
		}
		v = whole(v)
		b.If(b.Lane().Eq(0), func() { parts.Store(b.SubgroupID(), v) })
		b.Barrier()
		total := b.VarOf(parts.Load(0))
		b.For(1, lanes/subgroup, 1, func(i ir.Value) {
			p := parts.Load(i)
			if sum {
				total.Set(total.Get().Add(p))
			} else {
				total.Set(total.Get().Max(p))
			}
		})
		b.Barrier()
		return total.Get()
	}
	most := b.VarOf(b.F32(float32(math.Inf(-1))))
	b.For(b.LocalIndex(), cols, lanes, func(i ir.Value) { most.Set(most.Get().Max(x.Load(first.Add(i)))) })
	top := reduce(most.Get(), false)
	sum := b.VarOf(b.F32(0))
	b.For(b.LocalIndex(), cols, lanes, func(i ir.Value) { sum.Set(x.Load(first.Add(i)).Sub(top).Exp().Add(sum)) })
	scale := b.F32(1).Div(reduce(sum.Get(), true))
	b.For(b.LocalIndex(), cols, lanes, func(i ir.Value) {
		y.Store(first.Add(i), x.Load(first.Add(i)).Sub(top).Exp().Mul(scale))
	})
	return b.MustBuild()
}

func TestSoftmax(t *testing.T) {
	const rows, cols = 3, 77
	x := random(rand.New(rand.NewPCG(3, 4)), rows*cols)
	for _, subgroup := range []int{4, 8, 16, 32, 64} {
		t.Run(fmt.Sprint(subgroup), func(t *testing.T) {
			modes(t, func(t *testing.T, o interp.Options) {
				y := make([]float32, rows*cols)
				args := interp.Args{Buffers: [][]byte{interp.Bytes(x), interp.Bytes(y)}, Scalars: []uint32{cols}}
				if err := interp.Run(softmax(subgroup, 64), [3]int{rows, 1, 1}, args, o); err != nil {
					t.Fatal(err)
				}
				for r := range rows {
					sum := 0.0
					for c := range cols {
						sum += math.Exp(float64(x[r*cols+c]))
					}
					for c := range cols {
						want := math.Exp(float64(x[r*cols+c])) / sum
						if got := float64(y[r*cols+c]); math.Abs(got-want) > 1e-6*want {
							t.Fatalf("row %d, column %d: %v, want %v", r, c, got, want)
						}
					}
				}
			})
		})
	}
}

func BenchmarkMatmul(b *testing.B) {
	const n, tile = 128, 16
	r := rand.New(rand.NewPCG(1, 2))
	args := interp.Args{
		Buffers: [][]byte{interp.Bytes(random(r, n*n)), interp.Bytes(random(r, n*n)), interp.Bytes(make([]float32, n*n))},
		Scalars: []uint32{n, n, n},
	}
	p := interp.Compile(matmul(tile))
	for b.Loop() {
		if err := p.Launch([3]int{n / tile, n / tile, 1}, args, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(2*n*n*n*float64(b.N)/b.Elapsed().Seconds()/1e6, "MFLOP/s")
}
