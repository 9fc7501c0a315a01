package kernels

import "inkstone/gpu/ir"

const (
	elementLanes = 256 // lanes of a workgroup of an elementwise kernel
	elementWidth = 4   // elements that a lane takes at once, as one vector
)

// elementGrid returns the grid of an elementwise kernel over n elements.
func elementGrid(n int) [3]int {
	return [3]int{min(ceilDiv(n, elementLanes*elementWidth), maxGroups), 1, 1}
}

// newElementwise begins a kernel whose lanes stride over elements.
func newElementwise(name string) *ir.Builder {
	return ir.New(name, ir.Workgroup(elementLanes, 1, 1))
}

// mapElements adds the loop of an elementwise kernel over n contiguous elements:
//
//	for i in 0 … n-1: out[…][i] = f(in[…][i])
//
// f computes one element, the outputs from the inputs, in their orders. Whole vectors come
// first, then up to three elements.
func mapElements(b *ir.Builder, n ir.Value, out, in []*ir.Array, f func(x []ir.Value) []ir.Value) {
	lane := b.GlobalID(0)
	step := b.NumGroups(0).Mul(elementLanes)
	vectors := n.Shr(2)
	b.For(lane, vectors, step, func(i ir.Value) {
		var x []ir.Value
		for _, a := range in {
			x = append(x, a.LoadVec(elementWidth, i))
		}
		var y [elementWidth][]ir.Value
		for e := range elementWidth {
			at := make([]ir.Value, len(x))
			for k, v := range x {
				at[k] = v.At(e)
			}
			y[e] = f(at)
		}
		for k, a := range out {
			a.StoreVec(i, b.Vec(y[0][k], y[1][k], y[2][k], y[3][k]))
		}
	})
	b.If(lane.Lt(n.And(elementWidth-1)), func() {
		i := vectors.Mul(elementWidth).Add(lane)
		var x []ir.Value
		for _, a := range in {
			x = append(x, a.Load(i))
		}
		for k, v := range f(x) {
			out[k].Store(i, v)
		}
	})
}

// inOut declares the output of an elementwise kernel and the input that it may be one with: a
// buffer that is both written and read in place of a pair.
func inOut(b *ir.Builder, out, in string, inPlace bool) (dst, x *ir.Array) {
	if inPlace {
		dst = b.Buffer(out, ir.F32, ir.ReadWrite)
		return dst, dst
	}
	dst = b.Buffer(out, ir.F32, ir.Write)
	return dst, b.Buffer(in, ir.F32, ir.Read)
}

// suffix returns what distinguishes the name of a kernel that works in place.
func suffix(inPlace bool) string {
	if inPlace {
		return "_in_place"
	}
	return ""
}
