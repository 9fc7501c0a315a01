package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"inkstone/kernels"
)

// TestMatMulBF16 compares products of rounded factors, in every layout and at every level,
// with the definition: on factors rounded beforehand they are as good as any in float32, and
// on those given they keep to the bound that SetPrecision states.
func TestMatMulBF16(t *testing.T) {
	was := kernels.ISA()
	defer kernels.SetISA(was)
	c := NewCPU(2)
	defer c.Close()
	c.SetPrecision(BF16)
	for _, isa := range kernels.ISAs() {
		if err := kernels.SetISA(isa); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for n, s := range matMulShapes {
			for l := range 16 {
				a := stored(r, Float32, s[0], s[2], matMulLayouts[l%4])
				b := stored(r, Float32, s[2], s[1], matMulLayouts[l/4])
				dst := stored(r, Float32, s[0], s[1], matMulLayouts[2*(l%2)])
				x := [][2]float64{{1, 0}, {1, 1}, {-0.5, 0.25}}[(n+l)%3]
				want, scale := naive(dst, a, b, nil, x[0], x[1])
				rounded, _ := naive(dst, toBF16(a), toBF16(b), nil, x[0], x[1])
				name := fmt.Sprintf("%s: %v, a in %s, b in %s, alpha and beta %v", isa, s, matMulLayouts[l%4], matMulLayouts[l/4], x)
				c.MatMul(dst, a, b, nil, x[0], x[1])
				if s[0] > dotRows {
					nearby(t, name, dst, rounded, scale)
				}
				limit := (0x1p-8 + 0x1p-18 + 4*0x1p-23) * scale
				for i, w := range want {
					if g := dst.at(spot(dst, i)); !(math.Abs(g-w) <= limit) {
						t.Fatalf("%s: element %d is %v, want %v ± %.2g", name, i, g, w, limit)
					}
				}
				gapsKept(t, name, dst)
			}
		}
	}
}

// toBF16 returns a copy of a matrix with its numbers rounded to bfloat16.
func toBF16(m *Tensor) *Tensor {
	x := New(Float32, m.shape[0], m.shape[1])
	half := make([]uint16, x.Len())
	for i, v := range values(m) {
		Data[float32](x)[i] = float32(v)
	}
	kernels.BF16FromF32(half, Data[float32](x))
	kernels.F32FromBF16(Data[float32](x), half)
	return x
}

// TestSetPrecision: Float64 does not round, and F32 is what a backend begins with and comes back
// to, bit by bit.
func TestSetPrecision(t *testing.T) {
	c := NewCPU(1)
	defer c.Close()
	if c.Precision() != F32 || F32.String() != "f32" || BF16.String() != "bf16" {
		t.Fatalf("a new backend has precision %v", c.Precision())
	}
	for _, d := range []DType{Float32, Float64} {
		r := rand.New(rand.NewPCG(3, 3))
		a, b := stored(r, d, 20, 30, "rows"), stored(r, d, 30, 40, "rows")
		var got [3]*Tensor
		for i, p := range []Precision{F32, BF16, F32} {
			c.SetPrecision(p)
			got[i] = New(d, 20, 40)
			c.MatMul(got[i], a, b, nil, 1, 0)
		}
		differ := 0
		for i := range 20 * 40 {
			if got[0].at(i) != got[2].at(i) {
				t.Fatalf("%v: element %d is %v, and %v after BF16", d, i, got[0].at(i), got[2].at(i))
			}
			if got[0].at(i) != got[1].at(i) {
				differ++
			}
		}
		if d == Float32 && differ < 700 || d == Float64 && differ > 0 {
			t.Errorf("%v: BF16 changed %d of 800 elements", d, differ)
		}
	}
}
