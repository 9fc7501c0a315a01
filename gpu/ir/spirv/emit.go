package spirv

import "inkstone/gpu/ir"

// Module returns a kernel as a module for the target.
func Module(k *ir.Kernel, t Target) ([]uint32, error) {
	if err := t.unsupported(k); err != nil {
		return nil, err
	}
	e := &emitter{module: newModule(), k: k, t: t}
	e.size()
	e.header()
	e.memoryVariables()
	e.function()
	return e.words(), nil
}

// emitter writes one kernel.
type emitter struct {
	*module
	k       *ir.Kernel
	t       Target
	values  []id // by Instr.ID
	vars    []id // by Var.Index
	glsl    id
	main    id
	push    id            // the push constants
	buffers []map[int]id  // descriptors: by buffer and elements of a vector, the variable
	shared  []sharedArray // by shared array
	label   id            // the block being written
	leave   []id          // where a Break goes, by loop, innermost last
}

// size makes room for the values.
func (e *emitter) size() {
	n := 0
	count := func(in *ir.Instr) { n = max(n, in.ID+1) }
	for _, in := range e.k.Inputs {
		count(in)
	}
	e.k.Walk(count)
	e.values = make([]id, n)
}

// header declares what the module is and how its arithmetic works.
func (e *emitter) header() {
	e.capability(capShader)
	e.glsl = e.id()
	put(&e.model, opExtInstImport, append([]word{e.glsl}, text("GLSL.std.450")...)...)
	addressing := word(addressingLogical)
	if e.t.Binding == Addresses && len(e.k.Buffers) > 0 {
		e.capability(capAddresses)
		addressing = addressingPhysical
	}
	put(&e.model, opMemoryModel, addressing, memoryGLSL450)
	e.main = e.id()
	e.name(e.main, e.k.Name)
}

// finishHeader writes the entry point, which lists all global variables.
func (e *emitter) finishHeader() {
	operands := append([]word{executionCompute, e.main}, text("main")...)
	put(&e.entry, opEntryPoint, append(operands, e.globalVars...)...)
	wg := e.k.Workgroup
	put(&e.entry, opExecutionMode, e.main, modeLocalSize, word(wg[0]), word(wg[1]), word(wg[2]))
	if e.t.KeepNaN {
		e.capability(capSignedZeroInfNan)
		put(&e.entry, opExecutionMode, e.main, modeSignedZeroNaN, 32)
	}
	if e.t.Round16 {
		e.capability(capRoundingModeRTE)
		put(&e.entry, opExecutionMode, e.main, modeRoundingRTE, 16)
	}
}

// function writes the kernel's body.
func (e *emitter) function() {
	void := e.global(opTypeVoid, 0)
	put(&e.prologue, opFunction, void, e.main, 0, e.global(opTypeFunction, 0, void))
	e.label = e.id()
	put(&e.prologue, opLabel, e.label)
	for _, v := range e.k.Vars {
		x := e.id()
		put(&e.prologue, opVariable, e.pointer(classFunction, e.typ(v.Type)), x, classFunction)
		e.vars = append(e.vars, x)
	}
	if e.t.Binding == Addresses {
		e.addresses()
	}
	for _, in := range e.k.Inputs {
		e.values[in.ID] = e.input(in)
	}
	e.block(e.k.Body)
	e.do(opReturn)
	e.do(opFunctionEnd)
	e.finishHeader()
}

// typ returns the type of values of t. F16 and BF16 occur in matrices only.
func (e *emitter) typ(t ir.Type) id {
	if t.IsMatrix() {
		return e.matrixType(t)
	}
	if n := t.Lanes(); n > 1 {
		return e.global(opTypeVector, 0, e.typ(t.Elem()), word(n))
	}
	switch t {
	case ir.Bool:
		return e.global(opTypeBool, 0)
	case ir.I32:
		return e.global(opTypeInt, 0, 32, 1)
	case ir.U32:
		return e.global(opTypeInt, 0, 32, 0)
	}
	return e.global(opTypeFloat, 0, 32)
}

func (e *emitter) pointer(class uint32, t id) id { return e.global(opTypePointer, 0, class, t) }

// constant returns the scalar with the given bits.
func (e *emitter) constant(t ir.Type, bits uint32) id {
	if t == ir.Bool {
		if bits != 0 {
			return e.global(opConstantTrue, e.typ(t))
		}
		return e.global(opConstantFalse, e.typ(t))
	}
	return e.global(opConstant, e.typ(t), bits)
}

func (e *emitter) u32(v int) id { return e.constant(ir.U32, uint32(v)) }

// splat returns the scalar constant in every element of a vector like t.
func (e *emitter) splat(elem ir.Type, bits uint32, t ir.Type) id {
	x := e.constant(elem, bits)
	n := t.Lanes()
	if n == 1 {
		return x
	}
	operands := make([]word, n)
	for i := range operands {
		operands[i] = x
	}
	return e.global(opComposite, e.typ(elem.Vec(n)), operands...)
}

// input returns the value of an input.
func (e *emitter) input(in *ir.Instr) id {
	switch in.Op {
	case ir.OpConst:
		return e.constant(in.Type, in.Imm)
	case ir.OpScalar:
		member := int(in.Imm)
		if e.t.Binding == Addresses {
			member += len(e.k.Buffers)
		}
		p := e.get(opAccessChain, e.pointer(classPushConstant, e.typ(in.Type)), e.push, e.u32(member))
		return e.get(opLoad, e.typ(in.Type), p)
	case ir.OpLocalIndex:
		return e.number(builtInLocalIndex)
	case ir.OpSubgroupID:
		e.capability(capGroupNonUniform)
		return e.number(builtInSubgroupID)
	case ir.OpLane:
		e.capability(capGroupNonUniform)
		return e.number(builtInLane)
	case ir.OpLocalID:
		return e.axis(builtInLocalID, in.Imm)
	case ir.OpGroupID:
		return e.axis(builtInGroupID, in.Imm)
	case ir.OpNumGroups:
		return e.axis(builtInNumGroups, in.Imm)
	}
	return e.axis(builtInGlobalID, in.Imm)
}

// number returns a built-in number as I32.
func (e *emitter) number(builtIn uint32) id {
	v := e.builtIn(e.typ(ir.U32), builtIn)
	return e.get(opBitcast, e.typ(ir.I32), e.get(opLoad, e.typ(ir.U32), v))
}

// axis returns an element of a built-in triple as I32.
func (e *emitter) axis(builtIn, axis uint32) id {
	triple := e.global(opTypeVector, 0, e.typ(ir.U32), 3)
	v := e.get(opLoad, triple, e.builtIn(triple, builtIn))
	return e.get(opBitcast, e.typ(ir.I32), e.get(opExtract, e.typ(ir.U32), v, axis))
}

// builtIn returns the variable of a built-in value.
func (e *emitter) builtIn(typ id, builtIn uint32) id {
	key := "built-in " + string(rune(builtIn))
	v, ok := e.known[key]
	if !ok {
		v = e.variable(typ, classInput)
		e.known[key] = v
		e.decorate(v, decBuiltIn, builtIn)
	}
	return v
}
