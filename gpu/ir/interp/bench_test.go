package interp_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
)

// blockedMatmul multiplies square matrices; a lane computes a block of 4×4.
func blockedMatmul(n int) *ir.Kernel {
	const tile, depth = 64, 16 // of 16×16 lanes
	b := ir.New("blocked", ir.Workgroup(16, 16, 1))
	x, y, z := b.Buffer("a", ir.F32, ir.Read), b.Buffer("b", ir.F32, ir.Read), b.Buffer("c", ir.F32, ir.Write)
	ta, tb := b.Shared("ta", ir.F32, depth*tile), b.Shared("tb", ir.F32, depth*tile)
	l, i, j := b.LocalIndex(), b.LocalID(1), b.LocalID(0)
	row0, col0 := b.GroupID(1).Mul(tile), b.GroupID(0).Mul(tile)
	var acc [4]*ir.Var
	for r := range acc {
		acc[r] = b.VarOf(b.F32(0).Splat(4))
	}
	b.For(0, n, depth, func(k0 ir.Value) {
		ar, ak := l.Div(4), l.Rem(4)
		v := x.LoadVec(4, row0.Add(ar).Mul(n/4).Add(k0.Shr(2)).Add(ak))
		for e := range 4 {
			ta.Store(ak.Mul(4).Add(e).Mul(tile).Add(ar), v.At(e))
		}
		bk, bc := l.Div(16), l.Rem(16)
		tb.StoreVec(l, y.LoadVec(4, k0.Add(bk).Mul(n/4).Add(col0.Shr(2)).Add(bc)))
		b.Barrier()
		b.Range(depth, func(d ir.Value) {
			p, q := ta.LoadVec(4, d.Mul(tile/4).Add(i)), tb.LoadVec(4, d.Mul(tile/4).Add(j))
			for r := range acc {
				acc[r].Set(p.At(r).FMA(q, acc[r]))
			}
		})
		b.Barrier()
	})
	for r := range acc {
		z.StoreVec(row0.Add(i.Mul(4)).Add(r).Mul(n/4).Add(col0.Shr(2)).Add(j), acc[r].Get())
	}
	return b.MustBuild()
}

// tiledMatmul multiplies square matrices; a lane computes one element.
func tiledMatmul(n int) *ir.Kernel {
	const tile = 16
	b := ir.New("tiled", ir.Workgroup(tile, tile, 1))
	x, y, z := b.Buffer("a", ir.F32, ir.Read), b.Buffer("b", ir.F32, ir.Read), b.Buffer("c", ir.F32, ir.Write)
	ta, tb := b.Shared("ta", ir.F32, tile*tile), b.Shared("tb", ir.F32, tile*tile)
	i, j, l := b.LocalID(1), b.LocalID(0), b.LocalIndex()
	row, col := b.GlobalID(1), b.GlobalID(0)
	acc := b.VarOf(b.F32(0))
	b.For(0, n, tile, func(k0 ir.Value) {
		ta.Store(l, x.Load(row.Mul(n).Add(k0).Add(j)))
		tb.Store(l, y.Load(k0.Add(i).Mul(n).Add(col)))
		b.Barrier()
		b.Range(tile, func(d ir.Value) {
			acc.Set(ta.Load(i.Mul(tile).Add(d)).FMA(tb.Load(d.Mul(tile).Add(j)), acc))
		})
		b.Barrier()
	})
	z.Store(row.Mul(n).Add(col), acc)
	return b.MustBuild()
}

func BenchmarkMatmul(b *testing.B) {
	const n = 128
	for _, c := range []struct {
		kernel *ir.Kernel
		tile   int
	}{{tiledMatmul(n), 16}, {blockedMatmul(n), 64}} {
		for _, check := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/check=%v", c.kernel.Name, check), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				buffer := func() []byte {
					x := make([]float32, n*n)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					return interp.Bytes(x)
				}
				args := interp.Args{Buffers: [][]byte{buffer(), buffer(), buffer()}}
				grid := [3]int{n / c.tile, n / c.tile, 1}
				p := interp.Compile(c.kernel)
				for b.Loop() {
					err := error(nil)
					if check {
						err = interp.Run(c.kernel, grid, args, interp.Options{Check: true})
					} else {
						err = p.Launch(grid, args, 1)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(2*n*n*n*float64(b.N)/b.Elapsed().Seconds()/1e6, "MFLOP/s")
			})
		}
	}
}
