package interp

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestFMA compares with exact arithmetic, on numbers that make every kind of
// rounding: ties, cancellation, results below the smallest normal number, infinities, NaN.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 1 + 0x1p-23, 0x1p-126, 0x1p-149, 3e38, 0x1p-75, -0x1p-75,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	number := func() float32 {
		switch r.IntN(4) {
		case 0:
			return special[r.IntN(len(special))]
		case 1: // few bits, so that sums meet ties
			return float32(math.Ldexp(float64(r.IntN(1<<12)-1<<11), r.IntN(60)-30))
		case 2:
			return math.Float32frombits(r.Uint32())
		}
		return float32(r.NormFloat64())
	}
	const n = 1 << 17
	x, y, z, d := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], y[i], z[i] = number(), number(), number()
		if i%3 == 0 { // close to the middle of two numbers
			x[i] = float32(r.IntN(1<<24)) * 0x1p-20
			y[i] = 1 + float32(r.IntN(1<<12))*0x1p-23
			z[i] = float32(math.Ldexp(r.Float64()-0.5, -r.IntN(60)))
		}
	}
	fmaLanes(d, x, y, z)
	for i := range d {
		if want := exactFMA(x[i], y[i], z[i]); math.Float32bits(d[i]) != math.Float32bits(want) && (d[i] == d[i] || want == want) {
			t.Fatalf("%v·%v + %v = %v, want %v", x[i], y[i], z[i], d[i], want)
		}
	}
}

// exactFMA computes x·y + z with as many bits as it takes.
func exactFMA(x, y, z float32) float32 {
	p := float64(x) * float64(y)
	if s := p + float64(z); s != s || math.IsInf(s, 0) || s == 0 {
		return float32(s)
	}
	b := func(v float64) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(v) }
	sum := new(big.Float).SetPrec(1000).Add(b(p), b(float64(z)))
	f, _ := sum.Float32()
	return f
}
