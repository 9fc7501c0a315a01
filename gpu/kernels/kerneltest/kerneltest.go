// Package kerneltest has launches of all kernels of package kernels, for the tests of the drivers
// and emitters: what a device computes is held against the interpreter.
package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"unsafe"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
	"inkstone/gpu/ir/irtest"
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// Case is one launch of a kernel. Buffers are []float32, []int32 or []uint16, in the order of
// the kernel's struct.
type Case struct {
	Kernel  kernels.Kernel
	Launch  kernels.Launch
	Buffers []any
	// Bound is how far a device's numbers may be from the interpreter's, as a multiple of the
	// largest one in the buffer: they differ by the order of sums and the error of functions.
	Bound float64
}

// Name returns the kernel's name and settings.
func (c Case) Name() string {
	name := strings.TrimPrefix(fmt.Sprintf("%T%+v", c.Kernel, c.Kernel), "kernels.")
	return strings.NewReplacer(" ", ",", "{", "(", "}", ")").Replace(name)
}

// Cases returns a launch, or a few, of every kernel, with the tiles for a device. Sizes are
// small and no multiples of anything, but make every loop of a kernel turn at least twice where
// that can be.
func Cases(d kernels.Device) []Case {
	m := &maker{d: d, r: rand.New(rand.NewPCG(1, 2))}
	m.elementwise()
	m.strided()
	m.rows()
	m.sums()
	m.embeddings()
	m.products()
	m.attention()
	return m.cases
}

// Portable returns the cases as those of package irtest. It fails if a kernel cannot be built, or
// the interpreter finds a mistake in it.
func Portable(d kernels.Device) ([]irtest.Case, error) {
	var all []irtest.Case
	for _, c := range Cases(d) {
		k, err := c.Kernel.Build()
		if err != nil {
			return nil, err
		}
		want := c.Bytes()
		args := interp.Args{Buffers: want, Scalars: c.Launch.Scalars()}
		if err := interp.Run(k, c.Launch.Grid, args, interp.Options{}); err != nil {
			return nil, err
		}
		all = append(all, irtest.Case{
			Name: c.Name(), Kernel: k, Grid: c.Launch.Grid, Buffers: c.Bytes(), Scalars: c.Launch.Scalars(),
			Check: func(got [][]byte) error { return compare(k, got, want, c.Bound) },
		})
	}
	return all, nil
}

// Bytes returns copies of the buffers.
func (c Case) Bytes() [][]byte {
	var all [][]byte
	for _, b := range c.Buffers {
		v := reflect.ValueOf(b)
		n := v.Len() * int(v.Type().Elem().Size())
		room := make([]uint64, n/8+1) // aligned for every type
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&room[0])), n)
		copy(bytes, unsafe.Slice((*byte)(v.UnsafePointer()), n))
		all = append(all, bytes)
	}
	return all
}

// compare returns an error for a number that is further from the wanted one than it may.
func compare(k *ir.Kernel, got, want [][]byte, bound float64) error {
	for i, a := range k.Buffers {
		if a.Access == ir.Read {
			continue
		}
		if a.Elem != ir.F32 {
			if string(got[i]) != string(want[i]) {
				return fmt.Errorf("%s: %s differs", k.Name, a.Name)
			}
			continue
		}
		g, w := floats(got[i]), floats(want[i])
		largest := 0.0
		for _, v := range w {
			if a := math.Abs(float64(v)); a > largest && !math.IsInf(a, 0) {
				largest = a
			}
		}
		for e, v := range w {
			x := g[e]
			if x != v && !(x != x && v != v) && !(math.Abs(float64(x)-float64(v)) <= bound*largest) {
				return fmt.Errorf("%s: %s[%d] = %v, want %v", k.Name, a.Name, e, x, v)
			}
		}
	}
	return nil
}

func floats(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// maker makes cases.
type maker struct {
	d     kernels.Device
	r     *rand.Rand
	cases []Case
}

func (m *maker) add(k kernels.Kernel, l kernels.Launch, bound float64, buffers ...any) {
	m.cases = append(m.cases, Case{k, l, buffers, bound})
}

// x returns n normal numbers.
func (m *maker) x(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(m.r.NormFloat64())
	}
	return x
}

func (m *maker) positive(n int) []float32 {
	x := m.x(n)
	for i, v := range x {
		x[i] = 0.1 + v*v
	}
	return x
}

func (m *maker) ids(n, below int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(m.r.IntN(below))
	}
	return ids
}

// halves returns n 16-bit numbers, none of them NaN or infinite.
func (m *maker) halves(n int) []uint16 {
	x := make([]uint16, n)
	for i := range x {
		x[i] = uint16(m.r.IntN(0x7b00))
	}
	return x
}

