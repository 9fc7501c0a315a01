// Package irtest has kernels with known results, for the tests of everything that runs or
// writes kernels: the interpreter, the emitters, the drivers. Each case is used by all of them.
package irtest

import (
	"fmt"
	"math"
	"slices"
	"unsafe"

	"inkstone/gpu/ir"
)

// Case is a launch of a kernel whose results are known.
type Case struct {
	Name    string
	Kernel  *ir.Kernel
	Grid    [3]int
	Buffers [][]byte // what they hold before; see Fresh
	Scalars []uint32
	NaN     bool // the results depend on infinities and NaNs, which a device may not keep
	Check   func(buffers [][]byte) error
}

// Fresh returns a copy of the buffers, each starting at a multiple of 16 bytes.
func (c Case) Fresh() [][]byte {
	var out [][]byte
	for _, b := range c.Buffers {
		room := make([]uint64, len(b)/8+3)
		at := unsafe.Pointer(&room[0])
		if uintptr(at)%16 != 0 {
			at = unsafe.Pointer(&room[1])
		}
		fresh := unsafe.Slice((*byte)(at), len(b))
		copy(fresh, b)
		out = append(out, fresh)
	}
	return out
}

// Cases returns all cases, built for subgroups of n lanes (4 to 64).
func Cases(n int) []Case {
	return slices.Concat(
		elementwise(), functions(), integers(), conversions(), vectors(), storage(),
		control(), workgroups(), subgroups(n), atomics(), matmuls(n), philox(),
	)
}

// bytesOf returns the memory of x.
func bytesOf[T float32 | int32 | uint32 | uint16](x []T) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(x[0])))
}

// view returns bytes as elements; they are aligned.
func view[T float32 | int32 | uint32 | uint16](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(zero)))
}

func bits(x float32) uint32 { return math.Float32bits(x) }
func f32(b uint32) float32  { return math.Float32frombits(b) }

// equal checks that buffer number n holds want, bit for bit.
func equal[T float32 | int32 | uint32 | uint16](n int, want []T) func([][]byte) error {
	return func(buffers [][]byte) error {
		for i, got := range view[T](buffers[n]) {
			if w := want[i]; got != w && (got == got || w == w) {
				return fmt.Errorf("element %d: %v, want %v", i, got, w)
			}
		}
		return nil
	}
}

// near checks that buffer number n holds want, within a relative or an absolute error.
func near(n int, want []float64, relative, absolute float64) func([][]byte) error {
	return func(buffers [][]byte) error {
		for i, x := range view[float32](buffers[n]) {
			got, w := float64(x), want[i]
			if got == w || got != got && w != w {
				continue
			}
			if !(math.Abs(got-w) <= max(absolute, relative*math.Abs(w))) {
				return fmt.Errorf("element %d: %v, want %v (off by %g)", i, got, w, got-w)
			}
		}
		return nil
	}
}

// sizes of the launches of elementwise cases: more elements than lanes, not a multiple.
const lanes = 64

// mapped returns a case that computes f of each row of the columns: out[i] = f(in[0][i], …).
// Columns hold the bits of values of types.
func mapped(name string, types []ir.Type, out ir.Type, columns [][]uint32, f func(x []ir.Value) ir.Value, check func([][]byte) error) Case {
	n := len(columns[0])
	b := ir.New(name, ir.Workgroup(lanes, 1, 1))
	c := Case{Name: name, Grid: [3]int{(n + lanes - 1) / lanes, 1, 1}, Scalars: []uint32{uint32(n)}}
	var in []*ir.Array
	for j, t := range types {
		in = append(in, b.Buffer(fmt.Sprintf("x%d", j), t, ir.Read))
		c.Buffers = append(c.Buffers, bytesOf(columns[j]))
	}
	y := b.Buffer("y", out, ir.Write)
	c.Buffers = append(c.Buffers, bytesOf(make([]uint32, n)))
	i := b.GlobalID(0)
	b.If(i.Lt(b.Scalar("n", ir.I32)), func() {
		var x []ir.Value
		for _, a := range in {
			x = append(x, a.Load(i))
		}
		y.Store(i, f(x))
	})
	c.Kernel, c.Check = b.MustBuild(), check
	return c
}

// cross returns all combinations of the values, as columns.
func cross(lists ...[]uint32) [][]uint32 {
	columns := make([][]uint32, len(lists))
	total := 1
	for _, l := range lists {
		total *= len(l)
	}
	for i := range total {
		rest := i
		for j, l := range lists {
			columns[j] = append(columns[j], l[rest%len(l)])
			rest /= len(l)
		}
	}
	return columns
}

// floatBits returns the bits of numbers.
func floatBits(x ...float64) []uint32 {
	var out []uint32
	for _, v := range x {
		out = append(out, bits(float32(v)))
	}
	return out
}
