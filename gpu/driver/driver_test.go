package driver

import (
	"errors"
	"strings"
	"testing"

	"inkstone/gpu/ir"
)

// block is memory that is only a size.
type block int64

func (b block) Size() int64   { return int64(b) }
func (b block) Bytes() []byte { return nil }

type program struct{ k *ir.Kernel }

func (p program) Kernel() *ir.Kernel { return p.k }

// scale is y = c·x.
func scale(options ...ir.Option) *ir.Kernel {
	b := ir.New("scale", append(options, ir.Workgroup(64, 1, 1))...)
	x, y, c := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write), b.Scalar("c", ir.F32)
	y.Store(b.GlobalID(0), x.Load(b.GlobalID(0)).Mul(c))
	return b.MustBuild()
}

// TestList: a list holds copies of what it was given, in order, and is reused without allocating.
func TestList(t *testing.T) {
	var p Program = program{scale()}
	var x, y Mem = block(1024), block(2048)
	var ns int64
	var l List
	buffers := []Range{Whole(x), {y, 1024, 1024}}
	scalars := []uint32{7}
	record := func() {
		l.Reset()
		l.Fill(Range{y, 4, 8}, 0xffffffff)
		l.Barrier()
		l.Dispatch(p, [3]int{4, 1, 1}, buffers, scalars)
		l.Timestamp(&ns)
		l.Copy(Range{y, 0, 16}, Range{x, 16, 16})
	}
	record()
	buffers[0], scalars[0] = Range{}, 0
	c := l.Commands()
	want := []Op{OpFill, OpBarrier, OpDispatch, OpTimestamp, OpCopy}
	if len(c) != len(want) || l.Len() != len(want) {
		t.Fatalf("%d commands", len(c))
	}
	for i, op := range want {
		if c[i].Op != op {
			t.Errorf("command %d is %d, want %d", i, c[i].Op, op)
		}
	}
	if c[0].Scalars[0] != 0xffffffff || c[0].Buffers[0] != (Range{y, 4, 8}) || c[2].Scalars[0] != 7 ||
		c[2].Buffers[0] != Whole(x) || c[3].Time != &ns || c[4].Buffers[1] != (Range{x, 16, 16}) {
		t.Errorf("commands %+v", c)
	}
	buffers[0], scalars[0] = Whole(x), 7
	if n := testing.AllocsPerRun(10, record); n != 0 {
		t.Errorf("recording again allocates %v times", n)
	}
	l.Reset()
	if l.Len() != 0 || c[:1][0].Program != nil {
		t.Error("Reset left something")
	}
}

// TestListPanics: a mistake in a command panics, and says where.
func TestListPanics(t *testing.T) {
	p, x, y := program{scale()}, block(1024), block(2048)
	one := [3]int{1, 1, 1}
	for name, c := range map[string]struct {
		f    func(l *List)
		want string
	}{
		"buffers":   {func(l *List) { l.Dispatch(p, one, []Range{Whole(x)}, []uint32{1}) }, "scale: 1 buffers and 1 scalars: want 2 and 1"},
		"scalars":   {func(l *List) { l.Dispatch(p, one, []Range{Whole(x), Whole(y)}, nil) }, "2 buffers and 0 scalars"},
		"grid":      {func(l *List) { l.Dispatch(p, [3]int{1, -1, 1}, []Range{Whole(x), Whole(y)}, []uint32{1}) }, "axis 1"},
		"outside":   {func(l *List) { l.Dispatch(p, one, []Range{{x, 1020, 8}, Whole(y)}, []uint32{1}) }, "8 bytes at 1020 of 1024"},
		"overflow":  {func(l *List) { l.Fill(Range{x, 1 << 62, 1 << 62}, 0) }, "of 1024"},
		"unit":      {func(l *List) { l.Fill(Range{x, 0, 6}, 0) }, "multiples of 4"},
		"no memory": {func(l *List) { l.Fill(Range{}, 0) }, "no memory"},
		"lengths":   {func(l *List) { l.Copy(Range{x, 0, 4}, Range{y, 0, 8}) }, "different length"},
		"overlap":   {func(l *List) { l.Copy(Range{x, 0, 8}, Range{x, 4, 8}) }, "overlapping"},
		"timestamp": {func(l *List) { l.Timestamp(nil) }, "nil"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, c.want) {
					t.Errorf("panic %q, want %q", text, c.want)
				}
			}()
			c.f(&List{})
		})
	}
}

