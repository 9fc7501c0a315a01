package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"inkstone/kernels"
)

// matMulShapes are products around every border in the driver: few rows, panels, blocks of
// columns, of rows and of the inner dimension.
var matMulShapes = [][3]int{
	{1, 1, 1}, {1, 50, 7}, {2, 300, 33}, {3, 17, 64}, {4, 49, 8}, {5, 257, 129}, {8, 96, 100}, {9, 48, 31},
	{16, 16, 16}, {33, 97, 65}, {70, 193, 385}, {130, 50, 400}, {12, 770, 5}, {521, 100, 30}, {40, 30, 800}, {7, 5, 0},
}

var matMulLayouts = []string{"rows", "columns", "padded", "sparse"}

// stored makes a matrix of random numbers that lies in memory as layout says: row after
// row, column after column, with a gap after each row, without neighbours. Gaps hold NaN.
func stored(r *rand.Rand, d DType, rows, cols int, layout string) *Tensor {
	t := New(d, max(2*rows*(3*cols+1), 1))
	for i := range t.Len() {
		t.put(i, math.NaN())
	}
	strides := map[string][2]int{"rows": {cols, 1}, "columns": {1, rows}, "padded": {cols + 3, 1}, "sparse": {2 * (3*cols + 1), 3}}[layout]
	t.ndim, t.shape[0], t.shape[1], t.strides[0], t.strides[1] = 2, rows, cols, strides[0], strides[1]
	for i := range rows * cols {
		t.put(spot(t, i), r.NormFloat64())
	}
	return t
}

// spot returns where element number i of a matrix, counted row by row, lies.
func spot(t *Tensor, i int) int { return i/t.shape[1]*t.strides[0] + i%t.shape[1]*t.strides[1] }

// naive computes alpha·a·b + beta·c + bias for matrices in float64, and the largest sum of
// absolute values of the terms, against which errors are measured.
func naive(c, a, b, bias *Tensor, alpha, beta float64) (want []float64, scale float64) {
	rows, cols := c.shape[0], c.shape[1]
	y := values(b)
	for i := range rows {
		sum, size := make([]float64, cols), make([]float64, cols)
		for k := range a.shape[1] {
			x := a.at(spot(a, i*a.shape[1]+k))
			for j, y := range y[k*cols:][:cols] {
				sum[j] += x * y
				size[j] += math.Abs(x * y)
			}
		}
		for j := range cols {
			last := 0.0
			if beta != 0 {
				last = beta * c.at(spot(c, i*cols+j))
			}
			if bias != nil {
				last += bias.At(j)
			}
			want = append(want, alpha*sum[j]+last)
			scale = max(scale, math.Abs(alpha)*size[j]+math.Abs(last))
		}
	}
	return want, scale
}

// values returns the numbers of a matrix, row by row.
func values(t *Tensor) []float64 {
	x := make([]float64, t.Len())
	for i := range x {
		x[i] = t.at(spot(t, i))
	}
	return x
}

// TestMatMul compares products in every layout, at every level, with the definition. With
// beta = 0 the NaN in dst must not come through; the gaps of dst must stay as they are.
func TestMatMul(t *testing.T) {
	was := kernels.ISA()
	defer kernels.SetISA(was)
	c := NewCPU(2)
	defer c.Close()
	scalars := [][2]float64{{1, 0}, {1, 1}, {-0.5, 0.25}, {0, 1}, {2, 0}}
	for _, isa := range kernels.ISAs() {
		if err := kernels.SetISA(isa); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for n, s := range matMulShapes {
			for l := range 16 {
				if testing.Short() && (n+l)%5 != 0 {
					continue
				}
				for _, d := range []DType{Float32, Float64} {
					if d == Float64 && isa != "generic" {
						continue // the same at every level
					}
					a := stored(r, d, s[0], s[2], matMulLayouts[l%4])
					b := stored(r, d, s[2], s[1], matMulLayouts[l/4])
					dst := stored(r, d, s[0], s[1], matMulLayouts[2*(l%2)])
					x := scalars[(n+l)%len(scalars)]
					var bias *Tensor
					if (n+l)%3 == 0 {
						bias = stored(r, d, s[1], 1, "rows").Reshape(s[1])
					}
					want, scale := naive(dst, a, b, bias, x[0], x[1])
					if x[1] == 0 {
						for i := range dst.Len() {
							dst.put(spot(dst, i), math.NaN())
						}
					}
					name := fmt.Sprintf("%s %v: %v, a in %s, b in %s, alpha and beta %v", isa, d, s, matMulLayouts[l%4], matMulLayouts[l/4], x)
					c.MatMul(dst, a, b, bias, x[0], x[1])
					nearby(t, name, dst, want, scale)
					gapsKept(t, name, dst)
				}
			}
		}
	}
}

