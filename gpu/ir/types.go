package ir

import "fmt"

// Type is the type of a value, of the elements of an array, or of a variable: a scalar, a
// vector of two or four scalars, or a cooperative matrix. Types are compared with ==.
//
// F16 and BF16 are formats of memory, not of values: a load from an F16 or BF16 array widens
// to F32, which is exact, and a store rounds to the nearest, ties to even. So one kernel, built
// with another element type, serves all three precisions, and all arithmetic is F32's. Only
// cooperative matrices hold 16-bit elements.
type Type uint64

// The scalar types. Void is the type of an instruction without a result.
const (
	Void Type = iota
	Bool      // true or false; lives in values and variables, never in arrays
	I32       // 32-bit two's complement; arithmetic wraps
	U32       // 32-bit unsigned; arithmetic wraps
	F32       // IEEE 754 binary32
	F16       // IEEE 754 binary16, in memory and matrices
	BF16      // the upper half of a binary32, in memory and matrices
)

// Bit fields of a Type, above the scalar type in the lowest byte.
const (
	lanesShift = 8  // vectors: 2 or 4
	useShift   = 12 // matrices: 1 + MatrixUse
	mShift     = 16 // matrices: M, N and K, a byte each
	nShift     = 24
	kShift     = 32
)

var scalarNames = [...]string{Void: "void", Bool: "bool", I32: "i32", U32: "u32", F32: "f32", F16: "f16", BF16: "bf16"}

// Vec returns the vector type of n elements of the scalar type t; n is 2 or 4.
func (t Type) Vec(n int) Type {
	if t != t.Elem() || t == Void || t == Bool || n != 2 && n != 4 {
		panic(fmt.Sprintf("ir: Vec: no vector of %d elements of type %v", n, t))
	}
	return t | Type(n)<<lanesShift
}

// Elem returns the scalar type of the elements of t; a scalar's is itself.
func (t Type) Elem() Type { return t & 0xff }

// Lanes returns how many elements a vector has; a scalar has 1.
func (t Type) Lanes() int { return max(1, int(t>>lanesShift&0xf)) }

// IsFloat reports whether the elements of t are floating-point numbers.
func (t Type) IsFloat() bool { e := t.Elem(); return e == F32 || e == F16 || e == BF16 }

// IsInt reports whether the elements of t are I32 or U32.
func (t Type) IsInt() bool { e := t.Elem(); return e == I32 || e == U32 }

// Size returns how many bytes a scalar or vector takes in memory. Bool has no size there.
func (t Type) Size() int {
	switch t.Elem() {
	case I32, U32, F32:
		return 4 * t.Lanes()
	case F16, BF16:
		return 2 * t.Lanes()
	}
	return 0
}

// Loaded returns the type of the value that a load from an array of t gives: F16 and BF16
// widen to F32.
func (t Type) Loaded() Type {
	if e := t.Elem(); e == F16 || e == BF16 {
		return t - e + F32
	}
	return t
}

// String returns the name of the type, as in "f32", "u32x4" or "f16 a 16x16x16".
func (t Type) String() string {
	name := "invalid"
	if e := t.Elem(); int(e) < len(scalarNames) {
		name = scalarNames[e]
	}
	if t.IsMatrix() {
		return fmt.Sprintf("%s %v %v", name, t.Use(), t.Shape())
	}
	if n := t.Lanes(); n > 1 {
		return fmt.Sprintf("%sx%d", name, n)
	}
	return name
}

// Shape is the shape of one cooperative matrix multiplication, (M×K)·(K×N) + (M×N). Devices
// list the shapes they have; a kernel is built for one of them.
type Shape struct{ M, N, K int }

// String returns the shape as in "16x16x16".
func (s Shape) String() string { return fmt.Sprintf("%dx%dx%d", s.M, s.N, s.K) }

// MatrixUse is the place of a cooperative matrix in A·B + C.
type MatrixUse uint8

const (
	MatrixA   MatrixUse = iota // M×K
	MatrixB                    // K×N
	MatrixAcc                  // M×N, both C and the result
)

// String returns "a", "b" or "acc".
func (u MatrixUse) String() string { return [...]string{"a", "b", "acc"}[u] }

// Matrix returns the type of a cooperative matrix: one that the lanes of a subgroup hold
// together, each lane an unspecified part. Element types are F16 and BF16 for A and B, and F32
// and F16 for accumulators.
func Matrix(elem Type, use MatrixUse, s Shape) Type {
	ok := elem == F16 || elem == BF16 && use != MatrixAcc || elem == F32 && use == MatrixAcc
	for _, n := range []int{s.M, s.N, s.K} {
		ok = ok && 1 <= n && n <= 255
	}
	if !ok || use > MatrixAcc {
		panic(fmt.Sprintf("ir: Matrix: no matrix %d of type %v for the shape %v", use, elem, s))
	}
	return elem | Type(use+1)<<useShift | Type(s.M)<<mShift | Type(s.N)<<nShift | Type(s.K)<<kShift
}

// IsMatrix reports whether t is the type of a cooperative matrix.
func (t Type) IsMatrix() bool { return t>>useShift&0xf != 0 }

// Use returns the place of a cooperative matrix type.
func (t Type) Use() MatrixUse { return MatrixUse(t>>useShift&0xf - 1) }

// Shape returns the shape that a cooperative matrix type belongs to.
func (t Type) Shape() Shape {
	return Shape{int(t >> mShift & 0xff), int(t >> nShift & 0xff), int(t >> kShift & 0xff)}
}

// Dims returns the rows and columns of a cooperative matrix type.
func (t Type) Dims() (rows, cols int) {
	s := t.Shape()
	switch t.Use() {
	case MatrixA:
		return s.M, s.K
	case MatrixB:
		return s.K, s.N
	}
	return s.M, s.N
}
