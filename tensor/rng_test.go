package tensor

import "testing"

// TestFillRandom: an element is what the stream's generator draws at its place, however large
// the tensor is and whatever its type.
func TestFillRandom(t *testing.T) {
	s := NewStream(7, "fill", 3)
	for _, n := range []int{0, 1, 5, fillPiece - 1, fillPiece, 2*fillPiece + 3} {
		for _, d := range []DType{Float32, Float64} {
			normal, uniform := New(d, n), New(d, n)
			FillNormal(normal, s, 1, 2)
			FillUniform(uniform, s, -3, 5)
			a, b := NewRNG(s), NewRNG(s)
			for i := range n {
				x, y := 1+2*a.Normal(), -3+8*b.Float64()
				if d == Float32 {
					x, y = float64(float32(x)), float64(float32(y))
				}
				if normal.At(i) != x || uniform.At(i) != y {
					t.Fatalf("%v, element %d of %d: %v, %v; want %v, %v", d, i, n, normal.At(i), uniform.At(i), x, y)
				}
			}
		}
	}
}
