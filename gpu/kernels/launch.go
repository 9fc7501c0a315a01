package kernels

import (
	"math"

	"inkstone/gpu/ir"
)

// A Kernel is what a kernel is built from: a small comparable struct of the choices that it is
// specialised for. Equal ones build the same kernel, so they serve as keys of a cache of what a
// driver made of it.
type Kernel interface {
	// Build writes the kernel. It fails if the choices do not fit each other or the limits of
	// package ir; which sizes of tensors a kernel is launched for never matters.
	Build() (*ir.Kernel, error)
}

// Launch is what one launch of a kernel needs beside its buffers.
type Launch struct {
	Grid  [3]int // workgroups along x, y, z; none if one of them is 0
	words [ir.MaxScalarBytes / 4]uint32
	count int
}

// Scalars returns the parameters passed by value, in the order in which the kernel declares
// them, as bits.
func (l *Launch) Scalars() []uint32 { return l.words[:l.count] }

// Empty reports whether there is nothing to do.
func (l *Launch) Empty() bool { return l.Grid[0] == 0 || l.Grid[1] == 0 || l.Grid[2] == 0 }

// ints appends I32 parameters; it panics about numbers that are none.
func (l *Launch) ints(xs ...int) {
	for _, x := range xs {
		if int(int32(x)) != x {
			panic("kernels: a size, stride or offset of more than 2³¹-1 elements")
		}
		l.word(uint32(int32(x)))
	}
}

func (l *Launch) floats(xs ...float32) {
	for _, x := range xs {
		l.word(math.Float32bits(x))
	}
}

func (l *Launch) word(x uint32) {
	l.words[l.count] = x
	l.count++
}

// maxGroups is how many workgroups every device runs along one axis.
const maxGroups = 65535

// spread returns the grid of n workgroups: along x, and along y what is too much for x. Groups
// of the last row may have a number of n or more.
func spread(n int) [3]int {
	if n <= maxGroups {
		return [3]int{n, 1, 1}
	}
	rows := ceilDiv(n, maxGroups)
	return [3]int{ceilDiv(n, rows), rows, 1}
}

// groupNumber returns the number of the workgroup in a grid made by spread.
func groupNumber(b *ir.Builder) ir.Value {
	return b.GroupID(1).Mul(b.NumGroups(0)).Add(b.GroupID(0))
}

func ceilDiv(n, d int) int { return (n + d - 1) / d }

func roundUp(n, unit int) int { return ceilDiv(n, unit) * unit }

// mark is a word of a kernel's name that stands for a choice.
type mark struct {
	word string
	set  bool
}

// marked returns a kernel's name with the words of the choices that are set.
func marked(name string, marks ...mark) string {
	for _, m := range marks {
		if m.set {
			name += "_" + m.word
		}
	}
	return name
}
