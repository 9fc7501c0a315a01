package kernels

import (
	"fmt"

	"inkstone/gpu/ir"
	"inkstone/tensor"
)

// SumOf names what Sum adds up.
type SumOf uint8

// What Sum adds up.
const (
	Values    SumOf = iota // x
	Squares                // x²
	NotFinite              // 1 for NaN and infinities, 0 for others
)

var sumNames = [...]string{"sum", "sum_squares", "sum_not_finite"}

// Sum sums a strided x over some of its dimensions, for each index of the others (see Summed).
// The sum may be cut into blocks, for a second Sum over them:
//
//	dst[block, kept] = Σ f(x[kept, summed]) over the block's share of summed
//
// in an order that depends on Sum and the sizes alone. With Across a workgroup computes a
// number, its lanes side by side along the summed dimensions and then as a tree: for sums over
// neighbours in memory. Otherwise a lane does, in order: for sums over columns.
//
// The sums are F32: with n numbers to a lane and t levels of a tree, the error is at most
// (n + t)·2⁻²⁴·Σ|f|. Where the whole sum is wanted in float64, leave some hundred blocks for
// the host to add. Squares overflow above 1.8e19 and vanish below 1e-23.
//
// Buffers: dst [blocks, kept], x.
type Sum struct {
	Of           SumOf
	Across       bool
	Lanes        int // of a workgroup; a power of two
	Subgroup     int // with Across: lanes of a subgroup of the device; 0 not to use subgroups
	Kept, Summed int // dimensions of each kind, up to tensor.MaxDims together
	Add          bool
}

// Build builds the kernel.
func (k Sum) Build() (*ir.Kernel, error) {
	rows := Rows{Lanes: k.Lanes, Subgroup: k.Subgroup}
	if err := rows.check(); err != nil {
		return nil, err
	}
	if k.Kept < 0 || k.Summed < 1 || k.Kept+k.Summed > tensor.MaxDims {
		return nil, fmt.Errorf("kernels: Sum: %d dimensions of %d kept: want at most %d, one summed", k.Kept, k.Kept+k.Summed, tensor.MaxDims)
	}
	name, access := sumNames[k.Of], ir.Write
	if k.Across {
		name += "_across"
	}
	if k.Add {
		name, access = name+"_add", ir.ReadWrite
	}
	b := rows.begin(fmt.Sprintf("%s_%dd_of_%dd", name, k.Summed, k.Kept+k.Summed))
	dst, x := b.Buffer("dst", ir.F32, access), b.Buffer("x", ir.F32, ir.Read)
	kept, count, share := b.Scalar("kept", ir.I32), b.Scalar("count", ir.I32), b.Scalar("share", ir.I32)
	start := b.Scalar("x_offset", ir.I32)
	keptSize, keptStride := k.declare(b, "kept", k.Kept)
	sumSize, sumStride := k.declare(b, "summed", k.Summed)

	index, lane, step := groupNumber(b), b.LocalIndex(), k.Lanes
	if !k.Across {
		index, lane, step = index.Mul(k.Lanes).Add(lane), b.I32(0), 1
	}
	b.If(index.Lt(kept), func() {
		first := start
		if k.Kept > 0 {
			unravel(index, keptSize, func(d int, i ir.Value) { first = first.Add(i.Mul(keptStride[d])) })
		}
		sum := b.VarOf(b.F32(0)).Named("sum")
		from := b.GroupID(2).Mul(share)
		b.For(from.Add(lane), from.Add(share).Min(count), step, func(i ir.Value) {
			at := first
			unravel(i, sumSize, func(d int, i ir.Value) { at = at.Add(i.Mul(sumStride[d])) })
			sum.Set(k.add(sum.Get(), x.Load(at)))
		})
		total := sum.Get()
		r := &row{b: b, rows: rows, lane: lane}
		if k.Across {
			total = r.sum(total)[0]
		}
		write := func() {
			at := b.GroupID(2).Mul(kept).Add(index)
			if k.Add {
				total = total.Add(dst.Load(at))
			}
			dst.Store(at, total)
		}
		if k.Across {
			r.once(write)
		} else {
			write()
		}
	})
	return b.Build()
}

func (k Sum) declare(b *ir.Builder, kind string, dims int) (size, stride []ir.Value) {
	size = make([]ir.Value, dims)
	for d := 1; d < dims; d++ {
		size[d] = b.Scalar(fmt.Sprintf("%s_size%d", kind, d), ir.I32)
	}
	for d := range dims {
		stride = append(stride, b.Scalar(fmt.Sprintf("%s_stride%d", kind, d), ir.I32))
	}
	return size, stride
}

// add returns sum + f(x).
func (k Sum) add(sum, x ir.Value) ir.Value {
	switch k.Of {
	case Squares:
		return x.FMA(x, sum)
	case NotFinite:
		const exponent = 0x7f800000
		return sum.Add(x.Bitcast(ir.I32).And(exponent).Eq(exponent).To(ir.F32))
	}
	return sum.Add(x)
}

// Launch returns the launch over x, cut into a number of blocks. The fields Kept and Summed of
// the kernel are s's.
func (k Sum) Launch(s *Summed, blocks int) Launch {
	kept, count := product(s.KeptSize[:s.Kept]), product(s.SummedSize[:s.Summed])
	groups := kept
	if !k.Across {
		groups = ceilDiv(kept, k.Lanes)
	}
	l := Launch{Grid: spread(groups)}
	l.Grid[2] = blocks
	l.ints(kept, count, ceilDiv(count, blocks), s.Offset)
	for _, d := range []struct{ size, stride []int }{
		{s.KeptSize[:s.Kept], s.KeptStride[:s.Kept]}, {s.SummedSize[:s.Summed], s.SummedStride[:s.Summed]},
	} {
		if len(d.size) > 0 {
			l.ints(d.size[1:]...)
		}
		l.ints(d.stride...)
	}
	return l
}

func product(xs []int) int {
	n := 1
	for _, x := range xs {
		n *= x
	}
	return n
}

// Summed is how x lies for a Sum: the dimensions that are kept, and those summed over, each
// with a stride in elements of x's buffer.
type Summed struct {
	Kept, Summed             int
	KeptSize, KeptStride     [tensor.MaxDims]int
	SummedSize, SummedStride [tensor.MaxDims]int
	Offset                   int
}

// NewSummed returns the layout for summing x, with the given shape and strides, over the
// dimensions d with sum[d]. Neighbouring dimensions of a kind are joined where they lie in one
// line.
func NewSummed(shape, strides []int, sum []bool) Summed {
	var s Summed
	for d, size := range shape {
		switch {
		case size == 1:
		case sum[d]:
			s.Summed = join(s.SummedSize[:], s.SummedStride[:], s.Summed, size, strides[d])
		default:
			s.Kept = join(s.KeptSize[:], s.KeptStride[:], s.Kept, size, strides[d])
		}
	}
	if s.Summed == 0 {
		s.Summed, s.SummedSize[0], s.SummedStride[0] = 1, 1, 1
	}
	return s
}

// join appends a dimension to n others, or joins it to the last one, and returns how many there
// are then.
func join(sizes, strides []int, n, size, stride int) int {
	if n > 0 && strides[n-1] == stride*size {
		n--
		size *= sizes[n]
	}
	sizes[n], strides[n] = size, stride
	return n + 1
}
