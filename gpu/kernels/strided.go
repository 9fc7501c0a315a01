package kernels

import (
	"fmt"

	"inkstone/gpu/ir"
	"inkstone/tensor"
)

// Strided tells how up to three operands of one shape lie in memory: element (i₀, i₁, …) of
// operand k at Offset[k] + Σ i·Stride[k], counted in elements of its buffer.
type Strided struct {
	Dims   int // 1 to tensor.MaxDims
	Size   [tensor.MaxDims]int
	Stride [3][tensor.MaxDims]int
	Offset [3]int
}

// NewStrided returns the layout of operands with the given strides, offsets 0. Dimensions of
// size 1 are dropped, and those joined that lie in one line in all operands.
func NewStrided(shape []int, strides ...[]int) Strided {
	var s Strided
	for i, size := range shape {
		if size != 1 {
			s.push(size, i, strides)
		}
	}
	if s.Dims == 0 {
		s.Dims, s.Size[0] = 1, 1
		for k := range strides {
			s.Stride[k][0] = 1
		}
	}
	return s
}

func (s *Strided) push(size, i int, strides [][]int) {
	last := s.Dims - 1
	joins := last >= 0
	for k := range strides {
		joins = joins && s.Stride[k][last] == strides[k][i]*size
	}
	if !joins {
		last = s.Dims
		s.Size[last] = 1
		s.Dims++
	}
	s.Size[last] *= size
	for k := range strides {
		s.Stride[k][last] = strides[k][i]
	}
}

// Len returns the number of elements.
func (s *Strided) Len() int {
	n := 1
	for _, size := range s.Size[:s.Dims] {
		n *= size
	}
	return n
}

// Contiguous reports whether the first operands, as many as given, are one line each, from
// their buffers' first elements on: kernels with Dims 0 do.
func (s *Strided) Contiguous(operands int) bool {
	for k := range operands {
		if s.Stride[k][0] != 1 || s.Offset[k] != 0 {
			return false
		}
	}
	return s.Dims == 1
}

// launch returns the launch of a kernel made with walkElements.
func (s *Strided) launch(operands int) Launch {
	n := s.Len()
	l := Launch{Grid: [3]int{min(ceilDiv(n, elementLanes), maxGroups), 1, 1}}
	l.ints(n)
	l.ints(s.Size[1:s.Dims]...)
	for k := range operands {
		l.ints(s.Offset[k])
		l.ints(s.Stride[k][:s.Dims]...)
	}
	return l
}

// walkElements adds a loop over the elements of the named operands, which lie as a Strided of
// dims dimensions says. Body gets where one element lies in each operand.
func walkElements(b *ir.Builder, dims int, operands []string, body func(at []ir.Value)) {
	n := b.Scalar("n", ir.I32)
	sizes := make([]ir.Value, dims)
	for d := 1; d < dims; d++ {
		sizes[d] = b.Scalar(fmt.Sprintf("size%d", d), ir.I32)
	}
	offsets := make([]ir.Value, len(operands))
	strides := make([][]ir.Value, len(operands))
	for k, name := range operands {
		offsets[k] = b.Scalar(name+"_offset", ir.I32)
		for d := range dims {
			strides[k] = append(strides[k], b.Scalar(fmt.Sprintf("%s_stride%d", name, d), ir.I32))
		}
	}
	b.For(b.GlobalID(0), n, b.NumGroups(0).Mul(elementLanes), func(i ir.Value) {
		at := append([]ir.Value(nil), offsets...)
		unravel(i, sizes, func(d int, x ir.Value) {
			for k := range at {
				at[k] = at[k].Add(x.Mul(strides[k][d]))
			}
		})
		body(at)
	})
}

// unravel splits a row-major number into its index along each dimension, the last one first.
// The size of the first dimension is not needed.
func unravel(i ir.Value, sizes []ir.Value, each func(d int, x ir.Value)) {
	for d := len(sizes) - 1; d > 0; d-- {
		quotient := i.Div(sizes[d])
		each(d, i.Sub(quotient.Mul(sizes[d])))
		i = quotient
	}
	each(0, i)
}
