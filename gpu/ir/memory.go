package ir

import "fmt"

// Load returns element i of the array. Elements of F16 and BF16 arrays widen to F32.
func (a *Array) Load(i Operand) Value { return a.load("Load", i, 1) }

// LoadVec returns elements n·i to n·i+n-1 as a vector; n is 2 or 4. The index counts vectors,
// so the access is aligned by construction.
func (a *Array) LoadVec(n int, i Operand) Value {
	if n != 2 && n != 4 {
		a.b.failf("LoadVec", "a vector of %d elements", n)
	}
	return a.load("LoadVec", i, n)
}

func (a *Array) load(op string, i Operand, n int) Value {
	index := a.b.index(op, i)
	a.need(op, Read)
	a.fits(op, n)
	t := a.Elem.Loaded()
	if n > 1 {
		t = t.Vec(n)
	}
	return a.b.add(&Instr{Op: OpLoad, Type: t, Array: a, Args: []*Instr{index.in}})
}

// Store sets element i of the array to the scalar x. Elements of F16 and BF16 arrays are F32
// values rounded to the nearest.
func (a *Array) Store(i, x Operand) { a.store("Store", i, x, 1) }

// StoreVec sets elements n·i to n·i+n-1 to the elements of the vector x, which has n.
func (a *Array) StoreVec(i Operand, x Value) {
	x.check("StoreVec")
	n := x.Type().Lanes()
	if n == 1 {
		a.b.failf("StoreVec", "a value of type %v", x.Type())
	}
	a.store("StoreVec", i, x, n)
}

func (a *Array) store(op string, i, x Operand, n int) {
	index := a.b.index(op, i)
	a.need(op, Write)
	a.fits(op, n)
	t := a.Elem.Loaded()
	if n > 1 {
		t = t.Vec(n)
	}
	v := a.b.value(op, x, t)
	if v.Type() != t {
		a.b.failf(op, "a value of type %v to %s, which takes %v", v.Type(), a.Name, t)
	}
	a.b.add(&Instr{Op: OpStore, Array: a, Args: []*Instr{index.in, v.in}})
}

// fits makes sure that a shared array is a whole number of vectors.
func (a *Array) fits(op string, n int) {
	if a.Space == Shared && a.Len%n != 0 {
		a.b.failf(op, "%s has %d elements, not a multiple of %d", a.Name, a.Len, n)
	}
}

func (a *Array) need(op string, access Access) {
	if a.Access&access != access {
		a.b.failf(op, "%s is a buffer to %v", a.Name, a.Access)
	}
}

// AtomicAdd adds x to element i, an I32, U32 or F32, as one step that no other lane sees half
// done, and returns what was there before. It needs the option Atomics.
func (a *Array) AtomicAdd(i, x Operand) Value {
	return a.atomic("AtomicAdd", OpAtomicAdd, numbers, i, x)
}

// AtomicMax makes element i, an I32 or U32, the larger of it and x, as one step that no other
// lane sees half done, and returns what was there before. It needs the option Atomics.
func (a *Array) AtomicMax(i, x Operand) Value { return a.atomic("AtomicMax", OpAtomicMax, ints, i, x) }

func (a *Array) atomic(name string, op Op, k kind, i, x Operand) Value {
	b := a.b
	index := b.index(name, i)
	a.need(name, ReadWrite)
	if !b.k.Atomics {
		b.failf(name, "the kernel was begun without the option Atomics")
	}
	v := b.value(name, x, a.Elem)
	if !k.has(a.Elem) || v.Type() != a.Elem {
		b.failf(name, "a value of type %v to %s of %v", v.Type(), a.Name, a.Elem)
	}
	return b.add(&Instr{Op: op, Type: a.Elem, Array: a, Args: []*Instr{index.in, v.in}})
}

// Var adds a variable of type t, undefined until it is set.
func (b *Builder) Var(t Type) *Var {
	if t == Void || !t.IsMatrix() && !(numbers|bools).has(t) {
		b.failf("Var", "a variable cannot have type %v", t)
	}
	v := &Var{Type: t, Index: len(b.k.Vars), b: b}
	v.Name = fmt.Sprintf("var%d", v.Index)
	b.k.Vars = append(b.k.Vars, v)
	return v
}

// VarOf adds a variable that starts as x.
func (b *Builder) VarOf(x Value) *Var {
	x.check("VarOf")
	v := b.Var(x.Type())
	v.Set(x)
	return v
}

// Named gives the variable a name for the text form, and returns it.
func (v *Var) Named(name string) *Var {
	v.Name = name
	return v
}

// Get returns what the variable holds now.
func (v *Var) Get() Value { return v.b.add(&Instr{Op: OpGet, Type: v.Type, Var: v}) }

// Set makes the variable hold x.
func (v *Var) Set(x Operand) {
	y := v.b.value("Set", x, v.Type)
	if y.Type() != v.Type {
		v.b.failf("Set", "a value of type %v to a variable of %v", y.Type(), v.Type)
	}
	v.b.add(&Instr{Op: OpSet, Var: v, Args: []*Instr{y.in}})
}
