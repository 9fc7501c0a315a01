package ir

import (
	"fmt"
	"math"
)

// Value is the result of an instruction: a number, a vector or a matrix in each lane. Its
// methods add instructions that work on it.
type Value struct {
	b  *Builder
	in *Instr
}

// Operand is what the methods of a Value take beside it:
//
//   - a Value,
//   - a *Var, which stands for what it holds now,
//   - a Go int or float64, a constant of the type that is needed there.
//
// A scalar beside a vector stands for a vector of equal elements.
type Operand = any

// Type returns the type of the value.
func (x Value) Type() Type { return x.in.Type }

// Instr returns the instruction that gives the value.
func (x Value) Instr() *Instr { return x.in }

// Named gives the value a name for the text form, and returns it. Constants have none.
func (x Value) Named(name string) Value {
	if x.in.Op != OpConst {
		x.in.Name = name
	}
	return x
}

// Const returns the value of an integer constant.
func (x Value) Const() (v int, ok bool) {
	if x.in.Op != OpConst {
		return 0, false
	}
	switch x.in.Type {
	case I32:
		return int(int32(x.in.Imm)), true
	case U32:
		return int(x.in.Imm), true
	}
	return 0, false
}

// value turns an operand into a value; constants become values of type t.
func (b *Builder) value(op string, o Operand, t Type) Value {
	switch o := o.(type) {
	case Value:
		if o.b == nil {
			b.failf(op, "an operand is the zero Value")
		}
		if o.b != b {
			b.failf(op, "an operand is of kernel %s", o.b.k.Name)
		}
		if s := o.in.block; s != nil && s.closed {
			b.failf(op, "an operand, the result of %v, is used outside its block: use a Var", o.in.Op)
		}
		return o
	case *Var:
		if o.b != b {
			b.failf(op, "variable %s is of another kernel", o.Name)
		}
		return o.Get()
	case int, float64, float32:
		return b.constant(op, t, o)
	}
	b.failf(op, "an operand is a %T: need a Value, a *Var, an int or a float64", o)
	panic("unreachable")
}

// constant returns the Go number v as a constant of type t, or a vector of such.
func (b *Builder) constant(op string, t Type, v any) Value {
	bits, ok := constBits(t.Elem(), v)
	if !ok || t.IsMatrix() {
		b.failf(op, "%v is no constant of type %v", v, t)
	}
	c := b.input(OpConst, t.Elem(), bits)
	if n := t.Lanes(); n > 1 {
		return c.Splat(n)
	}
	return c
}

func constBits(t Type, v any) (uint32, bool) {
	switch v := v.(type) {
	case int:
		switch t {
		case I32:
			return uint32(int32(v)), int64(v) == int64(int32(v))
		case U32:
			return uint32(v), int64(v) == int64(uint32(v))
		case F32:
			return math.Float32bits(float32(v)), int64(float32(v)) == int64(v)
		}
	case float64:
		return math.Float32bits(float32(v)), t == F32
	case float32:
		return math.Float32bits(v), t == F32
	}
	return 0, false
}

// pair brings x and the operand o to one type: a scalar beside a vector is spread.
func (x Value) pair(op string, o Operand) (Value, Value) {
	b := x.check(op)
	y := b.value(op, o, x.Type())
	xt, yt := x.Type(), y.Type()
	if xt.Elem() == yt.Elem() && !xt.IsMatrix() && !yt.IsMatrix() {
		switch {
		case xt.Lanes() == 1 && yt.Lanes() > 1:
			x = x.Splat(yt.Lanes())
		case yt.Lanes() == 1 && xt.Lanes() > 1:
			y = y.Splat(xt.Lanes())
		}
	}
	if x.Type() != y.Type() {
		b.failf(op, "operands of types %v and %v", xt, yt)
	}
	return x, y
}

// check makes sure that x can be used where the builder stands.
func (x Value) check(op string) *Builder {
	if x.b == nil {
		panic(fmt.Sprintf("ir: %s: the zero Value", op))
	}
	x.b.value(op, x, Void)
	return x.b
}

// kind is a set of element types that an operation works on.
type kind uint8

const (
	floats kind = 1 << iota
	signed
	unsigned
	bools

	ints    = signed | unsigned
	numbers = floats | ints
)

func (k kind) has(t Type) bool {
	if t.IsMatrix() {
		return false
	}
	switch t.Elem() {
	case F32:
		return k&floats != 0
	case I32:
		return k&signed != 0
	case U32:
		return k&unsigned != 0
	case Bool:
		return k&bools != 0
	}
	return false
}

// need panics if an operation does not work on values of x's type.
func (x Value) need(op string, k kind) {
	if !k.has(x.Type()) {
		x.b.failf(op, "not defined on %v", x.Type())
	}
}

// index returns an operand as an index: a scalar integer.
func (b *Builder) index(op string, o Operand) Value {
	i := b.value(op, o, I32)
	if t := i.Type(); t != I32 && t != U32 {
		b.failf(op, "an index of type %v", t)
	}
	return i
}

// Builder returns the builder of the kernel that the value belongs to.
func (x Value) Builder() *Builder { return x.b }
