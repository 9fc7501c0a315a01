package tensor

import (
	"fmt"
	"math"
	"testing"
)

// An opCase is one call of every kind that the CPU backend answers, on shapes that take
// several chunks and end in the middle of one. rand and zero make its tensors.
type opCase struct {
	name string
	run  func(c *CPU, rand, zero func(shape ...int) *Tensor)
}

// ids returns n row numbers below rows, some of them repeated.
func ids(n, rows int) *Tensor {
	t := New(Int32, n)
	for i, d := range Data[int32](t) {
		Data[int32](t)[i] = d + int32(i*7919%rows)
	}
	return t
}

var opCases = func() []opCase {
	type maker = func(shape ...int) *Tensor
	const R, C = 173, 257
	cases := []opCase{
		{"Copy/transposed", func(c *CPU, rand, zero maker) { c.Copy(zero(C, R), rand(R, C).Transpose(0, 1)) }},
		{"Copy/bfloat16", func(c *CPU, rand, zero maker) {
			h := New(BFloat16, R, C)
			c.Copy(h, rand(R, C))
			c.Copy(zero(R, C), h)
		}},
		{"Fill", func(c *CPU, rand, zero maker) { c.Fill(zero(R, C), 1.5) }},
		{"Scale", func(c *CPU, rand, zero maker) { c.Scale(zero(R, C), rand(R, C), -2.5) }},
		{"AddScalar", func(c *CPU, rand, zero maker) { c.AddScalar(zero(R, C), rand(R, C), -2.5) }},
		{"Accumulate", func(c *CPU, rand, zero maker) { c.Accumulate(rand(R, C), rand(R, C), 3) }},
		{"SumTo/all", func(c *CPU, rand, zero maker) { c.SumTo(zero(), rand(R, C), false) }},
		{"SumTo/rows", func(c *CPU, rand, zero maker) { c.SumTo(rand(R, 1), rand(R, C), true) }},
		{"SumTo/columns", func(c *CPU, rand, zero maker) { c.SumTo(rand(C), rand(R, C), true) }},
		{"SumTo/middle", func(c *CPU, rand, zero maker) { c.SumTo(zero(R, 1, 3), rand(R, 7, 3), false) }},
		{"SumTo/strided", func(c *CPU, rand, zero maker) { c.SumTo(zero(R), rand(R, C).Transpose(0, 1), false) }},
		{"Max", func(c *CPU, rand, zero maker) { c.Max(zero(R), New(Int32, R), rand(R, C)) }},
		{"SwiGLU", func(c *CPU, rand, zero maker) { c.SwiGLU(zero(R, C), rand(R, C), rand(R, C)) }},
		{"SwiGLUBackward", func(c *CPU, rand, zero maker) {
			c.SwiGLUBackward(zero(R, C), zero(R, C), rand(R, C), rand(R, C), rand(R, C))
		}},
		{"MatMul", func(c *CPU, rand, zero maker) { c.MatMul(zero(R, C), rand(R, 65), rand(65, C), rand(C), 1, 0) }},
		{"Softmax", func(c *CPU, rand, zero maker) { c.Softmax(zero(R, C), rand(R, C)) }},
		{"SoftmaxBackward", func(c *CPU, rand, zero maker) {
			y := zero(R, C)
			c.Softmax(y, rand(R, C))
			c.SoftmaxBackward(zero(R, C), rand(R, C), y)
		}},
		{"LogSoftmax", func(c *CPU, rand, zero maker) { c.LogSoftmax(zero(R, C), rand(R, C)) }},
		{"LogSoftmaxBackward", func(c *CPU, rand, zero maker) {
			y := zero(R, C)
			c.LogSoftmax(y, rand(R, C))
			c.LogSoftmaxBackward(zero(R, C), rand(R, C), y)
		}},
		{"LayerNorm", func(c *CPU, rand, zero maker) {
			c.LayerNorm(zero(R, C), zero(R), zero(R), rand(R, C), rand(C), rand(C), 1e-5)
		}},
		{"LayerNormBackward", func(c *CPU, rand, zero maker) {
			x, w, mean, rstd := rand(R, C), rand(C), zero(R), zero(R)
			c.LayerNorm(zero(R, C), mean, rstd, x, w, nil, 1e-5)
			c.LayerNormBackward(zero(R, C), rand(C), rand(C), rand(R, C), x, w, mean, rstd)
		}},
		{"RMSNorm", func(c *CPU, rand, zero maker) { c.RMSNorm(zero(R, C), zero(R), rand(R, C), rand(C), 1e-5) }},
		{"RMSNormBackward", func(c *CPU, rand, zero maker) {
			x, w, rstd := rand(R, C), rand(C), zero(R)
			c.RMSNorm(zero(R, C), rstd, x, w, 1e-5)
			c.RMSNormBackward(zero(R, C), rand(C), rand(R, C), x, w, rstd)
		}},
		{"RoPE", func(c *CPU, rand, zero maker) {
			c.RoPE(zero(3, 65, 4, 26), rand(3, 65, 4, 26), rand(70, 13), rand(70, 13), 5, false, false)
		}},
		{"RoPE/inverse", func(c *CPU, rand, zero maker) {
			qkv := rand(3, 65, 12, 26)
			q := qkv.Slice(2, 4, 8)
			c.RoPE(q, q, rand(70, 13), rand(70, 13), 5, true, true)
		}},
		{"Embedding", func(c *CPU, rand, zero maker) { c.Embedding(zero(R, C), rand(19, C), ids(R, 19)) }},
		{"EmbeddingBackward", func(c *CPU, rand, zero maker) { c.EmbeddingBackward(rand(19, C), rand(R, C), ids(R, 19)) }},
		{"CrossEntropy", func(c *CPU, rand, zero maker) { c.CrossEntropy(zero(R), zero(R), rand(R, C), ids(R, C)) }},
		{"CrossEntropyBackward", func(c *CPU, rand, zero maker) {
			x, lse := rand(R, C), zero(R)
			c.CrossEntropy(zero(R), lse, x, ids(R, C))
			c.CrossEntropyBackward(x, x, lse, ids(R, C), rand(R))
		}},
		{"Attention", func(c *CPU, rand, zero maker) {
			c.Attention(zero(2, 70, 4, 16), zero(2, 4, 70), rand(2, 70, 4, 16), rand(2, 71, 2, 16), rand(2, 71, 2, 16), 0.25, true)
		}},
		{"AttentionBackward", func(c *CPU, rand, zero maker) {
			q, k, v, o, lse := rand(2, 70, 4, 16), rand(2, 71, 2, 16), rand(2, 71, 2, 16), zero(2, 70, 4, 16), zero(2, 4, 70)
			c.Attention(o, lse, q, k, v, 0.25, true)
			c.AttentionBackward(zero(2, 70, 4, 16), zero(2, 71, 2, 16), zero(2, 71, 2, 16), rand(2, 70, 4, 16), q, k, v, o, lse, 0.25, true)
		}},
		{"Dropout", func(c *CPU, rand, zero maker) { c.Dropout(zero(R, C), rand(R, C), NewStream(1, "test", 2), 3, 0.9) }},
		{"SquaredNorm", func(c *CPU, rand, zero maker) { c.Fill(zero(1), c.SquaredNorm(rand(R, C))) }},
		{"AdamW", func(c *CPU, rand, zero maker) {
			c.AdamW(rand(R, C), rand(R, C), rand(R, C), zero(R, C), AdamW{LR: 1e-2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-3, WeightDecay: 0.1, Step: 3, GradScale: 0.5})
		}},
	}
	for op := range UnaryOp(UnaryOps) {
		cases = append(cases, opCase{op.String(), func(c *CPU, rand, zero maker) {
			x, y := rand(R, C), zero(R, C)
			if op == Log || op == Sqrt {
				c.Unary(Exp, x, x)
			}
			c.Unary(op, y, x)
			c.UnaryBackward(op, zero(R, C), rand(R, C), x, y)
		}})
	}
	for op := range BinaryOp(BinaryOps) {
		cases = append(cases, opCase{op.String(), func(c *CPU, rand, zero maker) {
			c.Binary(op, zero(R, C), rand(R, C), rand(R, C))
			c.Binary(op, zero(R, C), rand(R, C), rand(C).Broadcast(R, C))
			c.Binary(op, zero(R, C), rand(R, 1).Broadcast(R, C), rand(C, R).Transpose(0, 1))
		}})
	}
	return cases
}()

