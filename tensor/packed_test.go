package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkstone/kernels"
)

// eachPacked runs f for every level (in short tests for that in use), type and precision.
func eachPacked(t *testing.T, f func(t *testing.T, c *CPU, d DType)) {
	was := kernels.ISA()
	defer kernels.SetISA(was)
	levels := kernels.ISAs()
	if testing.Short() {
		levels = []string{was}
	}
	for _, isa := range levels {
		if err := kernels.SetISA(isa); err != nil {
			t.Fatal(err)
		}
		for _, d := range []DType{Float32, Float64} {
			for _, p := range []Precision{F32, BF16} {
				if d == Float64 && p == BF16 {
					continue // BF16 is a precision of Float32
				}
				c := NewCPU(2)
				c.SetPrecision(p)
				t.Run(fmt.Sprintf("%s/%v/%v", isa, d, p), func(t *testing.T) { f(t, c, d) })
				c.Close()
			}
		}
	}
}

// TestMatMulPacked compares products by packed matrices, in every layout, with the definition,
// of rounded factors in BF16.
func TestMatMulPacked(t *testing.T) {
	eachPacked(t, func(t *testing.T, c *CPU, d DType) {
		r := rand.New(rand.NewPCG(1, 2))
		for n, s := range matMulShapes {
			for l, layout := range matMulLayouts {
				if testing.Short() && (n+l)%3 != 0 {
					continue
				}
				a, b := stored(r, d, s[0], s[2], "rows"), stored(r, d, s[2], s[1], layout)
				dst := stored(r, d, s[0], s[1], "rows")
				var bias *Tensor
				if (n+l)%3 == 0 {
					bias = stored(r, d, s[1], 1, "rows").Reshape(s[1])
				}
				x, y := a, b
				if c.Precision() == BF16 {
					x, y = toBF16(a), toBF16(b)
				}
				want, scale := naive(dst, x, y, bias, 1, 0)
				for i := range dst.Len() {
					dst.put(i, math.NaN())
				}
				var p Packed
				c.Pack(&p, b)
				c.MatMulPacked(dst, a, &p, bias)
				nearby(t, fmt.Sprintf("%v, b in %s", s, layout), dst, want, scale)
			}
		}
	})
}

// TestPackedRows: rows multiplied by ones and twos, by many and by all are the same bits,
// and so they are on any number of threads.
func TestPackedRows(t *testing.T) {
	eachPacked(t, func(t *testing.T, c *CPU, d DType) {
		r := rand.New(rand.NewPCG(3, 4))
		one, three := NewCPU(1), NewCPU(3)
		defer one.Close()
		defer three.Close()
		for _, s := range [][3]int{{70, 193, 385}, {12, 97, 800}, {9, 16, 40}, {11, 1, 50}, {200, 64, 33}} {
			a, b := stored(r, d, s[0], s[2], "rows"), stored(r, d, s[2], s[1], "columns")
			var p Packed
			c.Pack(&p, b)
			whole := New(d, s[0], s[1])
			c.MatMulPacked(whole, a, &p, nil)
			for _, rows := range []int{1, 2, 3, 8, s[0]} {
				for _, other := range []*CPU{one, three} {
					part := New(d, rows, s[1])
					for _, from := range []int{0, (s[0] - rows) / 2, s[0] - rows} {
						other.MatMulPacked(part, a.Slice(0, from, from+rows), &p, nil)
						if got, want := values(part), values(whole.Slice(0, from, from+rows)); !slices.Equal(got, want) {
							t.Fatalf("%v: rows %d to %d alone, on %d threads, are not what they are among all", s, from, from+rows, other.Pool().Threads())
						}
					}
				}
			}
		}
	})
}

