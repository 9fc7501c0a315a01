package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func init() {
	cases = append(cases,
		dotQCase("DotQ8", Q8Bytes, unpackQ8, DotQ8[float32], DotQ8[float64]),
		dotQCase("DotQ4", Q4Bytes, unpackQ4, DotQ4[float32], DotQ4[float64]),
	)
}

// dotQCase multiplies some rows of as many blocks as the size says, of bytes of any value.
func dotQCase(name string, blockBytes int, unpack func(b []byte) []float64, dot32 func(y []float32, w, x []byte), dot64 func(y []float64, w, x []byte)) kernelCase {
	return kernelCase{
		name: name, outs: 1, sizes: []int{0, 1, 2, 3, 4, 5, 8, 9, 31, 64},
		args: func(r *rand.Rand, blocks int) *operands[float64] {
			rows := 1 + r.IntN(9)
			return &operands[float64]{
				f: [][]float64{garbage(rows)},
				b: [][]byte{randomBlocks(r, rows*blocks, blockBytes), randomBlocks(r, blocks, Q8Bytes)},
			}
		},
		run32: func(o *operands[float32]) { dot32(o.f[0], o.b[0], o.b[1]) },
		run64: func(o *operands[float64]) { dot64(o.f[0], o.b[0], o.b[1]) },
		scale: func(o *operands[float64]) float64 {
			most, w, x := 0.0, unpack(o.b[0]), unpackQ8(o.b[1])
			for j := range o.f[0] {
				sum := 0.0
				for i, v := range w[j*len(x):][:len(x)] {
					sum += math.Abs(v * x[i])
				}
				most = max(most, sum)
			}
			return most
		},
		work: func(o *operands[float64]) (bytes, flops int) {
			return len(o.b[0]), 2 * len(o.b[0]) / blockBytes * QuantBlock
		},
	}
}

// randomBlocks makes blocks of any bytes under scales of either sign, some of them subnormal.
func randomBlocks(r *rand.Rand, n, size int) []byte {
	b := make([]byte, n*size)
	for i := range b {
		b[i] = byte(r.Uint32())
		if r.IntN(8) == 0 {
			b[i] = 0x80 // the least int8, whose negative is none
		}
	}
	for i := 0; i < len(b); i += size {
		d := float32(r.NormFloat64()) / 64
		if r.IntN(8) == 0 {
			d /= 1 << 14
		}
		binary.LittleEndian.PutUint16(b[i:], toF16(d))
	}
	return b
}

// unpackQ8 returns the numbers that blocks of q8_0 stand for.
func unpackQ8(b []byte) (x []float64) {
	for ; len(b) > 0; b = b[34:] {
		d := float64(fromF16(uint16(b[0]) | uint16(b[1])<<8))
		for _, q := range b[2:34] {
			x = append(x, d*float64(int8(q)))
		}
	}
	return x
}

// unpackQ4 returns the numbers that blocks of q4_0 stand for.
func unpackQ4(b []byte) (x []float64) {
	for ; len(b) > 0; b = b[18:] {
		d := float64(fromF16(uint16(b[0]) | uint16(b[1])<<8))
		for _, q := range b[2:18] {
			x = append(x, d*(float64(q&15)-8))
		}
		for _, q := range b[2:18] {
			x = append(x, d*(float64(q>>4)-8))
		}
	}
	return x
}

// TestDotQDefinition holds the float64 twins against a product of unpacked numbers.
func TestDotQDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	const rows, blocks = 3, 5
	xs := randomBlocks(r, blocks, Q8Bytes)
	x := unpackQ8(xs)
	for name, f := range map[string]struct {
		size   int
		dot    func(y []float64, w, x []byte)
		unpack func(b []byte) []float64
	}{"DotQ8": {Q8Bytes, DotQ8[float64], unpackQ8}, "DotQ4": {Q4Bytes, DotQ4[float64], unpackQ4}} {
		ws := randomBlocks(r, rows*blocks, f.size)
		w, y := f.unpack(ws), make([]float64, rows)
		f.dot(y, ws, xs)
		for j := range y {
			want, terms := 0.0, 0.0
			for i, v := range x {
				want += v * w[j*len(x)+i]
				terms += math.Abs(v * w[j*len(x)+i])
			}
			if !(math.Abs(y[j]-want) <= 1e-14*terms) {
				t.Errorf("%s: y[%d] = %v, want %v", name, j, y[j], want)
			}
		}
	}
}

