package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// halfNumbers are float32 numbers around every number a 16-bit format has: the number, the
// tie above it and the float32 on either side of both, of either sign, with NaNs and Infs.
func halfNumbers(from func(uint16) float32) []float32 {
	var x []float32
	for h := range 1 << 16 {
		a := from(uint16(h))
		b := from(uint16(h + 1))
		tie := float32((float64(a) + float64(b)) / 2)
		for _, v := range []float32{a, tie} {
			bits := math.Float32bits(v)
			x = append(x, v, math.Float32frombits(bits+1), math.Float32frombits(bits-1))
		}
	}
	return x
}

func fromBF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// TestHalfNearest checks the plain Go conversions by their definition: no neighbour of the
// result is nearer, and of two equally near ones the result is even.
func TestHalfNearest(t *testing.T) {
	for name, f := range map[string]struct {
		to   func(float32) uint16
		from func(uint16) float32
		inf  uint16
	}{"bf16": {toBF16, fromBF16, 0x7f80}, "f16": {toF16, fromF16, 0x7c00}} {
		// value is from, with Inf where the next number would stand, so that rounding
		// to Inf is rounding to nearest too.
		value := func(h uint16) float64 {
			if h&0x7fff == f.inf {
				return math.Copysign(2*float64(f.from(f.inf-1))-float64(f.from(f.inf-2)), float64(f.from(h)))
			}
			return float64(f.from(h))
		}
		for _, x := range halfNumbers(f.from) {
			h := f.to(x)
			if x != x {
				if y := f.from(h); y == y {
					t.Fatalf("%s: NaN %08x became %04x", name, math.Float32bits(x), h)
				}
				continue
			}
			if math.IsInf(float64(x), 0) || h&0x7fff == f.inf && math.Abs(float64(x)) > value(f.inf) {
				if h&0x7fff != f.inf || math.Signbit(float64(x)) != (h>>15 == 1) {
					t.Fatalf("%s: %v became %04x", name, x, h)
				}
				continue
			}
			d := math.Abs(value(h) - float64(x))
			for _, other := range []uint16{h - 1, h + 1} {
				if other&0x7fff > f.inf || (other^h)>>15 == 1 {
					continue // past Inf or past zero
				}
				e := math.Abs(value(other) - float64(x))
				if e < d || e == d && h&1 == 1 {
					t.Fatalf("%s: %v (%08x) became %04x, but %04x is better", name, x, math.Float32bits(x), h, other)
				}
			}
			if math.Signbit(float64(x)) != (h>>15 == 1) {
				t.Fatalf("%s: %v lost its sign in %04x", name, x, h)
			}
		}
	}
}

// TestHalfLevels holds the conversions of every level to the plain Go bits, at every
// length up to 40 and over all numbers.
func TestHalfLevels(t *testing.T) {
	all := make([]uint16, 1<<16)
	for i := range all {
		all[i] = uint16(i)
	}
	bf, hf := halfNumbers(fromBF16), halfNumbers(fromF16)
	atLevels(t, func(t *testing.T) {
		for name, f := range map[string]struct {
			to   func([]uint16, []float32)
			from func([]float32, []uint16)
			to1  func(float32) uint16
			at   func(uint16) float32
			x    []float32
		}{"bf16": {BF16FromF32, F32FromBF16, toBF16, fromBF16, bf}, "f16": {F16FromF32, F32FromF16, toF16, fromF16, hf}} {
			r := rand.New(rand.NewPCG(1, 2))
			check := func(x []float32, h []uint16) {
				t.Helper()
				to, from := make([]uint16, len(x)), make([]float32, len(h))
				f.to(to, x)
				f.from(from, h)
				for i := range x {
					if to[i] != f.to1(x[i]) {
						t.Fatalf("%s: length %d: %v (%08x) at %d became %04x, want %04x", name, len(x), x[i], math.Float32bits(x[i]), i, to[i], f.to1(x[i]))
					}
				}
				for i := range h {
					if math.Float32bits(from[i]) != math.Float32bits(f.at(h[i])) {
						t.Fatalf("%s: length %d: %04x at %d became %v, want %v", name, len(h), h[i], i, from[i], f.at(h[i]))
					}
				}
			}
			check(f.x, all)
			for n := range 40 {
				i, j := r.IntN(len(f.x)-n), r.IntN(len(all)-n)
				check(f.x[i:i+n], all[j:j+n])
			}
		}
	})
}
