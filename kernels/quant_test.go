package kernels

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// q8Cases are blocks of 32 numbers at the edges: of every size a float32 has, with ties, zeros and
// numbers that are none.
func q8Cases() (x []float32) {
	r := rand.New(rand.NewPCG(14, 14))
	block := func(f func(i int) float32) {
		for i := range QuantBlock {
			x = append(x, f(i))
		}
	}
	for e := -150; e < 128; e++ {
		block(func(int) float32 { return float32(math.Ldexp(r.NormFloat64(), e)) })
	}
	block(func(int) float32 { return 0 })
	block(func(int) float32 { return float32(math.Copysign(0, -1)) })
	// Under a largest number of 127, inverse is 1 and halves are ties.
	block(func(i int) float32 { return []float32{127, -127}[i&1] })
	for from := -127; from < 127; from++ {
		block(func(i int) float32 {
			tie := float32(from) + 0.5
			switch i % 4 {
			case 0:
				return tie
			case 1:
				return math.Nextafter32(tie, 200)
			case 2:
				return math.Nextafter32(tie, -200)
			}
			return 127
		})
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, -math.MaxFloat32, 0x1p-149} {
		for at := range QuantBlock {
			block(func(i int) float32 {
				if i == at {
					return float32(v)
				}
				return float32(r.NormFloat64())
			})
		}
	}
	return x
}

// TestQuantizeQ8Definition checks the plain Go bytes by their definition.
func TestQuantizeQ8Definition(t *testing.T) {
	for x := q8Cases(); len(x) > 0; x = x[QuantBlock:] {
		var dst [Q8Bytes]byte
		quantizeQ8Generic(dst[:], x[:QuantBlock])
		d := fromF16(binary.LittleEndian.Uint16(dst[:]))
		a, finite := 0.0, true
		for _, v := range x[:QuantBlock] {
			a = max(a, math.Abs(float64(v)))
			finite = finite && v-v == 0
		}
		if !finite {
			if d-d == 0 || !bytes.Equal(dst[2:], make([]byte, QuantBlock)) {
				t.Fatalf("%v became %v · % x", x[:QuantBlock], d, dst[2:])
			}
			continue
		}
		if want := fromF16(toF16(float32(a) / 127)); d != want {
			t.Fatalf("%v: scale %v, want %v", x[:QuantBlock], d, want)
		}
		inverse := 1 / (float32(a) / 127)
		for i, v := range x[:QuantBlock] {
			q := float64(int8(dst[2+i]))
			if inverse > math.MaxFloat32 {
				if q != 0 {
					t.Fatalf("%v of at most %v became %v", v, a, q)
				}
				continue
			}
			y := float64(v * inverse) // what q is nearest to; of two, q is away from zero
			if e := math.Abs(q - y); e > 0.5 || e == 0.5 && math.Abs(q) < math.Abs(y) || math.Abs(q) > 127 {
				t.Fatalf("%v of at most %v, %v as a multiple, became %v", v, a, y, q)
			}
		}
	}
}

// TestQuantizeQ8Levels holds every level to the plain Go bytes.
func TestQuantizeQ8Levels(t *testing.T) {
	x := q8Cases()
	want := make([]byte, len(x)/QuantBlock*Q8Bytes)
	quantizeQ8Generic(want, x)
	atLevels(t, func(t *testing.T) {
		for _, blocks := range []int{0, 1, 2, 3, len(x) / QuantBlock} {
			got := make([]byte, blocks*Q8Bytes+1)
			got[blocks*Q8Bytes] = 99
			QuantizeQ8(got[:blocks*Q8Bytes], x[:blocks*QuantBlock])
			if got[blocks*Q8Bytes] != 99 {
				t.Fatalf("%d blocks: wrote too far", blocks)
			}
			for b := range blocks {
				g, w := got[b*Q8Bytes:][:Q8Bytes], want[b*Q8Bytes:][:Q8Bytes]
				dg, dw := scaleOf(g), scaleOf(w)
				if !sameBits(dg, dw) || !bytes.Equal(g[2:], w[2:]) {
					t.Fatalf("%v became %v · % x, want %v · % x", x[b*QuantBlock:][:QuantBlock], dg, g[2:], dw, w[2:])
				}
			}
		}
	})
}

// TestQuantizeQ8Error checks that blocks stand for their numbers, within half a step and the
// rounding of the scale.
func TestQuantizeQ8Error(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		x := to32(normal(rand.New(rand.NewPCG(15, 15)), 100*QuantBlock))
		dst := make([]byte, 100*Q8Bytes)
		QuantizeQ8(dst, x)
		for i, v := range unpackQ8(dst) {
			d := float64(scaleOf(dst[i/QuantBlock*Q8Bytes:]))
			if e := math.Abs(v - float64(x[i])); e > d*(0.5+127*0x1p-11) {
				t.Fatalf("%v became %v in steps of %v", x[i], v, d)
			}
		}
	})
}

// FuzzQuantizeQ8 holds every level to the plain Go bytes, for blocks of any bits.
func FuzzQuantizeQ8(f *testing.F) {
	f.Add(make([]byte, 4*QuantBlock))
	f.Fuzz(func(t *testing.T, data []byte) {
		x := make([]float32, len(data)/(4*QuantBlock)*QuantBlock)
		for i := range x {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		got, want := make([]byte, len(x)/QuantBlock*Q8Bytes), make([]byte, len(x)/QuantBlock*Q8Bytes)
		quantizeQ8Generic(want, x)
		was := ISA()
		defer mustSetISA(t, was)
		for _, isa := range ISAs() {
			mustSetISA(t, isa)
			QuantizeQ8(got, x)
			for b := 0; b < len(got); b += Q8Bytes {
				if !sameBits(scaleOf(got[b:]), scaleOf(want[b:])) || !bytes.Equal(got[b+2:][:QuantBlock], want[b+2:][:QuantBlock]) {
					t.Fatalf("%s: % x, want % x", isa, got[b:][:Q8Bytes], want[b:][:Q8Bytes])
				}
			}
		}
	})
}

// BenchmarkQuantizeQ8 measures a vector that the first cache holds.
func BenchmarkQuantizeQ8(b *testing.B) {
	was := ISA()
	defer SetISA(was)
	x := to32(normal(rand.New(rand.NewPCG(16, 16)), 4096))
	dst := make([]byte, len(x)/QuantBlock*Q8Bytes)
	for _, isa := range ISAs() {
		if err := SetISA(isa); err != nil {
			b.Fatal(err)
		}
		b.Run("isa="+isa, func(b *testing.B) {
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				QuantizeQ8(dst, x)
			}
		})
	}
}
