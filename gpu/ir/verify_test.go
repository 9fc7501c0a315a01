package ir_test

import (
	"errors"
	"strings"
	"testing"

	"inkstone/gpu/ir"
)

// TestVerify builds kernels that are wrong as a whole, and some that look so and are right.
func TestVerify(t *testing.T) {
	type builds = func(b *ir.Builder)
	wg := func(n int) ir.Option { return ir.Workgroup(n, 1, 1) }
	shape := ir.Shape{M: 8, N: 8, K: 8}
	matrix := func(b *ir.Builder) { b.MatrixFill(ir.Matrix(ir.F16, ir.MatrixA, shape), 0) }
	for _, c := range []struct {
		name    string
		options []ir.Option
		build   builds
		want    string // part of the error; empty if the kernel is right
	}{
		{"barrier under a lane's condition", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.If(b.LocalIndex().Lt(3), b.Barrier)
		}, "a barrier where the way of the lanes is divergent"},
		{"barrier in an else", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.IfElse(b.LocalIndex().Lt(3), func() {}, b.Barrier)
		}, "divergent"},
		{"barrier under the workgroup's condition", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.If(b.GroupID(0).Lt(b.Scalar("n", ir.I32)), b.Barrier)
		}, ""},
		{"barrier under a loaded condition", []ir.Option{wg(32)}, func(b *ir.Builder) {
			x := b.Buffer("x", ir.I32, ir.Read)
			b.If(x.Load(b.GroupID(0)).Lt(5), b.Barrier)
		}, ""},
		{"barrier under a condition loaded from what is written", []ir.Option{wg(32)}, func(b *ir.Builder) {
			x := b.Buffer("x", ir.I32, ir.ReadWrite)
			b.If(x.Load(b.GroupID(0)).Lt(5), b.Barrier)
		}, "divergent"},
		{"barrier under a promise", []ir.Option{wg(32)}, func(b *ir.Builder) {
			x := b.Buffer("x", ir.I32, ir.ReadWrite)
			b.If(b.Uniform(x.Load(b.GroupID(0))).Lt(5), b.Barrier)
		}, ""},
		{"barrier after lanes have left the loop", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.Range(5, func(i ir.Value) {
				b.Barrier()
				b.BreakIf(i.Eq(b.LocalIndex()))
			})
		}, "divergent"},
		{"barrier after all lanes have left the loop", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.Range(5, func(i ir.Value) {
				b.BreakIf(i.Eq(b.GroupID(0)))
				b.Barrier()
			})
		}, ""},
		{"barrier after a loop that lanes left", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.Range(5, func(i ir.Value) { b.BreakIf(i.Eq(b.LocalIndex())) })
			b.Barrier()
		}, ""},
		{"barrier in a loop of divergent length", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.Range(b.LocalIndex(), func(i ir.Value) { b.Barrier() })
		}, "divergent"},
		{"barrier under a variable set apart", []ir.Option{wg(32)}, func(b *ir.Builder) {
			v := b.VarOf(b.I32(0))
			b.If(b.LocalIndex().Eq(0), func() { v.Set(1) })
			b.If(v.Get().Eq(1), b.Barrier)
		}, "divergent"},
		{"barrier under a variable set apart in the turn before", []ir.Option{wg(32)}, func(b *ir.Builder) {
			v := b.VarOf(b.I32(0))
			b.Range(5, func(i ir.Value) {
				b.If(v.Get().Eq(1), b.Barrier)
				v.Set(b.LocalIndex())
			})
		}, "divergent"},
		{"barrier under an axis of one lane", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.If(b.GlobalID(1).Lt(5), b.Barrier)
		}, ""},
		{"barrier under a subgroup's sum", []ir.Option{wg(32), ir.Subgroup(8)}, func(b *ir.Builder) {
			b.If(b.LocalIndex().SubgroupAdd().Lt(5), b.Barrier)
		}, "subgroup-uniform"},
		{"barrier under the only subgroup's sum", []ir.Option{wg(32), ir.Subgroup(32)}, func(b *ir.Builder) {
			b.If(b.LocalIndex().SubgroupAdd().Lt(5), b.Barrier)
		}, ""},
		{"subgroup under its own condition", []ir.Option{wg(32), ir.Subgroup(8)}, func(b *ir.Builder) {
			b.If(b.SubgroupID().Lt(2), func() { b.LocalIndex().SubgroupMax() })
		}, ""},
		{"subgroup under a lane's condition", []ir.Option{wg(32), ir.Subgroup(8)}, func(b *ir.Builder) {
			b.If(b.Lane().Lt(2), func() { b.LocalIndex().ShuffleXor(1) })
		}, "the lanes of a subgroup may come here apart"},
		{"matrix at a lane's place", []ir.Option{wg(32), ir.Subgroup(8)}, func(b *ir.Builder) {
			b.Buffer("x", ir.F16, ir.Read).LoadMatrix(ir.Matrix(ir.F16, ir.MatrixA, shape), b.Lane(), 8, ir.RowMajor)
		}, "an operand may differ"},
		{"matrices and sums", []ir.Option{wg(32), ir.Subgroup(8)}, func(b *ir.Builder) {
			matrix(b)
			b.F32(1).SubgroupAdd()
		}, "in one kernel"},
		{"matrices and shuffles", []ir.Option{wg(32), ir.Subgroup(8)}, func(b *ir.Builder) {
			matrix(b)
			b.F32(1).ShuffleXor(1)
		}, ""},
		{"too much shared memory", []ir.Option{wg(32)}, func(b *ir.Builder) {
			b.Shared("a", ir.F32, 8000)
			b.Shared("b", ir.F16, 1000)
		}, "34000 bytes of shared memory: at most 32768"},
		{"much shared memory, where allowed", []ir.Option{wg(32), ir.SharedLimit(48 << 10)}, func(b *ir.Builder) {
			b.Shared("a", ir.F32, 8200)
		}, ""},
		{"too many scalars", nil, func(b *ir.Builder) {
			for i := range 33 {
				b.Scalar("s"+strings.Repeat("x", i), ir.F32)
			}
		}, "132 bytes of scalar parameters"},
		{"too many lanes", []ir.Option{ir.Workgroup(64, 32, 1)}, func(*ir.Builder) {}, "2048 lanes"},
		{"no lanes", []ir.Option{ir.Workgroup(64, 0, 1)}, func(*ir.Builder) {}, "must be positive"},
		{"deep workgroup", []ir.Option{ir.Workgroup(1, 1, 65)}, func(*ir.Builder) {}, "64 along z"},
		{"subgroup of no power of two", []ir.Option{wg(24), ir.Subgroup(12)}, func(*ir.Builder) {}, "power of two"},
		{"workgroup of no whole subgroups", []ir.Option{wg(24), ir.Subgroup(16)}, func(*ir.Builder) {}, "not a multiple"},
		{"code after a break", nil, func(b *ir.Builder) {
			b.Forever(func() {
				b.Break()
				b.Barrier()
			})
		}, "instructions after a break"},
		{"variable never set", nil, func(b *ir.Builder) { b.Var(ir.F32).Named("lost").Get() }, "lost is never set"},
	} {
		b := ir.New("verified", c.options...)
		c.build(b)
		k, err := b.Build()
		var e *ir.VerifyError
		switch {
		case c.want == "" && (err != nil || k == nil):
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (!errors.As(err, &e) || k != nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
