package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestAliasing calls every kernel with an output that is also an input, for each pair its
// case allows: the outputs must be those of separate slices, bit by bit.
func TestAliasing(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, c := range cases {
			for _, pair := range c.alias {
				for _, size := range c.testSizes() {
					want := narrow(c.args(rand.New(rand.NewPCG(3, uint64(size))), size))
					got := narrow(widen(want))
					got.f[pair[0]] = got.f[pair[1]]
					c.run32(want)
					c.run32(got)
					sameOutputs(t, fmt.Sprintf("%s: size %d, out %d is in %d", c.name, size, pair[0], pair[1]), c, got, want)
				}
			}
		}
	})
}

// TestPositionIndependence cuts random pieces out of the operands of elementwise kernels:
// each piece must give the bits that it gives within the whole, so that where work is
// split never shows.
func TestPositionIndependence(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, c := range cases {
			if !c.elementwise {
				continue
			}
			r := rand.New(rand.NewPCG(4, 4))
			const n = 300
			whole := narrow(c.args(r, n))
			want := narrow(widen(whole))
			c.run32(want)
			for range 50 {
				from := r.IntN(n)
				to := from + r.IntN(min(n-from, 70)+1)
				piece, wantPiece := narrow(widen(whole)), &operands[float32]{}
				for k := range piece.f {
					piece.f[k] = piece.f[k][from:to]
					wantPiece.f = append(wantPiece.f, want.f[k][from:to])
				}
				c.run32(piece)
				sameOutputs(t, fmt.Sprintf("%s: [%d:%d]", c.name, from, to), c, piece, wantPiece)
			}
		}
	})
}

// specials are numbers at the edges of float32 and of the functions' ranges.
var specials = []float64{
	0, math.Copysign(0, -1), 1, -1, math.NaN(), math.Inf(1), math.Inf(-1),
	0x1p-149, -0x1p-149, 0x1p-127, -0x1p-127, 0x1p-126, 1e-20, -1e-20,
	9, -9, 11, -11, 39, -39, 41, -41, 87, -87, 88.8, -88.8, 90, -90, 104, -104, 1e4, -1e4,
	1e18, -1e18, 1e30, -1e30, math.MaxFloat32, -math.MaxFloat32,
}

// TestSpecials gives elementwise kernels special numbers in one operand at a time, with
// ordinary ones in the others. Against plain Go, NaN and Inf must stand in the same places
// and other results must be close.
func TestSpecials(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, c := range cases {
			if !c.elementwise {
				continue
			}
			r := rand.New(rand.NewPCG(5, 5))
			for k := range c.args(r, 1).f {
				o := c.args(r, len(specials))
				copy(o.f[k], specials)
				got, want := narrow(o), narrow(o)
				c.run32(got)
				isa := ISA()
				mustSetISA(t, "generic")
				c.run32(want)
				mustSetISA(t, isa)
				for j := range c.outs {
					for i := range specials {
						if g, w := float64(got.f[j][i]), float64(want.f[j][i]); !alike(g, w) {
							t.Errorf("%s with %v in operand %d: out %d is %v, want %v", c.name, specials[i], k, j, g, w)
						}
					}
				}
			}
		}
	})
}

// alike reports whether two numbers are both NaN, the same infinity, or close; numbers
// near the smallest float32 may become 0.
func alike(a, b float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return a == b || a != a && b != b
	}
	return math.Abs(a-b) <= 1e-4*math.Abs(b)+1e-34
}

// TestNaNReaches plants one NaN in one input of kernels that are not elementwise: it must
// reach the outputs that it reaches in plain Go, at every position around a vector's ends.
func TestNaNReaches(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, c := range cases {
			if c.elementwise || c.sizes != nil {
				continue
			}
			const n = 70
			for k := c.outs + c.scratch; k < len(c.args(rand.New(rand.NewPCG(6, 6)), n).f); k++ {
				for i := 0; ; i++ {
					o := c.args(rand.New(rand.NewPCG(6, 6)), n)
					if i >= min(len(o.f[k]), 2*n) {
						break
					}
					o.f[k][i] = math.NaN()
					got, want := narrow(o), o
					c.run32(got)
					c.run64(want)
					for j := range c.outs {
						for x := range got.f[j] {
							if (got.f[j][x] != got.f[j][x]) != (want.f[j][x] != want.f[j][x]) {
								t.Fatalf("%s: NaN at input %d[%d]: out %d[%d] = %v, want %v", c.name, k, i, j, x, got.f[j][x], want.f[j][x])
							}
						}
					}
				}
			}
		}
	})
}

// TestGarbageCollectorProgress loops over every kernel while the collector runs. Assembly
// cannot be preempted, so a call that does too much at once would hold it up.
func TestGarbageCollectorProgress(t *testing.T) {
	const bound = 2 * time.Second
	for _, c := range cases {
		size := 1 << 14
		if c.sizes != nil {
			size = c.sizes[len(c.sizes)-1]
		}
		o := narrow(c.args(rand.New(rand.NewPCG(7, 7)), size))
		var stop atomic.Bool
		started, done := make(chan bool), make(chan bool)
		go func() {
			c.run32(o)
			started <- true
			for !stop.Load() {
				c.run32(o)
			}
			done <- true
		}()
		<-started
		start := time.Now()
		runtime.GC()
		if d := time.Since(start); d > bound {
			t.Errorf("%s held up the garbage collector for %v", c.name, d)
		}
		stop.Store(true)
		<-done
	}
}

// sameOutputs reports the first bit in which the outputs of two calls differ.
func sameOutputs(t *testing.T, what string, c kernelCase, got, want *operands[float32]) {
	t.Helper()
	for k := range c.outs {
		for i := range want.f[k] {
			if !sameBits(got.f[k][i], want.f[k][i]) {
				t.Errorf("%s: out %d[%d] = %v, want %v", what, k, i, got.f[k][i], want.f[k][i])
				return
			}
		}
	}
}
