package spirv

import (
	"fmt"
	"math/bits"
	"slices"

	"inkstone/gpu/ir"
)

// sharedArray is a shared array: its variable, and how many elements stand in one vector of it.
type sharedArray struct {
	v     id
	width int
}

// stored returns the type of an array's elements in memory, as vectors of n. BF16 is stored as
// 16-bit integers.
func (e *emitter) stored(t ir.Type, n int) id {
	if n > 1 {
		return e.global(opTypeVector, 0, e.stored(t, 1), word(n))
	}
	switch t {
	case ir.F16:
		return e.global(opTypeFloat, 0, 16)
	case ir.BF16:
		return e.global(opTypeInt, 0, 16, 0)
	}
	return e.typ(t)
}

// blockOf returns the struct that a buffer is: an array of vectors of n elements of a.
func (e *emitter) blockOf(a *ir.Array, n int) id {
	elem := e.stored(a.Elem, n)
	array := e.global(opTypeRuntime, 0, elem)
	e.once(array, func() { e.decorate(array, decArrayStride, word(n*a.Elem.Size())) })
	// Buffers differ in the decorations of their struct, so each has its own.
	key := fmt.Sprint("buffer ", a.Index, n)
	if block, ok := e.known[key]; ok {
		return block
	}
	block := e.id()
	e.known[key] = block
	put(&e.globals, opTypeStruct, block, array)
	e.decorate(block, decBlock)
	e.decorateMember(block, 0, decOffset, 0)
	if a.Access&ir.Write == 0 {
		e.decorateMember(block, 0, decNonWritable)
	}
	if a.Access&ir.Read == 0 {
		e.decorateMember(block, 0, decNonReadable)
	}
	if e.coherent(a) {
		e.decorateMember(block, 0, decCoherent)
	}
	return block
}

// coherent reports whether lanes may read from a buffer what others of their workgroup wrote
// to it before a barrier.
func (e *emitter) coherent(a *ir.Array) bool {
	return a.Access == ir.ReadWrite && e.k.Uses(ir.OpBarrier)
}

// widths returns how many elements the accesses of an array take, ascending.
func (e *emitter) widths(a *ir.Array) []int {
	var w []int
	e.k.Walk(func(in *ir.Instr) {
		if in.Array != a {
			return
		}
		n := 1
		switch in.Op {
		case ir.OpLoad:
			n = in.Type.Lanes()
		case ir.OpStore:
			n = in.Args[1].Type.Lanes()
		}
		if !slices.Contains(w, n) {
			w = append(w, n)
		}
	})
	slices.Sort(w)
	return w
}

// memoryVariables declares buffers, push constants and shared arrays.
func (e *emitter) memoryVariables() {
	var members []id
	for _, a := range e.k.Buffers {
		if a.Elem.Size() == 2 {
			e.capability(capStorage16)
		}
		if e.t.Binding == Addresses {
			e.half(a.Elem)                                                         // the pointers are made from words, which is not allowed with Storage16 alone
			members = append(members, e.global(opTypeVector, 0, e.typ(ir.U32), 2)) // an address
		} else {
			e.descriptor(a)
		}
	}
	for _, s := range e.k.Scalars {
		members = append(members, e.typ(s.Type))
	}
	if len(members) > 0 {
		e.pushConstants(members)
	}
	for _, a := range e.k.Shared {
		e.sharedVariable(a)
	}
}

// descriptor declares a buffer: one variable for each width of access, all of one binding.
func (e *emitter) descriptor(a *ir.Array) {
	vars := map[int]id{}
	widths := e.widths(a)
	for _, n := range widths {
		v := e.variable(e.blockOf(a, n), classBuffer)
		vars[n] = v
		e.name(v, a.Name)
		e.decorate(v, decSet, 0)
		e.decorate(v, decBinding, word(a.Index))
		if len(widths) > 1 {
			e.decorate(v, decAliased)
		}
	}
	e.buffers = append(e.buffers, vars)
}

func (e *emitter) pushConstants(members []id) {
	block := e.id() // not one with an equal struct elsewhere, as it is decorated
	put(&e.globals, opTypeStruct, append([]word{block}, members...)...)
	e.decorate(block, decBlock)
	at, first := 0, len(members)-len(e.k.Scalars)
	for i := range members {
		e.decorateMember(block, i, decOffset, word(at))
		if i < first {
			at += 8
		} else {
			at += 4
		}
	}
	e.push = e.variable(block, classPushConstant)
}