// able returns a device that has everything that scale needs.
func able() Info {
	return Info{
		Subgroups: []int{32}, F16: true, BF16: true, Shared16: true,
		MaxAlloc: 1 << 30, MaxRange: 1024, MaxBuffers: 4, MaxScalars: 4,
		MaxShared: 1024, MaxLanes: 64, MaxGroup: [3]int{64, 64, 64}, MaxGrid: [3]int{8, 8, 8}, BufferAlign: 64,
	}
}

// TestSupports: whatever a device lacks is found and named.
func TestSupports(t *testing.T) {
	shape := ir.Shape{M: 16, N: 16, K: 16}
	full := func() *ir.Kernel {
		b := ir.New("full", ir.Workgroup(32, 1, 1), ir.Subgroup(32), ir.Atomics())
		x, y := b.Buffer("x", ir.F16, ir.Read), b.Buffer("y", ir.F32, ir.ReadWrite)
		z := b.Buffer("z", ir.BF16, ir.Read)
		b.Scalar("n", ir.I32)
		s := b.Shared("s", ir.F32, 32)
		s.Store(b.LocalID(0), z.Load(0))
		b.Shared("h", ir.BF16, 32)
		y.AtomicAdd(0, b.F32(1))
		p := x.LoadMatrix(ir.Matrix(ir.F16, ir.MatrixA, shape), 0, 16, ir.RowMajor)
		q := x.LoadMatrix(ir.Matrix(ir.F16, ir.MatrixB, shape), 0, 16, ir.RowMajor)
		y.StoreMatrix(0, p.MatrixMulAdd(q, b.MatrixFill(ir.Matrix(ir.F32, ir.MatrixAcc, shape), 0)), 16, ir.RowMajor)
		return b.MustBuild()
	}()
	everything := func() Info {
		i := able()
		i.AtomicF32, i.Matrices = true, []Matrix{{ir.F16, ir.F32, shape}}
		return i
	}
	if i := everything(); i.Supports(full) != nil {
		t.Fatal(i.Supports(full))
	}
	for want, lack := range map[string]func(i *Info){
		"subgroups of 32":     func(i *Info) { i.Subgroups = []int{8, 16} },
		"buffers of f16":      func(i *Info) { i.F16 = false },
		"buffers of bf16":     func(i *Info) { i.BF16 = false },
		"shared arrays of bf": func(i *Info) { i.Shared16 = false },
		"atomic":              func(i *Info) { i.AtomicF32 = false },
		"matrices of f16":     func(i *Info) { i.Matrices = []Matrix{{ir.F16, ir.F16, shape}} },
		"3 buffers":           func(i *Info) { i.MaxBuffers = 2 },
		"1 scalar":            func(i *Info) { i.MaxScalars = 0 },
		"192 bytes of shared": func(i *Info) { i.MaxShared = 191 },
		"of 32 lanes":         func(i *Info) { i.MaxLanes = 31 },
		"of [32 1 1] lanes":   func(i *Info) { i.MaxGroup[0] = 31 },
	} {
		i := everything()
		lack(&i)
		err := i.Supports(full)
		if e := (*Error)(nil); !errors.Is(err, ErrUnsupported) || !errors.As(err, &e) || e.Kernel != "full" || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestCheck: a list beyond the limits is refused.
func TestCheck(t *testing.T) {
	i := able()
	p, x := program{scale()}, block(1<<20)
	for want, c := range map[string]struct {
		grid [3]int
		r    Range
	}{
		"":                             {[3]int{8, 8, 8}, Range{x, 64, 1024}},
		"workgroups":                   {[3]int{1, 9, 1}, Range{x, 64, 1024}},
		"buffer 1 has 1028 bytes":      {[3]int{1, 1, 1}, Range{x, 64, 1028}},
		"buffer 1 is at 32, no multip": {[3]int{1, 1, 1}, Range{x, 32, 1024}},
	} {
		var l List
		l.Dispatch(p, c.grid, []Range{{x, 0, 64}, c.r}, []uint32{0})
		err := i.Check(&l)
		if (err == nil) != (want == "") || err != nil && (!errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestErrorText: an error says all that is known in a line.
func TestErrorText(t *testing.T) {
	err := &Error{Op: "wait", Code: -4, Name: "VK_ERROR_DEVICE_LOST", Kernel: "scale", Grid: [3]int{4, 2, 1}, Err: ErrDeviceLost}
	if got, want := err.Error(), "gpu: wait: scale over 4x2x1 workgroups: device lost (VK_ERROR_DEVICE_LOST)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := (&Error{Op: "cuInit", Code: 100}).Error(), "gpu: cuInit (code 100)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
