package ir_test

import (
	"fmt"
	"strings"
	"testing"

	"inkstone/gpu/ir"
)

// TestMistakes makes the mistakes that the builder panics at.
func TestMistakes(t *testing.T) {
	other := ir.New("other")
	f16 := ir.Matrix(ir.F16, ir.MatrixA, ir.Shape{M: 8, N: 8, K: 8})
	for _, c := range []struct {
		want  string
		build func(b *ir.Builder)
	}{
		{`"2x" is no identifier`, func(*ir.Builder) { ir.New("2x") }},
		{"bad: Add: operands of types i32 and f32", func(b *ir.Builder) { b.I32(1).Add(b.F32(1)) }},
		{"bad: Add: not defined on bool", func(b *ir.Builder) { b.Bool(true).Add(b.Bool(true)) }},
		{"Add: 1.5 is no constant of type i32", func(b *ir.Builder) { b.I32(1).Add(1.5) }},
		{"Add: -1 is no constant of type u32", func(b *ir.Builder) { b.U32(1).Add(-1) }},
		{"Add: 16777217 is no constant of type f32", func(b *ir.Builder) { b.F32(1).Add(16777217) }},
		{"Add: an operand is a string", func(b *ir.Builder) { b.F32(1).Add("1") }},
		{"Add: an operand is the zero Value", func(b *ir.Builder) { b.F32(1).Add(ir.Value{}) }},
		{"Add: the zero Value", func(b *ir.Builder) { ir.Value{}.Add(1) }},
		{"Add: an operand is of kernel other", func(b *ir.Builder) { b.F32(1).Add(other.F32(1)) }},
		{"Add: operands of types f32x2 and f32x4", func(b *ir.Builder) { b.F32(1).Splat(2).Add(b.F32(1).Splat(4)) }},
		{"FMA: operands", func(b *ir.Builder) { b.F32(1).FMA(2, b.I32(3)) }},
		{"Rem: not defined on f32", func(b *ir.Builder) { b.F32(1).Rem(2) }},
		{"Exp: not defined on i32", func(b *ir.Builder) { b.I32(1).Exp() }},
		{"Neg: not defined on u32", func(b *ir.Builder) { b.U32(1).Neg() }},
		{"Lt: not defined on f32x2", func(b *ir.Builder) { b.F32(1).Splat(2).Lt(1) }},
		{"Select: a condition of type i32", func(b *ir.Builder) { b.I32(1).Select(b.I32(1), 2) }},
		{"Select: 1 is no constant of type void", func(b *ir.Builder) { b.Bool(true).Select(1, 2) }},
		{"To: f32 to bool", func(b *ir.Builder) { b.F32(1).To(ir.Bool) }},
		{"To: f32 to f16", func(b *ir.Builder) { b.F32(1).To(ir.F16) }},
		{"Bitcast: bool to u32", func(b *ir.Builder) { b.Bool(true).Bitcast(ir.U32) }},
		{"Vec: no vector of 3", func(*ir.Builder) { ir.F32.Vec(3) }},
		{"Vec: no vector of 2 elements of type bool", func(*ir.Builder) { ir.Bool.Vec(2) }},
		{"Vec: 3 elements of type f32", func(b *ir.Builder) { b.Vec(b.F32(1), 2, 3) }},
		{"At: element 2 of f32x2", func(b *ir.Builder) { b.F32(1).Splat(2).At(2) }},
		{"PackF16: not defined on f32", func(b *ir.Builder) { b.F32(1).PackF16() }},
		{"two parameters or arrays named x", func(b *ir.Builder) {
			b.Scalar("x", ir.F32)
			b.Buffer("x", ir.F32, ir.Read)
		}},
		{"Scalar: x: a parameter cannot have type f16", func(b *ir.Builder) { b.Scalar("x", ir.F16) }},
		{"Buffer: x: an array cannot have elements of type bool", func(b *ir.Builder) { b.Buffer("x", ir.Bool, ir.Read) }},
		{"Buffer: x: no access", func(b *ir.Builder) { b.Buffer("x", ir.F32, 0) }},
		{"Shared: x: length 0", func(b *ir.Builder) { b.Shared("x", ir.F32, 0) }},
		{"Store: x is a buffer to read", func(b *ir.Builder) { b.Buffer("x", ir.F32, ir.Read).Store(0, 1) }},
		{"Load: x is a buffer to write", func(b *ir.Builder) { b.Buffer("x", ir.F32, ir.Write).Load(0) }},
		{"Load: an index of type f32", func(b *ir.Builder) { b.Buffer("x", ir.F32, ir.Read).Load(b.F32(0)) }},
		{"Store: a value of type i32 to x, which takes f32", func(b *ir.Builder) { b.Buffer("x", ir.BF16, ir.Write).Store(0, b.I32(0)) }},
		{"Store: a value of type f32x2", func(b *ir.Builder) { b.Buffer("x", ir.F32, ir.Write).Store(0, b.F32(0).Splat(2)) }},
		{"LoadVec: a vector of 3", func(b *ir.Builder) { b.Buffer("x", ir.F32, ir.Read).LoadVec(3, 0) }},
		{"StoreVec: a value of type f32", func(b *ir.Builder) { b.Buffer("x", ir.F32, ir.Write).StoreVec(0, b.F32(0)) }},
		{"LoadVec: x has 6 elements, not a multiple of 4", func(b *ir.Builder) { b.Shared("x", ir.F32, 6).LoadVec(4, 0) }},
		{"AtomicAdd: the kernel was begun without", func(b *ir.Builder) { b.Shared("x", ir.U32, 6).AtomicAdd(0, 1) }},
		{"CopyAsync: to x from x: copies go from a buffer to read to a shared array", func(b *ir.Builder) {
			x := b.Buffer("x", ir.F32, ir.Read)
			x.CopyAsync(1, 0, x, 0, b.Bool(true))
		}},
		{"CopyAsync: to s of f16 from x of f16", func(b *ir.Builder) {
			b.Shared("s", ir.F16, 4).CopyAsync(1, 0, b.Buffer("x", ir.F16, ir.Read), 0, b.Bool(true))
		}},
		{"CopyAsync: a condition of type i32", func(b *ir.Builder) {
			b.Shared("s", ir.F32, 4).CopyAsync(1, 0, b.Buffer("x", ir.F32, ir.Read), 0, b.I32(1))
		}},
		{"LoadVec: a vector of 3", func(b *ir.Builder) {
			b.Shared("s", ir.F32, 6).CopyAsync(3, 0, b.Buffer("x", ir.F32, ir.Read), 0, b.Bool(true))
		}},
		{"Var: a variable cannot have type f16", func(b *ir.Builder) { b.Var(ir.F16) }},
		{"Set: a value of type f32 to a variable of i32", func(b *ir.Builder) { b.Var(ir.I32).Set(b.F32(1)) }},
		{"SubgroupAdd: the kernel was begun without", func(b *ir.Builder) { b.F32(1).SubgroupAdd() }},
		{"Lane: the kernel was begun without", func(b *ir.Builder) { b.Lane() }},
		{"LocalID: axis 3", func(b *ir.Builder) { b.LocalID(3) }},
		{"If: a condition of type i32", func(b *ir.Builder) { b.If(b.I32(1), func() {}) }},
		{"For: a step of 0", func(b *ir.Builder) { b.For(0, 1, 0, func(ir.Value) {}) }},
		{"For: bounds of types", func(b *ir.Builder) { b.For(b.I32(0), b.U32(1), 1, func(ir.Value) {}) }},
		{"Break: outside of a loop", func(b *ir.Builder) { b.If(b.Bool(true), b.Break) }},
		{"used outside its block", func(b *ir.Builder) {
			var v ir.Value
			b.If(b.Bool(true), func() { v = b.LocalIndex().Add(1) })
			v.Add(1)
		}},
		{"used outside its block", func(b *ir.Builder) {
			var v ir.Value
			b.Range(3, func(i ir.Value) { v = i })
			v.Add(1)
		}},
		{"Build: called inside a block", func(b *ir.Builder) { b.If(b.Bool(true), func() { b.Build() }) }},
		{"Build: called twice", func(b *ir.Builder) {
			b.MustBuild()
			b.Build()
		}},
		{"the kernel has been built", func(b *ir.Builder) {
			b.MustBuild()
			b.Barrier()
		}},
		{"is never set", func(b *ir.Builder) {
			b.Var(ir.F32).Get()
			b.MustBuild()
		}},
		{"Matrix: no matrix", func(*ir.Builder) { ir.Matrix(ir.I32, ir.MatrixA, ir.Shape{M: 8, N: 8, K: 8}) }},
		{"Matrix: no matrix", func(*ir.Builder) { ir.Matrix(ir.F16, ir.MatrixA, ir.Shape{M: 8, N: 0, K: 8}) }},
		{"MatrixFill: the kernel was begun without", func(b *ir.Builder) { b.MatrixFill(f16, 0) }},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "ir: ") || !strings.Contains(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}()
			c.build(ir.New("bad"))
		}()
	}
}