// nearby fails the test unless got is want, up to the rounding of sums whose terms have
// absolute values that add up to scale.
func nearby(t *testing.T, name string, got *Tensor, want []float64, scale float64) {
	t.Helper()
	unit := 0x1p-23
	if got.dtype == Float64 {
		unit = 0x1p-52
	}
	for i, w := range want {
		if g := got.at(spot(got, i)); !(math.Abs(g-w) <= 4*unit*scale) {
			t.Fatalf("%s: element %d is %v, want %v ± %.2g", name, i, g, w, 4*unit*scale)
		}
	}
}

// gapsKept fails the test if anything was written between the rows of a stored matrix.
func gapsKept(t *testing.T, name string, m *Tensor) {
	t.Helper()
	rows, cols, gap := m.shape[0], m.shape[1], m.strides[0]-m.shape[1]
	line := *m
	line.shape[1] = max(gap, 1)
	line.offset += cols
	for i := range rows * gap {
		if x := line.at(spot(&line, i)); x == x {
			t.Fatalf("%s: %v written between the rows", name, x)
		}
	}
}

// TestMatMulBatch multiplies batches whose leading dimensions are broadcast.
// TestMatMulNothing: with an inner dimension of 0 the product is zeros, and what the bias and C add.
func TestMatMulNothing(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	for rows := range 10 {
		for _, b := range []*Tensor{New(Float32, 0, 3), New(Float32, 3, 0).Transpose(0, 1)} {
			dst, bias := New(Float32, rows, 3), FromSlice([]float32{1, 2, 3}, 3)
			c.Fill(dst, 10)
			c.MatMul(dst, New(Float32, rows, 0), b, bias, 1, 0.5)
			for i := range dst.Len() {
				if got, want := dst.at(i), 5+float64(1+i%3); got != want {
					t.Fatalf("%d rows: element %d is %v, want %v", rows, i, got, want)
				}
			}
			var p Packed
			c.Pack(&p, b)
			c.MatMulPacked(dst, New(Float32, rows, 0), &p, bias)
			for i := range dst.Len() {
				if got, want := dst.at(i), float64(1+i%3); got != want {
					t.Fatalf("packed, %d rows: element %d is %v, want %v", rows, i, got, want)
				}
			}
		}
	}
}

func TestMatMulBatch(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	const M, N, K = 9, 50, 33
	for _, s := range [][2][]int{
		{{2, 3, M, K}, {2, 3, K, N}}, {{2, 3, M, K}, {K, N}}, {{M, K}, {2, 3, K, N}},
		{{2, 1, M, K}, {3, K, N}}, {{1, 3, M, K}, {2, 1, K, N}},
	} {
		a, b, dst := New(Float32, s[0]...), New(Float32, s[1]...), New(Float32, 2, 3, M, N)
		FillNormal(a, NewStream(1, "a", 0), 0, 1)
		FillNormal(b, NewStream(1, "b", 0), 0, 1)
		c.MatMul(dst, a, b, nil, 1, 0)
		pick := func(t *Tensor, i, j int) *Tensor {
			for lead, x := range []int{i, j} {
				if d := t.NDim() - 4 + lead; d >= 0 {
					x = min(x, t.Dim(d)-1)
					t = t.Slice(d, x, x+1)
				}
			}
			return t.Reshape(t.Dim(-2), t.Dim(-1))
		}
		for i := range 2 {
			for j := range 3 {
				got := pick(dst, i, j)
				want, scale := naive(got, pick(a, i, j), pick(b, i, j), nil, 1, 0)
				nearby(t, fmt.Sprintf("%v·%v [%d %d]", s[0], s[1], i, j), got, want, scale)
			}
		}
	}
}

