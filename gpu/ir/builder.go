package ir

import (
	"fmt"
	"math"
	"strings"
)

// Builder makes one kernel. Its methods add instructions at the end of the block that is being
// built; the function literals given to If, For and Loop fill the blocks inside.
//
// A mistake in the use of the builder (operands of two types, a value used outside its block)
// panics with the kernel, the operation and the types. What can be judged only of the whole
// kernel, Build returns as an error.
type Builder struct {
	k           *Kernel
	block       *block
	names       map[string]bool
	inputs      map[input]*Instr
	nextID      int
	sharedLimit int
}

// block is a list of instructions being built, inside another one.
type block struct {
	instrs []*Instr
	outer  *block
	loop   bool // the body of a loop
	closed bool
}

// input is what makes two inputs the same.
type input struct {
	op  Op
	t   Type
	imm uint32
}

// Option sets a property of a kernel as a whole.
type Option func(*Builder)

// Workgroup sets the number of lanes of a workgroup along x, y and z. Without it a workgroup is
// one lane.
func Workgroup(x, y, z int) Option {
	return func(b *Builder) { b.k.Workgroup = [3]int{x, y, z} }
}

// Subgroup builds the kernel for devices with subgroups of n lanes, a power of two, and lets it
// use the subgroup's operations.
func Subgroup(n int) Option { return func(b *Builder) { b.k.Subgroup = n } }

// Atomics lets the kernel use atomic operations, whose order, and so the rounding of a float
// sum, differs from run to run.
func Atomics() Option { return func(b *Builder) { b.k.Atomics = true } }

// SharedLimit sets how many bytes of shared memory the kernel may take. Without it, the limit
// is DefaultSharedLimit.
func SharedLimit(bytes int) Option { return func(b *Builder) { b.sharedLimit = bytes } }

// New begins a kernel. The name is an identifier of ASCII letters, digits and underscores.
func New(name string, options ...Option) *Builder {
	b := &Builder{
		k:           &Kernel{Name: name, Workgroup: [3]int{1, 1, 1}},
		block:       &block{},
		names:       map[string]bool{},
		inputs:      map[input]*Instr{},
		sharedLimit: DefaultSharedLimit,
	}
	if !isIdentifier(name) {
		panic(fmt.Sprintf("ir: New: %q is no identifier", name))
	}
	for _, o := range options {
		o(b)
	}
	return b
}

// Build finishes the kernel and verifies it. The builder cannot be used after it.
func (b *Builder) Build() (*Kernel, error) {
	if b.block == nil {
		b.failf("Build", "called twice, or inside a block")
	}
	if b.block.outer != nil {
		b.failf("Build", "called inside a block")
	}
	b.k.Body = b.block.instrs
	b.block.closed = true
	b.block = nil
	b.k.text = format(b.k)
	if err := b.k.verify(b.sharedLimit); err != nil {
		return nil, err
	}
	return b.k, nil
}

// MustBuild is Build for kernels that are known to be right; it panics on an error.
func (b *Builder) MustBuild() *Kernel {
	k, err := b.Build()
	if err != nil {
		panic(err)
	}
	return k
}

// failf panics with the kernel's name and the operation.
func (b *Builder) failf(op, format string, args ...any) {
	panic(fmt.Sprintf("ir: %s: %s: %s", b.k.Name, op, fmt.Sprintf(format, args...)))
}

// Buffer adds a parameter in device memory: an array of elem, which is I32, U32, F32, F16 or
// BF16. Its first element must be aligned to 16 bytes. Buffers of one launch must not overlap
// where one of them is written.
func (b *Builder) Buffer(name string, elem Type, access Access) *Array {
	if access == 0 || access > ReadWrite {
		b.failf("Buffer", "%s: no access", name)
	}
	a := b.array("Buffer", name, elem, Array{Space: Global, Access: access, Index: len(b.k.Buffers)})
	b.k.Buffers = append(b.k.Buffers, a)
	return a
}

// Shared adds an array of n elements that the lanes of a workgroup share. Its contents are
// undefined when the workgroup starts.
func (b *Builder) Shared(name string, elem Type, n int) *Array {
	if n < 1 {
		b.failf("Shared", "%s: length %d", name, n)
	}
	a := b.array("Shared", name, elem, Array{Space: Shared, Access: ReadWrite, Len: n, Index: len(b.k.Shared)})
	b.k.Shared = append(b.k.Shared, a)
	return a
}

func (b *Builder) array(op, name string, elem Type, a Array) *Array {
	b.claim(op, name)
	if elem.Size() == 0 || elem != elem.Elem() {
		b.failf(op, "%s: an array cannot have elements of type %v", name, elem)
	}
	a.Name, a.Elem, a.b = name, elem, b
	return &a
}

