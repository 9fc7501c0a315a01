package autograd

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"inkstone/tensor"
)

// TestLinearPacked: the result is Linear's; where a gradient would have to flow it panics.
func TestLinearPacked(t *testing.T) {
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	tape := NewTape(cpu)
	x, w, bias := randn(1, 2, 3, 5), randn(2, 7, 5), randn(3, 7)
	var packed tensor.Packed
	cpu.Pack(&packed, w.Transpose(0, 1))
	for _, b := range []*Variable{nil, Constant(bias)} {
		want := tape.Linear(Constant(x), Constant(w), b)
		got := tape.LinearPacked(Constant(x), &packed, b)
		if !tensor.SameShape(got.Value, want.Value) || got.NeedsGrad() {
			t.Fatalf("shape %v, want %v; needs a gradient: %v", got.Shape(), want.Shape(), got.NeedsGrad())
		}
		for i, v := range tensor.Data[float64](got.Value) {
			if d := v - tensor.Data[float64](want.Value)[i]; math.Abs(d) > 1e-14 {
				t.Fatalf("element %d is off by %v", i, d)
			}
		}
	}
	learned := NewParameter("x", x)
	tape.NoGrad(func() { tape.LinearPacked(learned, &packed, nil) })
	for want, f := range map[string]func(){
		"packed weights cannot learn":   func() { tape.LinearPacked(learned, &packed, nil) },
		"packed weights cannot learn: ": func() { tape.LinearPacked(Constant(x), &packed, NewParameter("b", bias)) },
		"inner dimensions 7 and 5":      func() { tape.LinearPacked(Constant(randn(1, 2, 7)), &packed, nil) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			f()
		}()
	}
}
