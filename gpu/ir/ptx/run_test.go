package ptx_test

import (
	"errors"
	"fmt"
	"testing"

	"inkstone/gpu/internal/ptxvm"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/irtest"
	"inkstone/gpu/ir/ptx"
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

// multiplication returns the first multiplication of matrices.
func multiplication(k *ir.Kernel) (found *ir.Instr) {
	k.Walk(func(in *ir.Instr) {
		if in.Op == ir.OpMatMulAdd && found == nil {
			found = in
		}
	})
	return found
}