// sharedVariable declares a shared array: of vectors, if all its vector accesses are of one
// width.
func (e *emitter) sharedVariable(a *ir.Array) {
	e.half(a.Elem)
	n := 1
	if w := e.widths(a); len(w) > 0 && !e.holdsMatrices(a) && (len(w) == 1 || len(w) == 2 && w[0] == 1) {
		n = w[len(w)-1]
	}
	v := e.variable(e.global(opTypeArray, 0, e.stored(a.Elem, n), e.u32(a.Len/n)), classWorkgroup)
	e.name(v, a.Name)
	e.shared = append(e.shared, sharedArray{v, n})
}

// half declares that 16-bit elements are used beyond buffers.
func (e *emitter) half(elem ir.Type) {
	switch elem {
	case ir.F16:
		e.capability(capFloat16)
	case ir.BF16:
		e.capability(capInt16)
	}
}

// holdsMatrices reports whether cooperative matrices are loaded from an array or stored to it.
func (e *emitter) holdsMatrices(a *ir.Array) bool {
	found := false
	e.k.Walk(func(in *ir.Instr) { found = found || in.Array == a && in.Op.IsMatrix() })
	return found
}

// place is where an access goes: a pointer, and the alignment it must state, or 0.
type place struct {
	pointer id
	aligned int
}

// operands returns the memory operands of a load or store.
func (p place) operands() []word {
	if p.aligned == 0 {
		return nil
	}
	return []word{accessAligned, word(p.aligned)}
}

// element returns the place of vector i, of n elements, of an array.
func (e *emitter) element(a *ir.Array, index *ir.Instr, i id, n int) place {
	if a.Space == ir.Global {
		t, buffer := e.stored(a.Elem, n), e.buffers[a.Index][n]
		if e.t.Binding == Addresses {
			return place{e.get(opAccessChain, e.pointer(classPhysical, t), buffer, e.u32(0), i), n * a.Elem.Size()}
		}
		return place{pointer: e.get(opAccessChain, e.pointer(classBuffer, t), buffer, e.u32(0), i)}
	}
	s := e.shared[a.Index]
	p := e.pointer(classWorkgroup, e.stored(a.Elem, n))
	if n == s.width {
		return place{pointer: e.get(opAccessChain, p, s.v, i)}
	}
	// An element of a vector: vector i/width, element i mod width.
	t := e.typ(index.Type)
	vector := e.get(opShrLogical, t, i, e.u32(bits.TrailingZeros(uint(s.width))))
	part := e.get(opBitAnd, t, i, e.constant(index.Type, uint32(s.width-1)))
	return place{pointer: e.get(opAccessChain, p, s.v, vector, part)}
}

// addresses makes the pointers to the buffers from the push constants, one for each width of
// access.
func (e *emitter) addresses() {
	pair := e.global(opTypeVector, 0, e.typ(ir.U32), 2)
	for _, a := range e.k.Buffers {
		p := e.get(opAccessChain, e.pointer(classPushConstant, pair), e.push, e.u32(a.Index))
		address := e.get(opLoad, pair, p)
		pointers := map[int]id{}
		for _, n := range e.widths(a) {
			pointers[n] = e.get(opBitcast, e.pointer(classPhysical, e.blockOf(a, n)), address)
		}
		e.buffers = append(e.buffers, pointers)
	}
}

// split reports whether a vector access of a shared array is made element by element.
func (e *emitter) split(a *ir.Array, n int) bool {
	return a.Space == ir.Shared && n > 1 && e.shared[a.Index].width != n
}

func (e *emitter) load(in *ir.Instr, i id) id {
	n := in.Type.Lanes()
	if !e.split(in.Array, n) {
		return e.read(in.Array, in.Args[0], i, in.Type)
	}
	parts := make([]id, n)
	for k := range parts {
		parts[k] = e.read(in.Array, in.Args[0], e.nth(in.Args[0].Type, i, n, k), in.Type.Elem())
	}
	return e.get(opConstruct, e.typ(in.Type), parts...)
}

