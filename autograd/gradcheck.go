package autograd

import (
	"fmt"
	"math"

	"inkstone/tensor"
)

// GradCheck compares the gradient that Backward finds with finite differences. f computes
// a result from Float64 variables made of inputs; the sum of the result, weighted with fixed
// random numbers, is differentiated along a few random directions u:
//
//	(L(x + hu) − L(x − hu)) / 2h  ≈  ∇L(x)·u
//
// so the cost does not grow with the number of elements. GradCheck returns an error if the
// two sides differ by more than tolerance relative to the larger (1e-6 is right for smooth
// functions).
func GradCheck(backend tensor.Backend, tolerance float64, f func(t *Tape, in []*Variable) *Variable, inputs ...*tensor.Tensor) error {
	t := NewTape(backend)
	t.arena.Poison(true) // a result read after its release is NaN
	vars := make([]*Variable, len(inputs))
	for i, x := range inputs {
		if x.DType() != tensor.Float64 {
			panic(fmt.Sprintf("autograd: GradCheck: input %d is %v, want float64", i, x.DType()))
		}
		own := tensor.New(tensor.Float64, x.Shape()...)
		backend.Copy(own, x)
		vars[i] = NewParameter(fmt.Sprintf("input %d", i), own)
	}
	loss := func() *Variable {
		t.Reset()
		t.Seed(1, 1)
		y := f(t, vars)
		weights := t.new(tensor.Float64, y.Shape()...)
		tensor.FillNormal(weights.Value, tensor.NewStream(2, "gradcheck weights", 0), 0, 1)
		return t.SumAll(t.Mul(y, weights))
	}
	t.Backward(loss())
	for direction := range 3 {
		if err := checkDirection(direction, tolerance, vars, func() float64 { return loss().Value.Item() }); err != nil {
			return err
		}
	}
	return nil
}

// checkDirection compares both derivatives along one random direction.
func checkDirection(direction int, tolerance float64, vars []*Variable, loss func() float64) error {
	u := make([][]float64, len(vars))
	exact := 0.0
	for i, v := range vars {
		r := tensor.NewRNG(tensor.NewStream(3, v.Name, direction))
		u[i] = make([]float64, v.Value.Len())
		for k := range u[i] {
			u[i][k] = r.Normal()
		}
		if g := v.Grad(); g != nil {
			for k, d := range tensor.Data[float64](g) {
				exact += d * u[i][k]
			}
		}
	}
	at := func(h float64) float64 { // L(x + hu)
		x := make([][]float64, len(vars))
		for i, v := range vars {
			data := tensor.Data[float64](v.Value)
			x[i] = append(x[i], data...)
			for k := range data {
				data[k] += h * u[i][k]
			}
		}
		l := loss()
		for i, v := range vars {
			copy(tensor.Data[float64](v.Value), x[i])
		}
		return l
	}
	// The difference quotient over ±h has an error of order h²; combining it with that over
	// ±2h cancels it (Richardson).
	const h = 1e-4
	near, far := (at(h)-at(-h))/(2*h), (at(2*h)-at(-2*h))/(4*h)
	numeric := (4*near - far) / 3
	if diff := math.Abs(numeric - exact); !(diff <= tolerance*max(math.Abs(numeric), math.Abs(exact), 1e-3)) {
		return fmt.Errorf("autograd: direction %d: finite differences give %.12g, backward gives %.12g", direction, numeric, exact)
	}
	return nil
}
