package ir_test

import (
	"math"
	"strings"
	"testing"

	"inkstone/gpu/ir"
)

// TestText prints what the example does not have.
func TestText(t *testing.T) {
	b := ir.New("words", ir.Workgroup(8, 2, 1), ir.Subgroup(8), ir.Atomics())
	x, y := b.Buffer("x", ir.U32, ir.ReadWrite), b.Buffer("y", ir.BF16, ir.ReadWrite)
	h := b.Shared("h", ir.F16, 64)
	first, second := b.GroupID(1).Add(1).Named("twice"), b.GroupID(2).Add(1).Named("twice")
	v := b.VarOf(x.LoadVec(4, first))
	x.StoreVec(second, v.Get().Add(v))
	y.Store(0, v.Get().At(2).To(ir.F32).Max(math.NaN()))
	b.Forever(func() {
		b.If(x.AtomicAdd(0, 1).Gt(b.U32(math.MaxUint32)), b.Break)
		b.BreakIf(b.Bool(true))
	})
	z := v.Get().At(0).Bitcast(ir.F32).Shuffle(b.Lane().Rem(7)).ShuffleXor(4).Broadcast(3)
	h.Store(b.LocalIndex(), z.Lt(math.Inf(-1)).Select(z, 1e10))
	m := ir.Shape{M: 8, N: 8, K: 8}
	p := h.LoadMatrix(ir.Matrix(ir.F16, ir.MatrixA, m), 0, 8, ir.RowMajor)
	q := h.LoadMatrix(ir.Matrix(ir.F16, ir.MatrixB, m), 0, 8, ir.ColumnMajor)
	sum := p.MatrixMulAdd(q, b.MatrixFill(ir.Matrix(ir.F16, ir.MatrixAcc, m), 0.5))
	s := b.Shared("s", ir.I32, 8)
	s.CopyAsync(2, b.Lane().And(3), b.Buffer("w", ir.I32, ir.Read), 1, b.Lane().Lt(5))
	b.CopyWait()
	b.Barrier()
	h.StoreMatrix(0, sum, 8, ir.RowMajor)
	const want = `kernel words
  workgroup 8 2 1
  subgroup 8
  atomics
  buffer x u32 readwrite
  buffer y bf16 readwrite
  buffer w i32 read
  shared h f16[64]
  shared s i32[8]
  var var0 u32x4
begin
  twice.v2: i32 = add group_id.y, 1
  twice.v4: i32 = add group_id.z, 1
  v5: u32x4 = load x[4*twice.v2:4]
  var0 = v5
  v7: u32x4 = var0
  v8: u32x4 = var0
  v9: u32x4 = add v7, v8
  x[4*twice.v4:4] = v9
  v11: u32x4 = var0
  v12: u32 = v11.z
  v13: f32 = convert v12
  v15: f32 = max v13, nan(0x7fc00000)
  y[0] = v15
  loop {
    v20: u32 = atomic_add x[0], 1u
    v22: bool = gt v20, 4294967295u
    if v22 {
      break
    }
    if true {
      break
    }
  }
  v28: u32x4 = var0
  v29: u32 = v28.x
  v30: f32 = bitcast v29
  v33: i32 = rem lane, 7
  v34: f32 = shuffle v30, v33
  v35: f32 = shuffle_xor v34, 4
  v36: f32 = broadcast v35, 3
  v39: bool = lt v36, -Inf
  v41: f32 = select v39, v36, 1e+10
  h[local_index] = v41
  v44: f16 a 8x8x8 = mat_load h[0 rows 8]
  v45: f16 b 8x8x8 = mat_load h[0 columns 8]
  v47: f16 acc 8x8x8 = mat_fill 0.5
  v48: f16 acc 8x8x8 = mat_mul_add v44, v45, v47
  v50: i32 = and lane, 3
  v52: bool = lt lane, 5
  copy if v52 {
    v54: i32 = select v52, 1, 0
    v55: i32x2 = load w[2*v54:2]
    v56: i32x2 = splat 0
    v57: i32x2 = select v52, v55, v56
    s[2*v50:2] = v57
  }
  copy_wait
  barrier
  h[0 rows 8] = v48
end
`
	k, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Text(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	k.Walk(func(in *ir.Instr) {
		if k.LineText(in.Line) == "" {
			t.Errorf("%v stands on line %d", in.Op, in.Line)
		}
	})
}

// TestTextIsClear gives names that could be taken for others.
func TestTextIsClear(t *testing.T) {
	text := func(names ...string) string {
		b := ir.New("named")
		x := b.Buffer("x", ir.I32, ir.ReadWrite)
		v, w := b.Var(ir.I32).Named(names[0]), b.Var(ir.I32).Named(names[1])
		v.Set(x.Load(0).Named(names[2]))
		w.Set(x.Load(1).Named(names[3]))
		x.Store(2, v)
		return b.MustBuild().Text()
	}
	for _, c := range []struct {
		names []string
		want  []string // parts of the text
	}{
		{[]string{"a", "b", "c", "d"}, []string{"a = c", "b = d", "var a i32"}},
		{[]string{"a", "a", "c", "c"}, []string{"a.var0 = c.v1", "a.var1 = c.v4", "var a.var0 i32"}},
		{[]string{"a", "b", "a", "v2"}, []string{"a.var0 = a.v1", "b = v2.v4"}},
		{[]string{"x", "var1", "var0", "d"}, []string{"x.var0 = var0.v1", "var1 = d"}},
	} {
		got := text(c.names...)
		for _, want := range c.want {
			if !strings.Contains(got, want+"\n") {
				t.Errorf("names %v: no line %q in\n%s", c.names, want, got)
			}
		}
	}
}