// results runs a case and returns every tensor it made, in the order it made them.
func (o *opCase) results(c *CPU, d DType) []*Tensor {
	var made []*Tensor
	zero := func(shape ...int) *Tensor {
		made = append(made, New(d, shape...))
		return made[len(made)-1]
	}
	rand := func(shape ...int) *Tensor {
		t := zero(shape...)
		FillNormal(t, NewStream(7, "test", len(made)), 0, 1)
		return t
	}
	o.run(c, rand, zero)
	return made
}

// TestThreads: any number of threads gives the same bits.
func TestThreads(t *testing.T) {
	one, two, three := NewCPU(1), NewCPU(2), NewCPU(3)
	defer one.Close()
	defer two.Close()
	defer three.Close()
	for _, o := range opCases {
		for _, d := range []DType{Float32, Float64} {
			want := o.results(one, d)
			for _, c := range []*CPU{two, three} {
				for i, got := range o.results(c, d) {
					for j := range got.Len() {
						if math.Float64bits(got.at(j)) != math.Float64bits(want[i].at(j)) {
							t.Fatalf("%s %v: tensor %d element %d: %v with %d threads, %v with one", o.name, d, i, j, got.at(j), c.pool.Threads(), want[i].at(j))
						}
					}
				}
			}
		}
	}
}