// Scalar adds a parameter that is passed by value: an I32, U32 or F32.
func (b *Builder) Scalar(name string, t Type) Value {
	b.claim("Scalar", name)
	if t != I32 && t != U32 && t != F32 {
		b.failf("Scalar", "%s: a parameter cannot have type %v", name, t)
	}
	b.k.Scalars = append(b.k.Scalars, &Scalar{name, t})
	return b.input(OpScalar, t, uint32(len(b.k.Scalars)-1)).Named(name)
}

// claim makes sure that names of parameters and shared arrays are identifiers and differ.
func (b *Builder) claim(op, name string) {
	if !isIdentifier(name) {
		b.failf(op, "%q is no identifier", name)
	}
	if b.names[name] {
		b.failf(op, "there are two parameters or arrays named %s", name)
	}
	b.names[name] = true
}

func isIdentifier(s string) bool {
	for i, c := range s {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && !strings.HasPrefix(s, "__")
}

// I32 returns a constant.
func (b *Builder) I32(v int) Value { return b.constant("I32", I32, v) }

// U32 returns a constant.
func (b *Builder) U32(v uint32) Value { return b.input(OpConst, U32, v) }

// F32 returns a constant.
func (b *Builder) F32(v float32) Value { return b.input(OpConst, F32, math.Float32bits(v)) }

// Bool returns a constant.
func (b *Builder) Bool(v bool) Value {
	if v {
		return b.input(OpConst, Bool, 1)
	}
	return b.input(OpConst, Bool, 0)
}

// LocalID returns the lane's place in its workgroup along axis 0 (x), 1 (y) or 2 (z).
func (b *Builder) LocalID(axis int) Value { return b.axis("LocalID", OpLocalID, axis) }

// GroupID returns the workgroup's place in the grid along an axis.
func (b *Builder) GroupID(axis int) Value { return b.axis("GroupID", OpGroupID, axis) }

// GlobalID returns the lane's place in the whole grid along an axis.
func (b *Builder) GlobalID(axis int) Value { return b.axis("GlobalID", OpGlobalID, axis) }

// NumGroups returns the number of workgroups of the grid along an axis.
func (b *Builder) NumGroups(axis int) Value { return b.axis("NumGroups", OpNumGroups, axis) }

func (b *Builder) axis(name string, op Op, axis int) Value {
	if axis < 0 || axis > 2 {
		b.failf(name, "axis %d", axis)
	}
	return b.input(op, I32, uint32(axis))
}

// LocalIndex returns the number of the lane in its workgroup, x fastest.
func (b *Builder) LocalIndex() Value { return b.input(OpLocalIndex, I32, 0) }

// SubgroupID returns the number of the lane's subgroup in its workgroup. That it is
// LocalIndex/SubgroupSize cannot be relied on.
func (b *Builder) SubgroupID() Value {
	b.needSubgroup("SubgroupID")
	return b.input(OpSubgroupID, I32, 0)
}

// Lane returns the number of the lane in its subgroup.
func (b *Builder) Lane() Value {
	b.needSubgroup("Lane")
	return b.input(OpLane, I32, 0)
}

// SubgroupSize returns the number of lanes of a subgroup, which the kernel was begun with.
func (b *Builder) SubgroupSize() int {
	b.needSubgroup("SubgroupSize")
	return b.k.Subgroup
}

func (b *Builder) needSubgroup(op string) {
	if b.k.Subgroup == 0 {
		b.failf(op, "the kernel was begun without the option Subgroup")
	}
}

// input returns the one input instruction of its kind.
func (b *Builder) input(op Op, t Type, imm uint32) Value {
	key := input{op, t, imm}
	in, ok := b.inputs[key]
	if !ok {
		in = &Instr{Op: op, Type: t, Imm: imm, ID: b.id()}
		b.inputs[key] = in
		b.k.Inputs = append(b.k.Inputs, in)
	}
	return Value{b, in}
}

func (b *Builder) id() int {
	b.nextID++
	return b.nextID - 1
}

// add appends an instruction to the block that is being built.
func (b *Builder) add(in *Instr) Value {
	if b.block == nil {
		b.failf(in.Op.String(), "the kernel has been built")
	}
	in.ID, in.block = b.id(), b.block
	b.block.instrs = append(b.block.instrs, in)
	return Value{b, in}
}

// inside builds a nested block.
func (b *Builder) inside(loop bool, body func()) []*Instr {
	inner := &block{outer: b.block, loop: loop}
	b.block = inner
	body()
	b.block = inner.outer
	inner.closed = true
	return inner.instrs
}

// Name returns the name of the kernel.
func (b *Builder) Name() string { return b.k.Name }
