package driver

import (
	"fmt"
	"slices"

	"inkstone/gpu/ir"
)

// Kind says what a device is.
type Kind uint8

const (
	Other      Kind = iota // none of the others
	Discrete               // a GPU with memory of its own
	Integrated             // a GPU that shares the machine's memory
	Virtual                // a part of a GPU, in a virtual machine
	CPU                    // the machine's processor, as a device
)

// String returns "discrete", "integrated", "virtual", "cpu" or "other".
func (k Kind) String() string {
	return [...]string{"other", "discrete", "integrated", "virtual", "cpu"}[k]
}

// Info describes a device: what it is, what it can do, and how much of it.
type Info struct {
	API     string   // the interface it is driven through: "vulkan", "cuda" or "soft"
	Name    string   // as the driver gives it
	Kind    Kind     //
	Vendor  string   // "NVIDIA"; where the name is unknown, its number: "0x10de"
	Driver  string   // the driver and its version, for people
	Version uint32   // the driver's version, for telling one from another
	UUID    [16]byte // the same for the same device in every process and interface; zero in software

	Memory int64 // bytes of the memory that Local is taken from; other programs use it too

	// Features.
	Subgroups  []int    // lanes of a subgroup that a kernel can be built for, the best first
	F16, BF16  bool     // buffers with these elements
	Shared16   bool     // shared arrays with them
	AtomicF32  bool     // atomic addition of F32
	AsyncCopy  bool     // copies to shared memory beside what lanes do: ir.Array.CopyAsync is more than a load and a store
	Matrices   []Matrix // cooperative matrices
	Timestamps bool     // List.Timestamp

	// Limits.
	MaxAlloc    int64  // bytes of one Alloc
	MaxRange    int64  // bytes of one buffer of a Dispatch
	MaxBuffers  int    // buffers of a kernel
	MaxScalars  int    // scalar parameters of a kernel
	MaxShared   int    // bytes of shared memory of a workgroup
	MaxLanes    int    // lanes of a workgroup
	MaxGroup    [3]int // and along each axis
	MaxGrid     [3]int // workgroups along each axis
	BufferAlign int64  // bytes; a Dispatch's offsets are multiples of it, a power of two in [16, 256]
}

// Matrix is a cooperative matrix multiplication: a type of the elements of A and B, one of the
// accumulator's, and a shape.
type Matrix struct {
	Elem, Acc ir.Type
	Shape     ir.Shape
}

// Supports returns nil if the device has what a kernel needs, and an error that wraps
// ErrUnsupported and names the first thing missing if not.
func (i *Info) Supports(k *ir.Kernel) error {
	lack := ""
	need := func(have bool, format string, args ...any) {
		if !have && lack == "" {
			lack = fmt.Sprintf(format, args...)
		}
	}
	need(k.Subgroup == 0 || slices.Contains(i.Subgroups, k.Subgroup), "subgroups of %d lanes", k.Subgroup)
	need(k.Lanes() <= i.MaxLanes, "workgroups of %d lanes", k.Lanes())
	for axis, n := range k.Workgroup {
		need(n <= i.MaxGroup[axis], "workgroups of %v lanes", k.Workgroup)
	}
	need(k.SharedBytes() <= i.MaxShared, "%d bytes of shared memory", k.SharedBytes())
	need(len(k.Buffers) <= i.MaxBuffers, "%d buffers", len(k.Buffers))
	need(len(k.Scalars) <= i.MaxScalars, "%d scalar parameters", len(k.Scalars))
	for _, a := range k.Buffers {
		need(a.Elem != ir.F16 || i.F16, "buffers of f16")
		need(a.Elem != ir.BF16 || i.BF16, "buffers of bf16")
	}
	for _, a := range k.Shared {
		need(a.Elem.Size() != 2 || i.Shared16, "shared arrays of %v", a.Elem)
	}
	k.Walk(func(in *ir.Instr) {
		need(in.Op != ir.OpAtomicAdd || in.Type != ir.F32 || i.AtomicF32, "atomic addition of f32")
		if in.Op == ir.OpMatMulAdd {
			m := Matrix{Elem: in.Args[0].Type.Elem(), Acc: in.Type.Elem(), Shape: in.Type.Shape()}
			need(slices.Contains(i.Matrices, m), "cooperative matrices of %v, %v and %v", m.Elem, m.Acc, m.Shape)
		}
	})
	if lack != "" {
		return &Error{Op: "compile", Kernel: k.Name, Err: fmt.Errorf("%w: %s", ErrUnsupported, lack)}
	}
	return nil
}

// Check returns an error if a list exceeds the device's limits. Drivers call it in Submit.
func (i *Info) Check(l *List) error {
	for _, c := range l.commands {
		if c.Op != OpDispatch {
			continue
		}
		fail := func(format string, args ...any) error {
			err := fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
			return &Error{Op: "submit", Kernel: c.Program.Kernel().Name, Grid: c.Grid, Err: err}
		}
		for axis, n := range c.Grid {
			if n > i.MaxGrid[axis] {
				return fail("a grid of more than %v workgroups", i.MaxGrid)
			}
		}
		for j, r := range c.Buffers {
			if r.Len > i.MaxRange {
				return fail("buffer %d has %d bytes of at most %d", j, r.Len, i.MaxRange)
			}
			if r.Offset%i.BufferAlign != 0 {
				return fail("buffer %d is at %d, no multiple of %d", j, r.Offset, i.BufferAlign)
			}
		}
	}
	return nil
}