// TestPrecision: float32 results are those of float64 within rounding.
func TestPrecision(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	for _, o := range opCases {
		want := o.results(c, Float64)
		for i, got := range o.results(c, Float32) {
			scale := 0.0 // of the tensor: sums cancel
			for j := range got.Len() {
				scale = max(scale, math.Abs(want[i].at(j)))
			}
			for j := range got.Len() {
				g, w := got.at(j), want[i].at(j)
				if o.name == "Copy/bfloat16" && i == 1 {
					continue // the nearest bfloat16 of two numbers that differ in float32
				}
				if tol := 2e-5*scale + 1e-6; !(math.Abs(g-w) <= tol) && !(g == w) && !(math.Abs(w) > 100 && math.Abs(g-w) < 1e-3*math.Abs(w)) {
					t.Errorf("%s: tensor %d element %d: %v, want %v ± %.2g", o.name, i, j, g, w, tol)
					break
				}
			}
		}
	}
}

// TestNoAllocation: an operation allocates nothing once its scratch memory exists.
func TestNoAllocation(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	for _, o := range opCases {
		var made []*Tensor
		next := 0
		maker := func(shape ...int) *Tensor { // makes in the first run, hands out again later
			if next == len(made) {
				made = append(made, New(Float32, shape...))
			}
			next++
			return made[next-1]
		}
		run := func() { next = 0; o.run(c, maker, maker) }
		run()
		if got, own := testing.AllocsPerRun(20, run), float64(next)+ownAllocs[o.name]; got > own {
			t.Errorf("%s: %v allocations, want %v", o.name, got, own)
		}
	}
}

// ownAllocs counts what a case itself allocates beside a slice for each shape: views and
// index tensors.
var ownAllocs = map[string]float64{
	"Copy/transposed": 1, "Copy/bfloat16": 3, "SumTo/strided": 1, "Max": 3, "RoPE/inverse": 1,
	"Embedding": 3, "EmbeddingBackward": 3, "CrossEntropy": 3, "CrossEntropyBackward": 6,
	"Add": 3, "Sub": 3, "Mul": 3, "Div": 3, "Minimum": 3, "Maximum": 3,
}

