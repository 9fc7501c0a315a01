package tensor

import "fmt"

// DType is the element type of a Tensor.
type DType uint8

// The element types. Arithmetic is done in Float32 and Float64; BFloat16 and Float16 are
// storage, converted on use; Int32 holds token ids and positions.
const (
	Float32 DType = iota
	Float64
	BFloat16
	Float16
	Int32
)

var dtypes = [...]struct {
	name string
	size int
}{{"float32", 4}, {"float64", 8}, {"bfloat16", 2}, {"float16", 2}, {"int32", 4}}

// Size returns the number of bytes of one element.
func (d DType) Size() int { return dtypes[d].size }

// String returns the name as NumPy and PyTorch write it.
func (d DType) String() string {
	if int(d) >= len(dtypes) {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return dtypes[d].name
}

// Element is the set of Go types a tensor's elements can be read as: float32, float64,
// int32, and uint16 for the bits of the 16-bit floats.
type Element interface {
	float32 | float64 | int32 | uint16
}

// holds reports whether elements of type d are stored as Go values of type T.
func holds[T Element](d DType) bool {
	switch any(*new(T)).(type) {
	case float32:
		return d == Float32
	case float64:
		return d == Float64
	case int32:
		return d == Int32
	default:
		return d == BFloat16 || d == Float16
	}
}