func (e *emitter) store(in *ir.Instr, i, x id) {
	t := in.Args[1].Type
	n := t.Lanes()
	if !e.split(in.Array, n) {
		e.write(in.Array, in.Args[0], i, x, t)
		return
	}
	for k := range n {
		part := e.get(opExtract, e.typ(t.Elem()), x, word(k))
		e.write(in.Array, in.Args[0], e.nth(in.Args[0].Type, i, n, k), part, t.Elem())
	}
}

// nth returns n·i + k.
func (e *emitter) nth(t ir.Type, i id, n, k int) id {
	scaled := e.get(opIMul, e.typ(t), i, e.constant(t, uint32(n)))
	return e.get(opIAdd, e.typ(t), scaled, e.constant(t, uint32(k)))
}

// read loads a value of type t, widening 16-bit elements.
func (e *emitter) read(a *ir.Array, index *ir.Instr, i id, t ir.Type) id {
	n := t.Lanes()
	p := e.element(a, index, i, n)
	x := e.get(opLoad, e.stored(a.Elem, n), append([]word{p.pointer}, p.operands()...)...)
	switch a.Elem {
	case ir.F16:
		return e.get(opFConvert, e.typ(t), x)
	case ir.BF16: // the upper half of a float32
		u := likewise(ir.U32, t)
		wide := e.get(opUConvert, e.typ(u), x)
		return e.get(opBitcast, e.typ(t), e.get(opShl, e.typ(u), wide, e.splat(ir.U32, 16, t)))
	}
	return x
}

// write stores a value of type t, rounding it to 16-bit elements.
func (e *emitter) write(a *ir.Array, index *ir.Instr, i, x id, t ir.Type) {
	n := t.Lanes()
	switch a.Elem {
	case ir.F16:
		x = e.get(opFConvert, e.stored(a.Elem, n), x)
		if a.Space == ir.Global {
			e.decorate(x, decRoundingMode, roundToNearest)
		}
	case ir.BF16:
		x = e.get(opUConvert, e.stored(a.Elem, n), e.toBF16(x, t))
	}
	p := e.element(a, index, i, n)
	e.do(opStore, append([]word{p.pointer, x}, p.operands()...)...)
}

// toBF16 returns float32 values rounded to bfloat16, as U32: a tie rounds up only if that is
// even, and a NaN gets a fraction bit that is not dropped.
func (e *emitter) toBF16(x id, t ir.Type) id {
	u := likewise(ir.U32, t)
	ut := e.typ(u)
	c := func(v uint32) id { return e.splat(ir.U32, v, t) }
	bits := e.get(opBitcast, ut, x)
	high := e.get(opShrLogical, ut, bits, c(16))
	bias := e.get(opIAdd, ut, e.get(opBitAnd, ut, high, c(1)), c(0x7fff))
	rounded := e.get(opShrLogical, ut, e.get(opIAdd, ut, bits, bias), c(16))
	nan := e.typ(ir.Bool)
	if n := t.Lanes(); n > 1 {
		nan = e.global(opTypeVector, 0, nan, word(n))
	}
	return e.get(opSelect, ut, e.get(opIsNan, nan, x), e.get(opBitOr, ut, high, c(0x40)), rounded)
}

// likewise returns elem, or a vector of it if t is one.
func likewise(elem, t ir.Type) ir.Type {
	if n := t.Lanes(); n > 1 {
		return elem.Vec(n)
	}
	return elem
}

func (e *emitter) atomic(in *ir.Instr, i, x id) id {
	op := opAtomicIAdd
	switch {
	case in.Op == ir.OpAtomicMax && in.Type == ir.I32:
		op = opAtomicSMax
	case in.Op == ir.OpAtomicMax:
		op = opAtomicUMax
	case in.Type == ir.F32:
		op = opAtomicFAdd
		e.capability(capAtomicFloat32Add)
		e.extension("SPV_EXT_shader_atomic_float_add")
	}
	scope := e.u32(scopeDevice)
	if in.Array.Space == ir.Shared {
		scope = e.u32(scopeWorkgroup)
	}
	p := e.element(in.Array, in.Args[0], i, 1)
	return e.get(op, e.typ(in.Type), p.pointer, scope, e.u32(0), x)
}