// TestDefinitions compares the operations that this package itself computes, rather than a
// kernel, with their definitions, element by element.
func TestDefinitions(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	x := New(Float64, 5, 3, 4)
	FillNormal(x, NewStream(1, "x", 0), 0, 1)
	b := New(Float64, 3, 1)
	FillNormal(b, NewStream(1, "b", 0), 0, 1)
	xt := x.Transpose(0, 2) // [4, 3, 5]
	sum := func(shape []int, keep func(i, j, k int) []int) *Tensor {
		s := New(Float64, shape...)
		for i := range 4 {
			for j := range 3 {
				for k := range 5 {
					at := 0
					for d, x := range keep(i, j, k) {
						at += x * s.strides[d]
					}
					Data[float64](s)[at] += xt.At(i, j, k)
				}
			}
		}
		return s
	}
	for _, s := range []struct {
		shape []int
		keep  func(i, j, k int) []int
	}{
		{nil, func(i, j, k int) []int { return nil }},
		{[]int{5}, func(i, j, k int) []int { return []int{k} }},
		{[]int{3, 1}, func(i, j, k int) []int { return []int{j, 0} }},
		{[]int{4, 1, 1}, func(i, j, k int) []int { return []int{i, 0, 0} }},
		{[]int{1, 3, 5}, func(i, j, k int) []int { return []int{0, j, k} }},
		{[]int{4, 3, 5}, func(i, j, k int) []int { return []int{i, j, k} }},
	} {
		got := New(Float64, s.shape...)
		c.SumTo(got, xt, false)
		close64(t, fmt.Sprint("SumTo ", s.shape), got, sum(s.shape, s.keep))
	}
	for op, f := range map[BinaryOp]func(a, b float64) float64{
		Add: func(a, b float64) float64 { return a + b }, Sub: func(a, b float64) float64 { return a - b },
		Mul: func(a, b float64) float64 { return a * b }, Div: func(a, b float64) float64 { return a / b },
		Minimum: math.Min, Maximum: math.Max,
	} {
		got, want := New(Float64, 4, 3, 5), New(Float64, 4, 3, 5)
		c.Binary(op, got, xt, b.Broadcast(4, 3, 5))
		for i := range want.Len() {
			Data[float64](want)[i] = f(xt.At(i/15, i/5%3, i%5), b.At(i/5%3, 0))
		}
		close64(t, op.String(), got, want)
	}
	got := New(Float64, 4, 3, 5)
	c.Copy(got, xt)
	for i := range got.Len() {
		if Data[float64](got)[i] != xt.At(i/15, i/5%3, i%5) {
			t.Fatalf("Copy of a view: element %d is %v", i, Data[float64](got)[i])
		}
	}
	c.Copy(xt, got) // and back into one
	for i := range got.Len() {
		if Data[float64](got)[i] != xt.At(i/15, i/5%3, i%5) {
			t.Fatalf("Copy to a view: element %d", i)
		}
	}
}

func close64(t *testing.T, name string, got, want *Tensor) {
	t.Helper()
	for i := range want.Len() {
		if g, w := got.at(i), want.at(i); math.Abs(g-w) > 1e-13*(1+math.Abs(w)) {
			t.Errorf("%s: element %d is %v, want %v", name, i, g, w)
			return
		}
	}
}

// TestFinite: a single NaN or infinity is found wherever it stands.
func TestFinite(t *testing.T) {
	c := NewCPU(2)
	defer c.Close()
	x := New(Float32, 3*chunk+5)
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
		for _, at := range []int{0, chunk - 1, chunk, x.Len() - 1} {
			if !c.AllFinite(x) {
				t.Fatal("zeros are not finite")
			}
			Data[float32](x)[at] = bad
			if c.AllFinite(x) {
				t.Errorf("%v at %d not found", bad, at)
			}
			Data[float32](x)[at] = 0
		}
	}
}

// TestShapeMistakes: a mistake panics with the operation's name and the shapes.
func TestShapeMistakes(t *testing.T) {
	c := NewCPU(1)
	defer c.Close()
	f := func(shape ...int) *Tensor { return New(Float32, shape...) }
	for name, call := range map[string]func(){
		"tensor: Add: shapes [2 3] and [3 2] differ":        func() { c.Binary(Add, f(2, 3), f(2, 3), f(3, 2)) },
		"tensor: Scale: float64 [2 3] beside float32 [2 3]": func() { c.Scale(New(Float64, 2, 3), f(2, 3), 1) },
		"tensor: SumTo: [4] from [2 3]":                     func() { c.SumTo(f(4), f(2, 3), false) },
		"tensor: LayerNorm: weight or bias is float32 [2], want 3 of float32": func() {
			c.LayerNorm(f(2, 3), f(2), f(2), f(2, 3), f(2), nil, 1e-5)
		},
		"tensor: Embedding: ids[1] = 7 in a table of 5 rows": func() { c.Embedding(f(2, 3), f(5, 3), FromSlice([]int32{0, 7}, 2)) },
		"tensor: CrossEntropy: targets[0] = 3 of 3 classes":  func() { c.CrossEntropy(f(1), f(1), f(1, 3), FromSlice([]int32{3}, 1)) },
		"tensor: Exp: cannot compute in int32":               func() { c.Unary(Exp, New(Int32, 2), New(Int32, 2)) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != name {
					t.Errorf("panic %q, want %q", got, name)
				}
			}()
			call()
		}()
	}
}
