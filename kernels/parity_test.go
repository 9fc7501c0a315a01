package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// atLevels runs f once for every level this machine has.
func atLevels(t *testing.T, f func(t *testing.T)) {
	was := ISA()
	defer func() {
		if err := SetISA(was); err != nil {
			t.Fatal(err)
		}
	}()
	for _, isa := range ISAs() {
		if err := SetISA(isa); err != nil {
			t.Fatal(err)
		}
		t.Run(isa, f)
	}
}

// TestParity holds every level of every kernel against the float64 oracle. The largest
// error may be at most twice that of the plain float32 twin, plus a few units in the last
// place of the largest output, or of the terms it is a sum of (FlashAttention's rule for
// fused kernels).
func TestParity(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				for _, size := range c.testSizes() {
					checkParity(t, c, size, 1)
				}
			})
		}
	})
}

func checkParity(t *testing.T, c kernelCase, size int, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, uint64(size)))
	got := narrow(c.args(r, size))
	oracle := widen(got)
	plain := narrow(widen(got))
	terms := 0.0
	if c.scale != nil {
		terms = c.scale(oracle)
	}
	c.run64(oracle)
	c.run32(got)
	isa := ISA()
	mustSetISA(t, "generic")
	c.run32(plain)
	mustSetISA(t, isa)
	for k := range c.outs {
		scale, errPlain, errGot := terms, 0.0, 0.0
		for i, want := range oracle.f[k] {
			if math.IsNaN(want) != math.IsNaN(float64(got.f[k][i])) {
				t.Errorf("size %d: out %d[%d] = %v, want %v", size, k, i, got.f[k][i], want)
				return
			}
			if c.exact && !sameBits(got.f[k][i], plain.f[k][i]) {
				t.Errorf("size %d: out %d[%d] = %v, want exactly %v", size, k, i, got.f[k][i], plain.f[k][i])
				return
			}
			if math.IsInf(want, 0) && float64(got.f[k][i]) != want {
				t.Errorf("size %d: out %d[%d] = %v, want %v", size, k, i, got.f[k][i], want)
				return
			}
			if want == float64(float32(unwritten)) { // between rows: says nothing of their size
				if float64(got.f[k][i]) != want {
					t.Errorf("size %d: out %d[%d] = %v, outside of what the kernel writes", size, k, i, got.f[k][i])
					return
				}
				continue
			}
			if math.IsNaN(want) || math.IsInf(want, 0) {
				continue
			}
			scale = max(scale, math.Abs(want))
			errPlain = max(errPlain, math.Abs(float64(plain.f[k][i])-want))
			errGot = max(errGot, math.Abs(float64(got.f[k][i])-want))
		}
		if limit := 2*errPlain + 4*epsilon32*scale; errGot > limit {
			t.Errorf("size %d: out %d: largest error %.3g, limit %.3g (plain float32 has %.3g)", size, k, errGot, limit, errPlain)
		}
	}
	for k := c.outs + c.scratch; k < len(got.f); k++ {
		for i := range got.f[k] {
			if !sameBits(got.f[k][i], plain.f[k][i]) {
				t.Errorf("size %d: input %d was changed at %d", size, k, i)
				return
			}
		}
	}
}

// sameBits reports whether two numbers are equal, telling 0 from -0 but not NaN from NaN.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func mustSetISA(t *testing.T, isa string) {
	t.Helper()
	if err := SetISA(isa); err != nil {
		t.Fatal(err)
	}
}

// epsilon32 is the distance from 1 to the next float32.
const epsilon32 = 0x1p-23
