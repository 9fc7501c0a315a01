package interp_test

import (
	"slices"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
)

// TestDebugger steps through a kernel of two workgroups.
func TestDebugger(t *testing.T) {
	b := ir.New("stepped", ir.Workgroup(4, 1, 1))
	y := b.Buffer("y", ir.I32, ir.Write)
	s := b.Shared("s", ir.I32, 4)
	l := b.LocalIndex()
	v := b.Var(ir.I32).Named("v")
	v.Set(0)
	var inside ir.Value
	b.If(l.Lt(2), func() {
		inside = l.Mul(10)
		v.Set(inside)
	})
	s.Store(l, v)
	y.Store(b.GlobalID(0), s.Load(l))
	k := b.MustBuild()
	buffer := make([]int32, 8)
	d, err := interp.Debug(k, [3]int{2, 1, 1}, interp.Args{Buffers: [][]byte{interp.Bytes(buffer)}}, interp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()

	if got := d.At(); got != k.Body[0] {
		t.Fatalf("stands before %v, not the first instruction", got)
	}
	if got := d.Var(v, 0); got != nil {
		t.Errorf("v is %v before it is set", got)
	}
	d.Continue(inside.Instr().Line)
	if d.At() != inside.Instr() || !slices.Equal(d.Active(), []int32{0, 1}) {
		t.Fatalf("line %d, lanes %v", d.At().Line, d.Active())
	}
	d.Step()
	if got := d.Value(inside.Instr(), 1); !slices.Equal(got, []uint32{10}) {
		t.Errorf("the product is %v in lane 1", got)
	}
	if got := d.Var(v, 1); !slices.Equal(got, []uint32{0}) {
		t.Errorf("v is %v in lane 1 before it is set again", got)
	}
	d.Watch(s, 1)
	if !d.Continue() || d.At().Op != ir.OpLoad {
		t.Fatalf("the watch stopped at line %d", d.At().Line)
	}
	if got, ok := d.Element(s, 1); got != 10 || !ok || d.Group() != [3]int{0, 0, 0} {
		t.Errorf("s[1] is %d in workgroup %v", got, d.Group())
	}
	if _, ok := d.Element(s, 4); ok {
		t.Error("s has an element 4")
	}
	// The next workgroup starts with zeros, which is a change, and writes again.
	if !d.Continue() || d.Group() != [3]int{1, 0, 0} {
		t.Errorf("workgroup %v", d.Group())
	}
	for d.Continue() {
	}
	if d.At() != nil || d.Step() || d.Err() != nil {
		t.Errorf("at the end: %v, %v", d.At(), d.Err())
	}
	if want := []int32{0, 10, 0, 0, 0, 10, 0, 0}; !slices.Equal(buffer, want) {
		t.Errorf("results %v, want %v", buffer, want)
	}
}

// TestDebuggerError stops at the mistake; and a debugger can be closed in the middle.
func TestDebuggerError(t *testing.T) {
	b := ir.New("wrong")
	y := b.Buffer("y", ir.I32, ir.Write)
	y.Store(0, 1)
	y.Store(5, 1)
	y.Store(1, 1)
	k := b.MustBuild()
	args := interp.Args{Buffers: [][]byte{interp.Bytes(make([]int32, 2))}}
	d, err := interp.Debug(k, [3]int{1, 1, 1}, args, interp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for d.Step() {
		steps++
	}
	if d.Err() == nil || steps != 1 {
		t.Errorf("%d steps, then %v", steps, d.Err())
	}
	d.Close()
	d, _ = interp.Debug(k, [3]int{1, 1, 1}, args, interp.Options{})
	d.Step()
	d.Close()
	if d.Step() || d.Err() != nil {
		t.Errorf("after Close: %v", d.Err())
	}
	if _, err := interp.Debug(k, [3]int{1, 1, 1}, interp.Args{}, interp.Options{}); err == nil {
		t.Error("no buffers were accepted")
	}
}