// TestPackedIsMatMul: the bits are those that MatMul gives where it packs B itself.
func TestPackedIsMatMul(t *testing.T) {
	eachPacked(t, func(t *testing.T, c *CPU, d DType) {
		if d == Float64 || testing.Short() && kernels.ISA() == "generic" {
			return
		}
		shapes := [][2]int{{100, 385}, {49, 60}, {768, 768}, {2304, 768}, {768, 2048}, {768, 3072}, {1536, 96}}
		if testing.Short() {
			shapes = shapes[:3]
		}
		r := rand.New(rand.NewPCG(5, 6))
		for _, s := range shapes {
			n, k := s[0], s[1]
			a, b := stored(r, d, 9, k, "rows"), stored(r, d, k, n, "columns")
			want, got := New(d, 9, n), New(d, 9, n)
			c.MatMul(want, a, b, nil, 1, 0)
			var p Packed
			c.Pack(&p, b)
			c.MatMulPacked(got, a, &p, nil)
			if !slices.Equal(values(got), values(want)) {
				t.Errorf("%d x %d: not the bits of MatMul", n, k)
			}
		}
	})
}

// TestPackAgain: memory serves again for a matrix of the same shape, and nothing of the last
// one stays.
func TestPackAgain(t *testing.T) {
	eachPacked(t, func(t *testing.T, c *CPU, d DType) {
		r := rand.New(rand.NewPCG(7, 8))
		a := stored(r, d, 5, 60, "rows")
		var p, fresh Packed
		got, want := New(d, 5, 77), New(d, 5, 77)
		for range 2 {
			b := stored(r, d, 60, 77, "rows")
			fresh = Packed{}
			c.Pack(&fresh, b)
			c.Pack(&p, b)
			c.MatMulPacked(want, a, &fresh, nil)
			b.put(0, 1e9) // p has a copy
			c.MatMulPacked(got, a, &p, nil)
			if !slices.Equal(values(got), values(want)) {
				t.Fatal("packed anew, a matrix multiplies as another")
			}
		}
		share := 1
		if c.Precision() == BF16 {
			share = 2
		}
		if most := (77 + kernels.GemmCols[float32]()) * 60 * d.Size() / share; p.Bytes() > most {
			t.Errorf("%d bytes, want %d at most", p.Bytes(), most)
		}
	})
}

// TestPackAlloc: packing anew and multiplying take no memory.
func TestPackAlloc(t *testing.T) {
	eachPacked(t, func(t *testing.T, c *CPU, d DType) {
		r := rand.New(rand.NewPCG(7, 8))
		a, got := stored(r, d, 5, 60, "rows"), New(d, 5, 77)
		var p Packed
		b := stored(r, d, 60, 77, "rows")
		first, row := got.Slice(0, 0, 1), a.Slice(0, 0, 1)
		if n := testing.AllocsPerRun(20, func() {
			c.Pack(&p, b)
			c.MatMulPacked(got, a, &p, nil)
			c.MatMulPacked(first, row, &p, nil)
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// TestPackedPanics: what does not fit is said with the shapes.
func TestPackedPanics(t *testing.T) {
	c := NewCPU(1)
	defer c.Close()
	var p Packed
	c.Pack(&p, New(Float32, 3, 4))
	was := kernels.ISA()
	for want, f := range map[string]func(){
		"MatMulPacked: dst float32 [2 4], a float32 [2 5], b float32 [3 4]": func() { c.MatMulPacked(New(Float32, 2, 4), New(Float32, 2, 5), &p, nil) },
		"MatMulPacked: dst float64 [2 4], a float64 [2 3], b float32 [3 4]": func() { c.MatMulPacked(New(Float64, 2, 4), New(Float64, 2, 3), &p, nil) },
		"MatMulPacked: bias": func() { c.MatMulPacked(New(Float32, 2, 4), New(Float32, 2, 3), &p, New(Float32, 3)) },
		"b was packed for " + was: func() {
			if len(kernels.ISAs()) == 1 {
				panic("b was packed for " + was) // there is no other
			}
			defer kernels.SetISA(was)
			for _, isa := range kernels.ISAs() {
				if isa != was {
					kernels.SetISA(isa)
				}
			}
			c.MatMulPacked(New(Float32, 2, 4), New(Float32, 2, 3), &p, nil)
		},
		"Pack: want two dimensions, not [2 3 4]": func() { c.Pack(&p, New(Float32, 2, 3, 4)) },
		"Pack: cannot compute in int32":          func() { c.Pack(&p, New(Int32, 3, 4)) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			f()
		}()
	}
}