const few = 1e-5 // for sums of some hundred numbers, and functions of small ones

func (m *maker) elementwise() {
	const n = 1031
	for op := range tensor.UnaryOp(tensor.UnaryOps) {
		k := kernels.Unary{Op: op}
		m.add(k, k.Launch(n), few, m.x(n), m.positive(n))
		b := kernels.UnaryBackward{Op: op, InPlace: op%2 == 0}
		saved := m.x(n)
		if op == tensor.Log || op.SavesY() {
			saved = m.positive(n)
		}
		buffers := []any{m.x(n), m.x(n), saved}
		if b.InPlace {
			buffers = buffers[1:]
		}
		if !op.SavesX() && !op.SavesY() {
			buffers = buffers[:len(buffers)-1]
		}
		m.add(b, b.Launch(n), few, buffers...)
	}
	for op := range tensor.BinaryOp(tensor.BinaryOps) {
		k := kernels.Binary{Op: op}
		m.add(k, k.Launch(n), few, m.x(n), m.x(n), m.positive(n))
	}
	for _, k := range []kernels.Scalar{{Op: kernels.Scale}, {Op: kernels.AddScalar}, {Op: kernels.Accumulate}} {
		m.add(k, k.Launch(n, 0.7), few, m.x(n), m.x(n))
	}
	m.add(kernels.SwiGLU{}, kernels.SwiGLU{}.Launch(n), few, m.x(n), m.x(n), m.x(n))
	m.add(kernels.SwiGLUBackward{}, kernels.SwiGLUBackward{}.Launch(n), few, m.x(n), m.x(n), m.x(n), m.x(n), m.x(n))
	m.add(kernels.AdamW{}, kernels.AdamW{}.Launch(n, tensor.AdamW{LR: 1e-3, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Step: 2, GradScale: 1}),
		few, m.x(n), m.x(n), m.positive(n), m.x(n))
	l, _ := kernels.Dropout{}.Launch(n, [2]uint32{3, 4}, 1<<32-9, 0.8)
	m.add(kernels.Dropout{}, l, few, m.x(n), m.x(n))
	f := kernels.Fill{Elem: ir.F32}
	m.add(f, f.Launch(n, 1.5), 0, m.x(n))
	f = kernels.Fill{Elem: ir.I32}
	m.add(f, f.Launch(n, -7), 0, make([]int32, n))
	k := kernels.Copy{To: ir.I32, From: ir.F32}
	m.add(k, k.Launch(n), 0, make([]int32, n), m.x(n))
	for _, half := range []ir.Type{ir.F16, ir.BF16} {
		const even = n - 1 // drivers copy whole words
		k = kernels.Copy{To: half, From: ir.F32}
		m.add(k, k.Launch(even), 0, make([]uint16, even), m.x(even))
		k = kernels.Copy{To: ir.F32, From: half}
		m.add(k, k.Launch(even), 0, m.x(even), m.halves(even))
	}
}

func (m *maker) strided() {
	s := kernels.NewStrided([]int{5, 7, 9}, []int{63, 9, 1}, []int{1, 5, 35}, []int{0, 0, 1})
	b := kernels.Binary{Op: tensor.Mul, Dims: s.Dims}
	m.add(b, b.LaunchStrided(&s), 0, m.x(315), m.x(315), m.x(9))
	k := kernels.Copy{To: ir.F32, From: ir.F32, Dims: s.Dims}
	m.add(k, k.LaunchStrided(&s), 0, m.x(315), m.x(315))
	const B, T, H, D = 2, 5, 3, 10
	p := kernels.Positions{Batch: T * H * D, Position: H * D}
	for _, k := range []kernels.RoPE{{}, {Interleaved: true, Inverse: true}, {InPlace: true}} {
		buffers := []any{m.x(B * T * H * D), m.x(B * T * H * D), m.x(8 * D / 2), m.x(8 * D / 2)}
		if k.InPlace {
			buffers = buffers[1:]
		}
		m.add(k, k.Launch(B, T, H, D, 2, p, p), few, buffers...)
	}
}