// TestMatMulThreads: any number of threads gives the same bits, on shapes of several tasks.
func TestMatMulThreads(t *testing.T) {
	one, two, three := NewCPU(1), NewCPU(2), NewCPU(3)
	defer one.Close()
	defer two.Close()
	defer three.Close()
	for _, p := range []Precision{F32, BF16} {
		for _, c := range []*CPU{one, two, three} {
			c.SetPrecision(p)
		}
		for _, s := range [][3]int{{1, 3000, 500}, {8, 700, 1030}, {256, 800, 900}, {700, 300, 40}, {33, 65, 5000}, {900, 130, 2500}} {
			for _, l := range []string{"NN", "NT", "TN", "TT"} {
				r := rand.New(rand.NewPCG(4, 4))
				kind := map[byte]string{'N': "rows", 'T': "columns"}
				a, b := stored(r, Float32, s[0], s[2], kind[l[0]]), stored(r, Float32, s[2], s[1], kind[l[1]])
				want := New(Float32, s[0], s[1])
				one.MatMul(want, a, b, nil, 1, 0)
				for _, c := range []*CPU{two, three} {
					got := New(Float32, s[0], s[1])
					c.MatMul(got, a, b, nil, 1, 0)
					for i, x := range Data[float32](got) {
						if x != Data[float32](want)[i] {
							t.Fatalf("%v %v %s: element %d is %v with %d threads, %v with one", p, s, l, i, x, c.pool.Threads(), Data[float32](want)[i])
						}
					}
				}
			}
		}
	}
}

// TestMatMulNonFinite: NaN and infinities reach their row or column of the product, all of
// it and nothing else, in tiles at an edge as in whole ones.
func TestMatMulNonFinite(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	for _, s := range [][3]int{{1, 70, 40}, {7, 50, 20}, {50, 101, 33}} {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			for which := range 2 {
				r := rand.New(rand.NewPCG(6, 6))
				f := [2]*Tensor{stored(r, Float32, s[0], s[2], "rows"), stored(r, Float32, s[2], s[1], "columns")}
				row, col := s[0]-1, s[1]-2
				f[which].put(spot(f[which], [2]int{row*s[2] + s[2] - 1, (s[2]-1)*s[1] + col}[which]), bad)
				dst := New(Float32, s[0], s[1])
				c.MatMul(dst, f[0], f[1], nil, 1, 0)
				for i, x := range Data[float32](dst) {
					hit := which == 0 && i/s[1] == row || which == 1 && i%s[1] == col
					if finite := x-x == 0; finite == hit {
						t.Fatalf("%v, %v in factor %d: element [%d %d] is %v", s, bad, which, i/s[1], i%s[1], x)
					}
				}
			}
		}
	}
}

// TestMatMulAllocation: every path allocates nothing once its scratch memory exists.
func TestMatMulAllocation(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	r := rand.New(rand.NewPCG(4, 4))
	for _, p := range []Precision{BF16, F32} {
		c.SetPrecision(p)
		for _, s := range [][3]int{{1, 300, 50}, {6, 300, 50}, {5, 6, 7}, {120, 130, 140}, {600, 130, 140}} {
			for _, l := range []string{"rows", "columns"} {
				a, b, dst := stored(r, Float32, s[0], s[2], l), stored(r, Float32, s[2], s[1], l), New(Float32, s[0], s[1])
				if n := testing.AllocsPerRun(50, func() { c.MatMul(dst, a, b, nil, 1, 0) }); n > 0 {
					t.Errorf("%v %v in %s: %v allocations, want 0", p, s, l, n)
				}
			}
		}
	}
	a, b, dst := New(Float32, 6, 2, 30, 40), New(Float32, 6, 2, 40, 50), New(Float32, 6, 2, 30, 50)
	if n := testing.AllocsPerRun(50, func() { c.MatMul(dst, a, b, nil, 1, 0) }); n > 0 {
		t.Errorf("batch: %v allocations, want 0", n)
	}
}

// TestMatMulRows: rows computed together and in small groups agree to the bit, on products
// of several blocks of rows and of more rows than are packed at a time.
func TestMatMulRows(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	for _, s := range [][3]int{{2100, 40, 20}, {600, 20, 4000}, {300, 50, 900}, {300, 120, 901}} {
		for i := range 4 {
			l, p := []string{"rows", "columns"}[i%2], Precision(i/2)
			c.SetPrecision(p)
			r := rand.New(rand.NewPCG(8, 8))
			a, b := stored(r, Float32, s[0], s[2], l), stored(r, Float32, s[2], s[1], l)
			whole, part := New(Float32, s[0], s[1]), New(Float32, s[0], s[1])
			bias := stored(r, Float32, s[1], 1, "rows").Reshape(s[1])
			c.MatMul(whole, a, b, bias, 0.5, 0)
			for lo := 0; lo < s[0]; lo += 100 {
				c.MatMul(part.Slice(0, lo, lo+100), a.Slice(0, lo, lo+100), b, bias, 0.5, 0)
			}
			for i, x := range Data[float32](whole) {
				if y := Data[float32](part)[i]; x != y {
					t.Fatalf("%v %v in %s: element [%d %d] is %v, alone %v", p, s, l, i/s[1], i%s[1], x, y)
				}
			}
		}
	}
}
