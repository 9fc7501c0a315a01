package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// productBF16 returns the elements of x·y, of one row by one column, at the level in use.
func productBF16(x, y []float32) float32 {
	k := len(x)
	a, b := make([]float32, GemmPanelsBF16[float32](1, GemmRows, k)), make([]float32, GemmPanelsBF16[float32](1, GemmCols[float32](), k))
	PackPanelsBF16(a, x, k, 1, 1, GemmRows, k)
	PackPanelsBF16(b, y, 1, 1, 1, GemmCols[float32](), k)
	var c [1]float32
	GemmBF16(c[:], 1, a, b, 1, 1, k, 1, 0, Block[float32]{})
	return c[0]
}

// TestPairSums holds the sums of two products and a third number to the orders that
// gemmbf16.go allows: bit by bit, with every rounding to nearest even.
func TestPairSums(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 9))
		for range 20000 {
			x, y := make([]float32, 4), make([]float32, 4)
			for i := range x {
				x[i] = fromBF16(toBF16(float32(r.NormFloat64())))
				y[i] = fromBF16(toBF16(float32(math.Ldexp(r.NormFloat64(), r.IntN(12)))))
			}
			x[1] = 0 // the first pair gives the sum that the second is added to
			s, p, q := x[0]*y[0], x[2]*y[2], x[3]*y[3]
			got := productBF16(x, y)
			if sp, sq, pq := s+p, s+q, p+q; got != sp+q && got != sq+p && got != s+pq {
				t.Fatalf("%v + %v + %v is %v, want %v, %v or %v", s, p, q, got, sp+q, sq+p, s+pq)
			}
		}
	})
}

// TestPairsSubnormal: a level multiplies numbers too small for VDPBF16PS or takes them for
// zero; the smallest that is large enough counts.
func TestPairsSubnormal(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, x := range []float32{0x1p-126, -0x1p-126, 0x1.fcp-127, -0x1p-133} {
			got := productBF16([]float32{x, 0}, []float32{4, 0})
			zero := got == 0 && active.pairBF16 == 2 && math.Abs(float64(x)) < 0x1p-126
			if got != 4*x && !zero {
				t.Errorf("%v·4 is %v", x, got)
			}
		}
	})
}

// TestPackRounding packs numbers around every bfloat16, of either sign, with NaNs and
// infinities, along either side of a panel: they are rounded as BF16FromF32 does, but for
// subnormal ones, which a level may take for zero.
func TestPackRounding(t *testing.T) {
	const panel, k = 48, 64
	all := halfNumbers(fromBF16)
	atLevels(t, func(t *testing.T) {
		panels := make([]float32, GemmPanelsBF16[float32](panel, panel, k))
		for numbers := all; len(numbers) >= panel*k; numbers = numbers[panel*k:] {
			for _, across := range []int{1, k} {
				along := panel
				if across == k {
					along = 1
				}
				PackPanelsBF16(panels, numbers, across, along, panel, panel, k)
				for i := range panel * k {
					x := numbers[i/panel*along+i%panel*across]
					got, want := unpackBF16(panels, panel, k, i), fromBF16(toBF16(x))
					flushed := active.pairBF16 == 2 && math.Abs(float64(x)) < 0x1p-126 && math.Float32bits(got) == math.Float32bits(x)&(1<<31)
					if math.Float32bits(got) != math.Float32bits(want) && !flushed {
						t.Fatalf("%v (%08x) is packed as %v, want %v", x, math.Float32bits(x), got, want)
					}
				}
			}
		}
	})
}