func (m *maker) rows() {
	for _, s := range [][2]int{{5, 7}, {3, 1500}} {
		rows, cols := s[0], s[1]
		kinds := []kernels.Rows{m.d.Rows(cols), {Lanes: 64}}
		for _, r := range kinds {
			x := func() []float32 { return m.x(rows * cols) }
			for _, log := range []bool{false, true} {
				f, b := kernels.Softmax{Rows: r, Log: log}, kernels.SoftmaxBackward{Rows: r, Log: log}
				m.add(f, f.Launch(rows, cols), few, x(), x())
				m.add(b, b.Launch(rows, cols), few, x(), x(), x())
			}
			ce, ceb := kernels.CrossEntropy{Rows: r}, kernels.CrossEntropyBackward{Rows: r}
			targets := m.ids(rows, cols)
			targets[1] = -1
			m.add(ce, ce.Launch(rows, cols), few, m.x(rows), m.x(rows), x(), targets)
			m.add(ceb, ceb.Launch(rows, cols), few, x(), x(), m.x(rows), targets, m.x(rows))
			ln := kernels.Normalise{Rows: r, Norm: kernels.LayerNorm, Bias: true}
			rms := kernels.Normalise{Rows: r, Norm: kernels.RMSNorm}
			m.add(ln, ln.Launch(rows, cols, 1e-5), few, x(), m.x(rows), m.x(rows), x(), m.x(cols), m.x(cols))
			m.add(rms, rms.Launch(rows, cols, 1e-5), few, x(), m.x(rows), x(), m.x(cols))
			lnb, rmsb := kernels.NormBackward{Rows: r, Norm: kernels.LayerNorm}, kernels.NormBackward{Rows: r, Norm: kernels.RMSNorm}
			m.add(lnb, lnb.Launch(rows, cols), few, x(), x(), x(), m.x(cols), m.x(rows), m.positive(rows))
			m.add(rmsb, rmsb.Launch(rows, cols), few, x(), x(), x(), m.x(cols), m.positive(rows))
		}
		k := m.d.Max(cols, true)
		m.add(k, k.Launch(rows, cols), 0, m.x(rows), make([]int32, rows), m.x(rows*cols))
		s, choices := m.d.Sample(cols), make([]float32, 0, rows*tensor.SampleFields)
		for r := range rows { // with top-k, top-p and min-p, and without
			choices = append(choices, float32(r%7)/7, 0.5+float32(r%3), float32(r%2*(r+2)), float32(r%5)/4, float32(r%4)/20)
		}
		m.add(s, s.Launch(rows, cols), 0, make([]int32, rows), m.x(rows*cols), choices)
	}
	const rows, cols = 70, 33
	w := m.d.NormWeight(kernels.LayerNorm, true, cols)
	parts := w.Blocks(rows) * cols
	m.add(w, w.Launch(rows, cols), few, m.x(parts), m.x(parts), m.x(rows*cols), m.x(rows*cols), m.x(rows), m.x(rows))
}

func (m *maker) sums() {
	const rows, cols = 70, 333
	for sum := 1; sum < 4; sum++ {
		s := kernels.NewSummed([]int{rows, cols}, []int{cols, 1}, []bool{sum&1 != 0, sum&2 != 0})
		for _, of := range []kernels.SumOf{kernels.Values, kernels.Squares, kernels.NotFinite} {
			k, blocks := m.d.Sum(of, &s)
			k.Add = of == kernels.Values
			kept := 1
			for _, n := range s.KeptSize[:s.Kept] {
				kept *= n
			}
			m.add(k, k.Launch(&s, blocks), few, m.x(blocks*kept), m.x(rows*cols))
		}
	}
}

func (m *maker) embeddings() {
	const n, V, C = 39, 11, 70
	e := m.d.Embedding(C)
	link, b := m.d.EmbeddingBackward(C)
	ids := m.ids(n, V)
	links := make([]int32, n) // what link makes of ids
	last := map[int32]int{}
	for i, id := range ids {
		links[i] = 2*n + 1
		if before, ok := last[id]; ok {
			links[before] += 2 * int32(i-n)
			links[i]--
		}
		last[id] = i
	}
	m.add(e, e.Launch(n, V, C), 0, m.x(n*C), m.x(V*C), ids)
	m.add(link, link.Launch(n), 0, make([]int32, n), ids)
	m.add(b, b.Launch(n, V, C), few, m.x(V*C), m.x(n*C), ids, links)
}

