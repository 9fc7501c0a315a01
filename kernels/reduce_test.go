package kernels

import (
	"math"
	"testing"
)

// TestAllFinite puts every kind of number at every place of short vectors.
func TestAllFinite(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for n := range 70 {
			x := make([]float32, n)
			for i := range x {
				for _, s := range specials {
					x[i] = float32(s)
					if got, want := AllFinite(x), !math.IsNaN(s) && !math.IsInf(s, 0); got != want {
						t.Fatalf("%v at %d of %d: %v, want %v", s, i, n, got, want)
					}
				}
				x[i] = 1
			}
		}
	})
}

// TestMaxFindsItsPlace puts the largest number at every place, among numbers that padding
// with zeros would beat.
func TestMaxFindsItsPlace(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for n := range 70 {
			x := make([]float32, n)
			Fill(x, -3)
			for i := range x {
				x[i] = -2
				if got := Max(x); got != -2 {
					t.Fatalf("at %d of %d: %v", i, n, got)
				}
				x[i] = float32(math.Inf(1))
				if got := Max(x); !math.IsInf(float64(got), 1) {
					t.Fatalf("+Inf at %d of %d: %v", i, n, got)
				}
				x[i] = -3
			}
		}
		if got := Max([]float32{}); !math.IsInf(float64(got), -1) {
			t.Errorf("of nothing: %v", got)
		}
	})
}

// TestSumsKeepSmallTerms checks that sums are kept in float64: float32 would drop the ones
// beside 2²⁶, and squares of 1e30 would overflow.
func TestSumsKeepSmallTerms(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for n := 2; n < 70; n++ {
			x := make([]float32, n)
			Fill(x, 1)
			x[n-1], x[0] = 1<<26, -1<<26
			if got := Sum(x); got != float32(n-2) {
				t.Errorf("Sum of %d numbers = %v, want %v", n, got, n-2)
			}
			Fill(x, 1e30)
			want := float64(float32(1e30)) * float64(float32(1e30)) * float64(n)
			if got := SquaredNorm(x); math.Abs(got-want) > 1e-14*want {
				t.Errorf("SquaredNorm of %d numbers = %v, want %v", n, got, want)
			}
		}
	})
}
