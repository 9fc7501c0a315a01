package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// attentionShapes are the problems of the attention tests: tile edges, odd head sizes,
// a cache longer than the queries, decoding, all keys visible.
var attentionShapes = []struct {
	tq, s, d, offset int
	causal           bool
}{
	{1, 1, 1, 0, true}, {2, 2, 3, 0, true}, {15, 15, 8, 0, true}, {16, 16, 16, 0, true},
	{17, 17, 5, 0, true}, {35, 35, 48, 0, true}, {63, 63, 31, 0, true}, {64, 64, 64, 0, true},
	{65, 65, 33, 0, true}, {100, 100, 128, 0, true}, {130, 130, 20, 0, true},
	{17, 70, 12, 53, true}, {64, 200, 32, 136, true}, {9, 40, 7, 20, true},
	{1, 300, 64, 299, true}, {3, 129, 17, 126, true},
	{20, 77, 24, 0, false}, {70, 9, 16, 0, false}, {1, 33, 64, 0, false}, {8, 64, 1, 0, false},
}

const attentionGap = 3 // numbers between the rows of every matrix

func attentionSizes() []int {
	n := make([]int, len(attentionShapes))
	for i := range n {
		n[i] = i
	}
	return n
}

// attentionArgs makes o, lse, scratch, q, k, v.
func attentionArgs(r *rand.Rand, size int) *operands[float64] {
	c := attentionShapes[size]
	ld := c.d + attentionGap
	causal := 0
	if c.causal {
		causal = 1
	}
	return &operands[float64]{
		f: [][]float64{garbage(c.tq * ld), garbage(c.tq), garbage(AttentionScratch(c.tq, c.d)),
			normal(r, c.tq*ld), normal(r, c.s*ld), normal(r, c.s*ld)},
		n: []int{c.tq, c.s, c.d, c.offset, causal},
		s: []float64{1.3 / math.Sqrt(float64(c.d))},
	}
}

func runAttentionForward[T Float](o *operands[T]) {
	ld := o.n[2] + attentionGap
	AttentionForward(o.f[0], ld, o.f[1], o.f[3], ld, o.f[4], ld, o.f[5], ld, o.n[0], o.n[1], o.n[2], o.n[3], o.s[0], o.n[4] == 1, scratchOf(o.f[2]))
}

// scratchOf gives a copy: what is left in scratch is nobody's business.
func scratchOf[T Float](x []T) []T { return append([]T(nil), x...) }

// attentionBackwardArgs makes dq, dk, dv, scratch, do, q, k, v, o, lse.
func attentionBackwardArgs(r *rand.Rand, size int) *operands[float64] {
	f := attentionArgs(r, size)
	runAttentionForward(f)
	return &operands[float64]{
		f: [][]float64{garbage(len(f.f[3])), normal(r, len(f.f[4])), normal(r, len(f.f[5])), f.f[2],
			normal(r, len(f.f[3])), f.f[3], f.f[4], f.f[5], f.f[0], f.f[1]},
		n: f.n, s: f.s,
	}
}

func runAttentionBackward[T Float](o *operands[T]) {
	ld := o.n[2] + attentionGap
	AttentionBackward(o.f[0], ld, o.f[1], ld, o.f[2], ld, o.f[4], ld, o.f[5], ld, o.f[6], ld, o.f[7], ld, o.f[8], ld, o.f[9],
		o.n[0], o.n[1], o.n[2], o.n[3], o.s[0], o.n[4] == 1, scratchOf(o.f[3]))
}

func init() {
	cases = append(cases,
		kernelCase{
			name: "AttentionForward", outs: 2, sizes: attentionSizes(), args: attentionArgs,
			run32: runAttentionForward[float32], run64: runAttentionForward[float64],
			work: func(o *operands[float64]) (bytes, flops int) {
				return 4 * o.n[2] * 2 * (o.n[0] + o.n[1]), 4 * o.n[0] * o.n[1] * o.n[2]
			},
		},
		kernelCase{
			name: "AttentionBackward", outs: 3, sizes: attentionSizes(), args: attentionBackwardArgs,
			run32: runAttentionBackward[float32], run64: runAttentionBackward[float64],
			work: func(o *operands[float64]) (bytes, flops int) {
				return 4 * o.n[2] * 4 * (o.n[0] + o.n[1]), 10 * o.n[0] * o.n[1] * o.n[2]
			},
		})
}

// quadraticAttention is attention by its definition, with all scores in one matrix.
func quadraticAttention(q, k, v []float64, ld, tq, s, d, offset int, scale float64, causal bool) (o, lse []float64) {
	o, lse = make([]float64, tq*ld), make([]float64, tq)
	for i := range tq {
		e, sum := make([]float64, s), 0.0
		for j := range s {
			if causal && j > offset+i {
				continue
			}
			var dot float64
			for c := range d {
				dot += q[i*ld+c] * k[j*ld+c]
			}
			e[j] = math.Exp(scale * dot)
			sum += e[j]
		}
		for j := range s {
			for c := range d {
				o[i*ld+c] += e[j] / sum * v[j*ld+c]
			}
		}
		lse[i] = math.Log(sum)
	}
	return o, lse
}