// products adds products of sizes M, N and K, with the tiles for sizes that are so many times as large.
func (m *maker) products() {
	for _, s := range [][4]int{{9, 33, 37, 1}, {128, 128, 32, 1}, {70, 150, 18, 1}, {16, 16, 2048, 1}, {70, 150, 18, 64}} {
		M, N, K := s[0], s[1], s[2]
		c, plain := kernels.Matrix{Row: N, Col: 1}, kernels.Matrix{Row: K, Col: 1}
		for _, b := range []kernels.Matrix{{Row: N, Col: 1}, {Row: 1, Col: K}} {
			k, splits := m.d.MatMul(M*s[3], N*s[3], K*s[3], 1)
			k.Split = splits > 1
			k.Bias, k.Accumulate = !k.Split, !k.Split
			k = k.Fit(M, N, K, c, plain, b)
			buffers := []any{m.x(splits * M * N), m.x(M * K), m.x(K * N)}
			if k.Bias {
				buffers = append(buffers, m.x(N))
			}
			m.add(k, k.Launch(M, N, K, c, plain, b, [2]int{1, 1}, splits, 0.5, 2), few, buffers...)
		}
	}
	if m.d.Multiplier != (kernels.Multiplier{}) {
		m.rounded()
	}
	const N, K = 37, 300
	a, c := kernels.Matrix{Row: K, Col: 1}, kernels.Matrix{Row: N, Col: 1}
	for vectors := 1; vectors <= kernels.FewRows; vectors++ {
		b := kernels.Matrix{Row: 1, Col: K}
		k := m.d.MatVec(vectors, K).Fit(K, a, b)
		m.add(k, k.Launch(N, K, c, a, b, 2, 0), few, m.x(vectors*N), m.x(vectors*K), m.x(N*K))
		v := m.d.VecMat(vectors)
		v.Bias, v.Accumulate = true, true
		m.add(v, v.Launch(N, K, c, a, kernels.Matrix{Row: N, Col: 1}, 2, 0.5), few, m.x(vectors*N), m.x(vectors*K), m.x(N*K), m.x(N))
	}
}

// rounded adds products by the device's Multiplier, as products does.
func (m *maker) rounded() {
	for _, s := range [][4]int{{9, 33, 37, 1}, {128, 128, 64, 1}, {70, 150, 20, 1}, {70, 150, 40, 64}} {
		M, N, K := s[0], s[1], s[2]
		a, c := kernels.Matrix{Row: K, Col: 1}, kernels.Matrix{Row: N, Col: 1}
		for _, b := range []kernels.Matrix{{Row: N, Col: 1}, {Row: 1, Col: K}} {
			k, _ := m.d.MatMulRounded(M*s[3], N*s[3], K*s[3], 1)
			k.Bias, k.Accumulate = true, true
			k = k.Fit(M, N, K, c, a, b)
			m.add(k, k.Launch(M, N, K, c, a, b, [2]int{1, 1}, 1, 0.5, 2), few, m.x(M*N), m.x(M*K), m.x(K*N), m.x(N))
		}
	}
}

func (m *maker) attention() {
	for _, D := range []int{20, 33, 64, 128} {
		s := kernels.AttentionSizes{B: 1, T: 37, S: 41, H: 2, G: 2}
		q := kernels.Heads{Batch: s.T * s.H * D, Position: s.H * D, Head: D}
		k := kernels.Heads{Batch: s.S * D, Position: D, Head: D}
		queries, keys, rows := s.B*s.T*s.H*D, s.B*s.S*D, s.B*s.T*s.H
		f := kernels.Attention{AttentionTile: m.d.Attention(D, D != 64).Fit(q, k)}
		m.add(f, f.Launch(s, 0.2, q, q, k, k), few, m.x(queries), m.x(rows), m.x(queries), m.x(keys), m.x(keys))
		m.decode(D)
		delta := kernels.AttentionDelta{Rows: m.d.Rows(D)}
		m.add(delta, delta.Launch(s, D, q, q), few, m.x(rows), m.x(queries), m.x(queries))
		lse := m.positive(rows)
		for i := range lse {
			lse[i] += 8
		}
		tile := m.d.AttentionBackward(D, D != 64).Fit(q, k)
		dq, dkv := kernels.AttentionDQ{AttentionTile: tile}, kernels.AttentionDKV{AttentionTile: tile}
		m.add(dq, dq.Launch(s, 0.2, q, q, q, k, k), few,
			m.x(queries), m.x(queries), m.x(queries), m.x(keys), m.x(keys), lse, m.x(rows))
		m.add(dkv, dkv.Launch(s, 0.2, k, k, q, q, k, k), few,
			m.x(keys), m.x(keys), m.x(queries), m.x(queries), m.x(keys), m.x(keys), lse, m.x(rows))
	}
}

func (m *maker) decode(D int) {
	s := kernels.AttentionSizes{B: 1, T: 1, S: 555, H: 2, G: 2}
	q, k := kernels.Heads{Batch: s.H * D, Position: s.H * D, Head: D}, kernels.Heads{Batch: s.S * D, Position: D, Head: D}
	f, parts := m.d.AttentionDecode(s, D, true)
	f = f.Fit(q, k)
	n, keys := s.H*D, s.S*D
	m.add(f, f.Launch(s, parts, 0.2, q, q, k, k), few, m.x(parts*n), m.x(parts*s.H), m.x(n), m.x(keys), m.x(keys))
	c := kernels.AttentionCombine{Lanes: 32}
	m.add(c, c.Launch(s, 3, D, q), few, m.x(n), m.x(s.H), m.x(3*n), m.x(3*s.H))
}