// TestDotQExact checks the sums of bytes: under scales of 1, a product is a whole number below
// 2²⁴ and so exact, at every place of the least and the largest numbers.
func TestDotQExact(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(10, 10))
		extremes := []byte{0x80, 0x7f, 0x81, 0, 0xff, 0x0f, 0xf0, 0x88}
		for name, f := range map[string]struct {
			size     int
			dot      func(y []float32, w, x []byte)
			definite func(y []float64, w, x []byte)
		}{"DotQ8": {Q8Bytes, DotQ8[float32], DotQ8[float64]}, "DotQ4": {Q4Bytes, DotQ4[float32], DotQ4[float64]}} {
			for range 500 {
				rows, blocks := 1+r.IntN(6), 1+r.IntN(4)
				w, x := randomBlocks(r, rows*blocks, f.size), randomBlocks(r, blocks, Q8Bytes)
				all := extremes[r.IntN(len(extremes))]
				for i := range w {
					if i%f.size < 2 {
						binary.LittleEndian.PutUint16(w[i/f.size*f.size:], toF16(1))
					} else if r.IntN(4) > 0 {
						w[i] = all
					}
				}
				all = extremes[r.IntN(len(extremes))]
				for i := range x {
					if i%Q8Bytes < 2 {
						binary.LittleEndian.PutUint16(x[i/Q8Bytes*Q8Bytes:], toF16(1))
					} else if r.IntN(4) > 0 {
						x[i] = all
					}
				}
				got, want := make([]float32, rows), make([]float64, rows)
				f.dot(got, w, x)
				f.definite(want, w, x)
				for j := range got {
					if float64(got[j]) != want[j] {
						t.Fatalf("%s of %d blocks: y[%d] = %v, want %v", name, blocks, j, got[j], want[j])
					}
				}
			}
		}
	})
}

// TestDotQScales plants scales that are no numbers in one block: its rows, and no others, are
// NaN; with an odd number of blocks, what is beyond them must not meet them.
func TestDotQScales(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 11))
		for name, f := range map[string]struct {
			size int
			dot  func(y []float32, w, x []byte)
		}{"DotQ8": {Q8Bytes, DotQ8[float32]}, "DotQ4": {Q4Bytes, DotQ4[float32]}} {
			for _, blocks := range []int{1, 2, 3, 6, 7} {
				const rows = 6
				for bad := range rows * blocks {
					w, x := randomBlocks(r, rows*blocks, f.size), randomBlocks(r, blocks, Q8Bytes)
					binary.LittleEndian.PutUint16(w[bad*f.size:], 0x7e00) // NaN
					y := make([]float32, rows)
					f.dot(y, w, x)
					for j, v := range y {
						if (v != v) != (j == bad/blocks) {
							t.Fatalf("%s: NaN in block %d of row %d: y[%d] = %v", name, bad%blocks, bad/blocks, j, v)
						}
					}
				}
				for bad := range blocks {
					w, x := randomBlocks(r, rows*blocks, f.size), randomBlocks(r, blocks, Q8Bytes)
					binary.LittleEndian.PutUint16(x[bad*Q8Bytes:], 0x7e00)
					y := make([]float32, rows)
					f.dot(y, w, x)
					for j, v := range y {
						if v == v {
							t.Fatalf("%s: NaN in block %d of x: y[%d] = %v", name, bad, j, v)
						}
					}
				}
			}
		}
	})
}

// TestDotQSplits checks that a matrix too large for one call of assembly gives what its rows
// give alone.
func TestDotQSplits(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(12, 12))
		const rows, blocks = 700, 40
		for name, f := range map[string]struct {
			size int
			dot  func(y []float32, w, x []byte)
		}{"DotQ8": {Q8Bytes, DotQ8[float32]}, "DotQ4": {Q4Bytes, DotQ4[float32]}} {
			w, x := randomBlocks(r, rows*blocks, f.size), randomBlocks(r, blocks, Q8Bytes)
			y, one := make([]float32, rows), make([]float32, 1)
			f.dot(y, w, x)
			for j := range y {
				f.dot(one, w[j*blocks*f.size:][:blocks*f.size], x)
				if one[0] != y[j] {
					t.Fatalf("%s: y[%d] = %v, alone %v", name, j, y[j], one[0])
				}
			}
		}
	})
}

func TestDotQPanics(t *testing.T) {
	for name, call := range map[string]func(){
		"half a block of x": func() { DotQ8(make([]float32, 1), make([]byte, 17), make([]byte, 17)) },
		"w too short":       func() { DotQ8(make([]float32, 2), make([]byte, 34), make([]byte, 34)) },
		"w of q8_0":         func() { DotQ4(make([]float32, 1), make([]byte, 34), make([]byte, 34)) },
		"half a block":      func() { QuantizeQ8(make([]byte, 17), make([]float32, 16)) },
		"dst too short":     func() { QuantizeQ8(make([]byte, 34), make([]float32, 64)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

// BenchmarkDotQ measures a matrix that the second cache holds and one that none does, as
// BenchmarkDotQ/kernel=DotQ8/isa=avx2/rows=256. MB/s are those of the matrix.
func BenchmarkDotQ(b *testing.B) {
	was := ISA()
	defer SetISA(was)
	const blocks = 4096 / QuantBlock
	for _, f := range []struct {
		name string
		size int
		dot  func(y []float32, w, x []byte)
	}{{"DotQ8", Q8Bytes, DotQ8[float32]}, {"DotQ4", Q4Bytes, DotQ4[float32]}} {
		for _, rows := range []int{128, 1 << 15} {
			r := rand.New(rand.NewPCG(13, 13))
			w, x, y := randomBlocks(r, rows*blocks, f.size), randomBlocks(r, blocks, Q8Bytes), make([]float32, rows)
			for _, isa := range ISAs() {
				if err := SetISA(isa); err != nil {
					b.Fatal(err)
				}
				b.Run(fmt.Sprintf("kernel=%s/isa=%s/rows=%d", f.name, isa, rows), func(b *testing.B) {
					b.SetBytes(int64(len(w)))
					b.ReportAllocs()
					for b.Loop() {
						f.dot(y, w, x)
					}
				})
			}
		}
	}
}
