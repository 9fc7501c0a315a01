package kernels

import (
	"math"
	"testing"
)

// TestAccuracy measures functions of one number over all of float32 (every 4099th bit
// pattern, which reaches every exponent) in units in the last place of the true value.
// Results below the smallest normal number may be off by the allowance times that unit.
func TestAccuracy(t *testing.T) {
	functions := []struct {
		name string
		f    func(dst, x []float32)
		want func(float64) float64
		ulps float64
		tiny float64 // errors up to this are forgiven: results that small may become 0
	}{
		{"Exp", Exp[float32], math.Exp, 1, 0},
		{"Log", Log[float32], math.Log, 1, 0},
		{"Sqrt", Sqrt[float32], math.Sqrt, 0.5, 0},
		{"Tanh", Tanh[float32], math.Tanh, 3, 0},
		{"Sigmoid", Sigmoid[float32], sigmoid, 3, 1e-38},
		{"SiLU", SiLU[float32], silu, 4, 1e-36},
		// The exponents of GELU are rounded, which shows where e to them is small.
		{"GELU", GELU[float32], oracle1(GELU[float64]), 8, 1e-8},
		{"GELU far left", GELU[float32], oracle1(GELU[float64]), 128, 1e-36},
		{"GELUErf", GELUErf[float32], oracle1(GELUErf[float64]), 8, 1e-8},
		{"GELUErf far left", GELUErf[float32], oracle1(GELUErf[float64]), 128, 1e-36},
	}
	x := make([]float32, 0, 1<<32/4099+1)
	for b := uint64(0); b < 1<<32; b += 4099 {
		x = append(x, math.Float32frombits(uint32(b)))
	}
	got := make([]float32, len(x))
	atLevels(t, func(t *testing.T) {
		for _, f := range functions {
			f.f(got, x)
			worst, at := 0.0, float32(0)
			for i, v := range x {
				want := f.want(float64(v))
				if math.IsNaN(want) || math.IsInf(float64(float32(want)), 0) {
					if want == want && got[i] != float32(want) || want != want && got[i] == got[i] {
						t.Fatalf("%s(%v) = %v, want %v", f.name, v, got[i], want)
					}
					continue
				}
				e := math.Abs(float64(got[i]) - want)
				if e <= f.tiny {
					continue
				}
				if e /= ulp32(want); !(e <= worst) {
					worst, at = e, v
				}
			}
			t.Logf("%s: at most %.2f ulp, at %v", f.name, worst, at)
			if !(worst <= f.ulps) {
				t.Errorf("%s: %.2f ulp at %v, want at most %v", f.name, worst, at, f.ulps)
			}
		}
	})
}

// ulp32 is the distance between float32 numbers around x.
func ulp32(x float64) float64 {
	_, e := math.Frexp(x)
	return math.Ldexp(1, max(e-24, -149))
}

// oracle1 makes a function of one number from a float64 kernel.
func oracle1(f func(dst, x []float64)) func(float64) float64 {
	return func(x float64) float64 {
		var y [1]float64
		f(y[:], []float64{x})
		return y[0]
	}
}