// TestAttentionDefinition holds the tiled float64 forward against the definition, and its
// gradients against central differences along one random direction for each of q, k, v.
func TestAttentionDefinition(t *testing.T) {
	for size, c := range attentionShapes {
		r := rand.New(rand.NewPCG(7, uint64(size)))
		b := attentionBackwardArgs(r, size)
		ld := c.d + attentionGap
		q, k, v, do := b.f[5], b.f[6], b.f[7], b.f[4]
		o, lse := quadraticAttention(q, k, v, ld, c.tq, c.s, c.d, c.offset, b.s[0], c.causal)
		for i := range c.tq {
			if e := math.Abs(b.f[9][i] - lse[i]); !(e < 1e-12) {
				t.Fatalf("%+v: lse[%d] = %v, want %v", c, i, b.f[9][i], lse[i])
			}
			for x := range ld {
				got, want := b.f[8][i*ld+x], o[i*ld+x]
				if x >= c.d {
					want = unwritten // the gap is not written
				}
				if !(math.Abs(got-want) < 1e-12) {
					t.Fatalf("%+v: o[%d, %d] = %v, want %v", c, i, x, got, want)
				}
			}
		}
		clear(b.f[1])
		clear(b.f[2])
		runAttentionBackward(b)
		loss := func() (sum float64) {
			o, _ := quadraticAttention(q, k, v, ld, c.tq, c.s, c.d, c.offset, b.s[0], c.causal)
			for i, x := range o {
				sum += x * do[i]
			}
			return sum
		}
		for n, x := range [][]float64{q, k, v} {
			direction := normal(r, len(x))
			var analytic float64
			for i := range x {
				if i%ld < c.d {
					analytic += direction[i] * b.f[n][i]
				}
			}
			const h = 1e-5
			move := func(by float64) float64 {
				for i := range x {
					x[i] += by * direction[i]
				}
				return loss()
			}
			up := move(h)
			down := move(-2 * h)
			move(h)
			numeric := (up - down) / (2 * h)
			if e := math.Abs(numeric - analytic); !(e <= 1e-7*(1+math.Abs(numeric))) {
				t.Errorf("%+v: gradient %d: %v by differences, %v by backward", c, n, numeric, analytic)
			}
		}
	}
}

// TestAttentionDecode checks that a row computed alone, as decoding does, agrees with the
// same row of a long call, and that two query heads add up in a shared key head.
func TestAttentionDecode(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		const n, d = 150, 24
		r := rand.New(rand.NewPCG(3, 3))
		q, k, v := to32(normal(r, n*d)), to32(normal(r, n*d)), to32(normal(r, n*d))
		o, lse := make([]float32, n*d), make([]float32, n)
		scratch := make([]float32, AttentionScratch(n, d))
		AttentionForward(o, d, lse, q, d, k, d, v, d, n, n, d, 0, 0.2, true, scratch)
		row, one := make([]float32, d), make([]float32, 1)
		for i := range n {
			AttentionForward(row, d, one, q[i*d:], d, k, d, v, d, 1, i+1, d, i, 0.2, true, scratch)
			for c := range d {
				if e := math.Abs(float64(row[c] - o[i*d+c])); !(e < 2e-6) {
					t.Fatalf("row %d, column %d: alone %v, together %v", i, c, row[c], o[i*d+c])
				}
			}
		}
		dq, dk, dv := make([]float32, n*d), make([]float32, n*d), make([]float32, n*d)
		for range 2 {
			AttentionBackward(dq, d, dk, d, dv, d, o, d, q, d, k, d, v, d, o, d, lse, n, n, d, 0, 0.2, true, scratch)
		}
		dk1, dv1 := make([]float32, n*d), make([]float32, n*d)
		AttentionBackward(dq, d, dk1, d, dv1, d, o, d, q, d, k, d, v, d, o, d, lse, n, n, d, 0, 0.2, true, scratch)
		for i := range dk {
			if dk[i] != 2*dk1[i] || dv[i] != 2*dv1[i] {
				t.Fatalf("gradient %d of a shared head: %v and %v, want %v and %v", i, dk[i], dv[i], 2*dk1[i], 2*dv1[i])
			}
		}
	})
}

// TestAttentionNaN checks that a NaN in the inputs reaches the outputs that depend on it,
// and that earlier rows of other strips stay clean.
func TestAttentionNaN(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		const n, d = 40, 20
		for which := range 3 {
			r := rand.New(rand.NewPCG(5, 5))
			in := [3][]float32{to32(normal(r, n*d)), to32(normal(r, n*d)), to32(normal(r, n*d))}
			in[which][24*d+3] = float32(math.NaN())
			o, lse := make([]float32, n*d), make([]float32, n)
			AttentionForward(o, d, lse, in[0], d, in[1], d, in[2], d, n, n, d, 0, 0.2, true, make([]float32, AttentionScratch(n, d)))
			if x := o[24*d+3]; x == x {
				t.Errorf("input %d: NaN did not reach its row", which)
			}
			for i, x := range o[:24*d] {
				if x != x {
					t.Fatalf("input %d: NaN reached row %d, which does not see it", which, i/d)
				}
			}
		}
	})
}

func BenchmarkAttention(b *testing.B) {
	for _, n := range []int{35, 64, 256, 1024} {
		const d = 64
		r := rand.New(rand.NewPCG(3, 3))
		ld := 3 * 12 * d
		qkv, o, lse := to32(normal(r, n*ld)), make([]float32, n*d), make([]float32, n)
		dqkv := make([]float32, n*ld)
		scratch := make([]float32, AttentionScratch(n, d))
		forward := func() {
			AttentionForward(o, d, lse, qkv, ld, qkv[768:], ld, qkv[1536:], ld, n, n, d, 0, 0.125, true, scratch)
		}
		name := fmt.Sprint(n)
		b.Run("Forward/T="+name, func(b *testing.B) {
			for b.Loop() {
				forward()
			}
		})
		b.Run("Both/T="+name, func(b *testing.B) {
			for b.Loop() {
				forward()
				AttentionBackward(dqkv, ld, dqkv[768:], ld, dqkv[1536:], ld, o, d, qkv, ld, qkv[768:], ld, qkv[1536:], ld, o, d, lse, n, n, d, 0, 0.125, true, scratch)
			}
		})
	}
}
