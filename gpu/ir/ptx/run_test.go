package ptx_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"inkstone/gpu/internal/ptxvm"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
	"inkstone/gpu/ir/irtest"
	"inkstone/gpu/ir/ptx"
	"inkstone/gpu/kernels"
	"inkstone/gpu/kernels/kerneltest"
	cpu "inkstone/kernels"
)

// run translates a kernel and runs the text.
func run(k *ir.Kernel, target ptx.Target, grid [3]int, buffers [][]byte, scalars []uint32, approx float64) error {
	text, err := ptx.Module(k, target)
	if err != nil {
		return err
	}
	m, err := ptxvm.Parse(text)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	l := ptxvm.Launch{
		Grid: grid, Block: k.Workgroup, Memory: ptxvm.NewMemory(buffers...), Shared: ptx.DynamicShared(k), Approx: approx,
	}
	for _, b := range buffers {
		l.Params = append(l.Params, ptxvm.Address(b))
	}
	for _, s := range scalars {
		l.Params = append(l.Params, uint64(s))
	}
	if err := m.Entries[k.Name].Run(l); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// TestCases runs the module of every case, for an old device and for the newest, with
// approximations at both ends of their error.
func TestCases(t *testing.T) {
	for _, c := range irtest.Cases(ptx.WarpSize) {
		for _, sm := range []int{50, 0} {
			for _, approx := range []float64{-1, 1} {
				if approx > 0 && !c.Kernel.Uses(ir.OpExp, ir.OpLog, ir.OpRsqrt) {
					continue
				}
				t.Run(fmt.Sprintf("%s/sm=%d/approx=%v", c.Name, sm, approx), func(t *testing.T) {
					buffers := c.Fresh()
					err := run(c.Kernel, ptx.Target{SM: sm}, c.Grid, buffers, c.Scalars, approx)
					if lacks := (*ptx.UnsupportedError)(nil); errors.As(err, &lacks) && c.Kernel.Uses(ir.OpMatMulAdd) {
						if shape := multiplication(c.Kernel).Type.Shape(); sm == 0 && shape == (ir.Shape{M: 16, N: 16, K: 16}) {
							t.Fatal(err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					if err := c.Check(buffers); err != nil {
						t.Fatal(err)
					}
				})
			}
		}
	}
}

// Devices that tiles are chosen for: with mma and asynchronous copies, and without.
var (
	hopper = kernels.Device{
		Subgroup: ptx.WarpSize, SharedBytes: 99 << 10, Units: 132, AsyncCopy: true,
		Multiplier: kernels.Multiplier{Elem: ir.BF16, Shape: ir.Shape{M: 16, N: 16, K: 16}},
	}
	turing = kernels.Device{
		Subgroup: ptx.WarpSize, SharedBytes: ptx.StaticShared, Units: 68,
		Multiplier: kernels.Multiplier{Elem: ir.F16, Shape: ir.Shape{M: 16, N: 16, K: 16}},
	}
)

// TestKernels runs the engine's kernels, against package interp.
func TestKernels(t *testing.T) { testKernels(t, hopper, ptx.Target{}, "") }

// TestOlderProducts runs the products for a device without mma and asynchronous copies.
func TestOlderProducts(t *testing.T) { testKernels(t, turing, ptx.Target{SM: 75}, "MatMul") }

// testKernels runs the kernels for a device whose names begin so.
func testKernels(t *testing.T, d kernels.Device, target ptx.Target, names string) {
	cases, err := kerneltest.Portable(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if !strings.HasPrefix(c.Name, names) {
			continue
		}
		for _, approx := range []float64{-1, 0, 1} {
			if approx != 0 && !c.Kernel.Uses(ir.OpExp, ir.OpLog, ir.OpRsqrt) {
				continue
			}
			t.Run(fmt.Sprintf("%s/approx=%v", c.Name, approx), func(t *testing.T) {
				buffers := c.Fresh()
				if err := run(c.Kernel, target, c.Grid, buffers, c.Scalars, approx); err != nil {
					t.Fatal(err)
				}
				if err := c.Check(buffers); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// multiplication returns the first multiplication of matrices.
func multiplication(k *ir.Kernel) (found *ir.Instr) {
	k.Walk(func(in *ir.Instr) {
		if in.Op == ir.OpMatMulAdd && found == nil {
			found = in
		}
	})
	return found
}

// product is a kernel that multiplies one pair of matrices of 16-bit elements, from buffers or from
// shared memory, and adds the product to another matrix, twice.
func product(s ir.Shape, elem, sum ir.Type, la, lb, lc ir.Layout, shared bool) *ir.Kernel {
	b := ir.New("product", ir.Workgroup(32, 1, 1), ir.Subgroup(32))
	x, y, z := b.Buffer("a", elem, ir.Read), b.Buffer("b", elem, ir.Read), b.Buffer("c", sum, ir.ReadWrite)
	pick := func(l ir.Layout, rows, cols int) int {
		if l == ir.ColumnMajor {
			return rows
		}
		return cols
	}
	if shared {
		x, y = copied(b, x, s.M*s.K), copied(b, y, s.K*s.N)
		b.Barrier()
	}
	p := b.VarOf(x.LoadMatrix(ir.Matrix(elem, ir.MatrixA, s), 0, pick(la, s.M, s.K), la))
	q := y.LoadMatrix(ir.Matrix(elem, ir.MatrixB, s), 0, pick(lb, s.K, s.N), lb)
	acc := b.VarOf(z.LoadMatrix(ir.Matrix(sum, ir.MatrixAcc, s), 0, pick(lc, s.M, s.N), lc))
	b.Range(2, func(ir.Value) { acc.Set(p.Get().MatrixMulAdd(q, acc.Get())) })
	z.StoreMatrix(0, acc.Get(), pick(lc, s.M, s.N), lc)
	return b.MustBuild()
}

// copied copies n elements of a buffer to a shared array.
func copied(b *ir.Builder, x *ir.Array, n int) *ir.Array {
	y := b.Shared("s"+x.Name, x.Elem, n)
	b.For(b.LocalIndex(), n, 32, func(i ir.Value) { y.Store(i, x.Load(i)) })
	return y
}

// TestMatrices: all shapes and layouts, by mma and by wmma, against package interp; and what there
// is not.
func TestMatrices(t *testing.T) {
	for _, sm := range []int{75, 0} {
		for _, shared := range []bool{false, true} {
			testMatrices(t, ptx.Target{SM: sm}, shared)
		}
	}
	if s := (ptx.Target{SM: 61}).Matrices(ir.F16); s != nil {
		t.Errorf("matrices %v on sm_61", s)
	}
	if s := (ptx.Target{SM: 75}).Matrices(ir.BF16); s != nil {
		t.Errorf("matrices of bf16 %v on sm_75", s)
	}
}

func testMatrices(t *testing.T, target ptx.Target, shared bool) {
	layouts := []ir.Layout{ir.RowMajor, ir.ColumnMajor}
	for _, elem := range []ir.Type{ir.F16, ir.BF16} {
		for _, sum := range []ir.Type{ir.F32, ir.F16} {
			for _, s := range target.Matrices(elem) {
				for i := range 8 {
					k := product(s, elem, sum, layouts[i&1], layouts[i>>1&1], layouts[i>>2], shared)
					x, y, z := halves(s.M*s.K, elem), halves(s.K*s.N, elem), halves(2*s.M*s.N, ir.F16)[:s.M*s.N*sum.Size()]
					if sum == ir.F32 {
						copy(z, interp.Bytes(numbers(s.M*s.N)))
					}
					want := append([]byte(nil), z...)
					err := run(k, target, [3]int{1, 1, 1}, [][]byte{x, y, z}, nil, 0)
					if elem == ir.BF16 && sum == ir.F16 {
						if !errors.As(err, new(*ptx.UnsupportedError)) {
							t.Errorf("bf16 into f16: %v", err)
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if err := interp.Run(k, [3]int{1, 1, 1}, interp.Args{Buffers: [][]byte{x, y, want}}, interp.Options{Check: true}); err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(z, want) {
						t.Errorf("%v %v %v, layouts %b: the product is wrong", s, elem, sum, i)
					}
					text, _ := ptx.Module(k, target)
					mma := target.SM == 0 && shared && s == (ir.Shape{M: 16, N: 16, K: 16}) && sum == ir.F32
					if strings.Contains(text, "\tmma.sync") != mma || strings.Contains(text, "wmma") == mma {
						t.Errorf("%v %v %v, layouts %b: mma is used, or not", s, elem, sum, i)
					}
				}
			}
		}
	}
}

// numbers returns n small whole numbers.
func numbers(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i*7919%13 - 6)
	}
	return x
}

// halves returns n small whole numbers of a 16-bit type.
func halves(n int, t ir.Type) []byte {
	h := make([]uint16, n)
	if t == ir.BF16 {
		cpu.BF16FromF32(h, numbers(n))
	} else {
		cpu.F16FromF32(h, numbers(n))
	}
	room := make([]float32, n/2+8) // begins at a multiple of 32 bytes
	at := interp.Bytes(room)
	for ptxvm.Address(at)%32 != 0 {
		at = at[4:]
	}
	copy(at, interp.Bytes(h))
	return at[:2*n]
}

// TestUnsupported: what PTX or a device lacks is refused.
func TestUnsupported(t *testing.T) {
	square := ir.Shape{M: 16, N: 16, K: 16}
	for want, k := range map[string]*ir.Kernel{
		"subgroups of 16 lanes": ir.New("k", ir.Workgroup(32, 1, 1), ir.Subgroup(16)).MustBuild(),
		"matrices of f16 a 8x8x8": func() *ir.Kernel {
			b := ir.New("k", ir.Workgroup(32, 1, 1), ir.Subgroup(32))
			b.MatrixFill(ir.Matrix(ir.F16, ir.MatrixA, ir.Shape{M: 8, N: 8, K: 8}), 0)
			return b.MustBuild()
		}(),
		"storing of matrices A and B": func() *ir.Kernel {
			b := ir.New("k", ir.Workgroup(32, 1, 1), ir.Subgroup(32))
			x := b.Buffer("x", ir.F16, ir.ReadWrite)
			x.StoreMatrix(0, x.LoadMatrix(ir.Matrix(ir.F16, ir.MatrixA, square), 0, 16, ir.RowMajor), 16, ir.RowMajor)
			return b.MustBuild()
		}(),
		"by rows and by columns": func() *ir.Kernel {
			b := ir.New("k", ir.Workgroup(32, 1, 1), ir.Subgroup(32))
			x := b.Buffer("x", ir.F16, ir.Read)
			v := b.VarOf(x.LoadMatrix(ir.Matrix(ir.F16, ir.MatrixA, square), 0, 16, ir.RowMajor))
			v.Set(x.LoadMatrix(ir.Matrix(ir.F16, ir.MatrixA, square), 0, 16, ir.ColumnMajor))
			return b.MustBuild()
		}(),
	} {
		_, err := ptx.Module(k, ptx.Target{})
		if e := (*ptx.UnsupportedError)(nil); !errors.As(err, &e) || e.Kernel != "k" || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// largeShared is a kernel that takes so many bytes of shared memory.
func largeShared(bytes int) *ir.Kernel {
	b := ir.New("shared", ir.Workgroup(32, 1, 1), ir.SharedLimit(64<<10))
	y := b.Buffer("y", ir.F32, ir.Write)
	first, second := b.Shared("first", ir.F32, 4), b.Shared("second", ir.F32, bytes/4-4)
	i := b.LocalID(0)
	second.Store(i.Mul(64), i.To(ir.F32))
	b.If(i.Lt(4), func() { first.Store(i, -1) })
	b.Barrier()
	y.Store(i, second.Load(b.I32(31).Sub(i).Mul(64)))
	return b.MustBuild()
}

// TestShared: a kernel with more shared memory than it can declare is given it at its launch.
func TestShared(t *testing.T) {
	for _, bytes := range []int{ptx.StaticShared, ptx.StaticShared + 32} {
		k := largeShared(bytes)
		if n := ptx.DynamicShared(k); n != 0 && n != bytes || (n != 0) != (bytes > ptx.StaticShared) {
			t.Errorf("%d bytes: %d at the launch", bytes, n)
		}
		out := make([]float32, 32)
		if err := run(k, ptx.Target{}, [3]int{1, 1, 1}, [][]byte{interp.Bytes(out)}, nil, 0); err != nil {
			t.Fatal(err)
		}
		for i, v := range out {
			if v != float32(31-i) {
				t.Errorf("%d bytes: element %d is %v", bytes, i, v)
			}
		}
	}
}

// TestSnapshot: a value read from a variable stays what it was when the variable changes.
func TestSnapshot(t *testing.T) {
	b := ir.New("fibonacci", ir.Workgroup(1, 1, 1))
	y := b.Buffer("y", ir.U32, ir.Write)
	u, v := b.VarOf(b.U32(0)), b.VarOf(b.U32(1))
	b.Range(10, func(ir.Value) {
		x := u.Get()
		u.Set(v)
		v.Set(x.Add(v))
	})
	y.Store(0, u)
	out := make([]uint32, 1)
	if err := run(b.MustBuild(), ptx.Target{}, [3]int{1, 1, 1}, [][]byte{interp.Bytes(out)}, nil, 0); err != nil || out[0] != 55 {
		t.Errorf("the tenth Fibonacci number is %d, %v", out[0], err)
	}
}