// TestFold checks what is computed, or made cheaper, while a kernel is built.
func TestFold(t *testing.T) {
	b := ir.New("folded", ir.Workgroup(64, 1, 1))
	n, u := b.Scalar("n", ir.I32), b.Scalar("u", ir.U32)
	l := b.LocalIndex()
	for _, c := range []struct {
		got  ir.Value
		want ir.Op
		text string
	}{
		{b.I32(6).Mul(7), ir.OpConst, "42"},
		{b.I32(-7).Div(2), ir.OpConst, "-3"},
		{b.I32(-7).Rem(2), ir.OpConst, "-1"},
		{b.I32(-7).Shr(1), ir.OpConst, "-4"},
		{b.I32(-7).Min(3), ir.OpConst, "-7"},
		{b.U32(7).Sub(8).Shr(28), ir.OpConst, "15"},
		{b.I32(7).Div(0), ir.OpDiv, ""},
		{b.F32(0.5).Mul(3), ir.OpConst, ""},
		{b.F32(1).Div(3), ir.OpDiv, ""}, // not exact everywhere
		{n.Add(0), ir.OpScalar, ""},
		{n.Mul(1), ir.OpScalar, ""},
		{b.I32(1).Mul(n), ir.OpScalar, ""},
		{n.Mul(0), ir.OpConst, "0"},
		{n.And(0), ir.OpConst, "0"},
		{n.Div(1), ir.OpScalar, ""},
		{n.Div(8), ir.OpDiv, ""}, // may be negative
		{n.Rem(8), ir.OpRem, ""},
		{n.Max(0).Div(8), ir.OpShr, ""},
		{u.Div(8), ir.OpShr, ""},
		{u.Rem(8), ir.OpAnd, ""},
		{u.Rem(7), ir.OpRem, ""},
		{l.Div(8), ir.OpShr, ""},
		{l.Rem(8).Div(4), ir.OpShr, ""},
		{l.Add(1).Div(8), ir.OpDiv, ""}, // may have wrapped
		{l.To(ir.U32).Mul(0), ir.OpConst, "0"},
		{b.I32(5).To(ir.F32), ir.OpConst, ""},
		{b.I32(-1).To(ir.U32), ir.OpConst, "4294967295"},
		{b.U32(1 << 31).Bitcast(ir.F32), ir.OpConst, ""},
		{n.To(ir.I32), ir.OpScalar, ""},
		{b.Vec(n, l).At(1), ir.OpLocalIndex, ""},
		{n.Splat(4).At(3), ir.OpScalar, ""},
	} {
		if got := c.got.Instr().Op; got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
		if v, ok := c.got.Const(); c.text != "" && (!ok || fmt.Sprint(v) != c.text) {
			t.Errorf("got %v, want %v", v, c.text)
		}
	}
	if b.I32(5).Instr() != b.I32(5).Instr() || b.LocalID(0).Instr() != b.LocalID(0).Instr() {
		t.Error("equal inputs are two instructions")
	}
}

// TestTypes checks sizes and names of types.
func TestTypes(t *testing.T) {
	m := ir.Matrix(ir.BF16, ir.MatrixB, ir.Shape{M: 16, N: 8, K: 4})
	if r, c := m.Dims(); r != 4 || c != 8 || m.Elem() != ir.BF16 || !m.IsMatrix() || m.Lanes() != 1 || m.String() != "bf16 b 16x8x4" {
		t.Errorf("%v: %d×%d of %v", m, r, c, m.Elem())
	}
	v := ir.F16.Vec(4)
	if v.Size() != 8 || v.Lanes() != 4 || v.Loaded() != ir.F32.Vec(4) || v.String() != "f16x4" || v.IsMatrix() || !v.IsFloat() || v.IsInt() {
		t.Errorf("%v: %d bytes, loaded %v", v, v.Size(), v.Loaded())
	}
}
