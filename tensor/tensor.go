package tensor

import (
	"fmt"
	"math/bits"

	"inkstone/kernels"
)

// MaxDims is the largest number of dimensions a tensor can have.
const MaxDims = 6

// A Tensor is a strided view of a Buffer. The element at index (i₀, i₁, …) lies at
// offset + Σ iₖ·strides[k], counted in elements.
//
// Shape and strides live in the struct, so that making a view costs one small object, or
// none when it comes from an Arena.
type Tensor struct {
	dtype   DType
	ndim    int8
	shape   [MaxDims]int
	strides [MaxDims]int
	offset  int
	buf     *Buffer
	owner   bool // of a share in an arena's buffer; see Arena.Own
}

// New returns a zeroed tensor.
func New(dtype DType, shape ...int) *Tensor { return (*Arena)(nil).New(dtype, shape...) }

// FromSlice returns a tensor with a copy of data, which must have exactly as many
// elements as the shape.
func FromSlice[T float32 | float64 | int32](data []T, shape ...int) *Tensor {
	t := New(dtypeOf[T](), shape...)
	if len(data) != t.Len() {
		panic(fmt.Sprintf("tensor: FromSlice: %d elements for shape %v", len(data), t.Shape()))
	}
	copy(Data[T](t), data)
	return t
}

func dtypeOf[T float32 | float64 | int32]() DType {
	switch any(*new(T)).(type) {
	case float32:
		return Float32
	case float64:
		return Float64
	}
	return Int32
}

// setShape gives t a contiguous row-major layout.
func (t *Tensor) setShape(op string, shape []int) {
	if len(shape) > MaxDims {
		panic(fmt.Sprintf("tensor: %s: shape %v has more than %d dimensions", op, append([]int(nil), shape...), MaxDims))
	}
	t.ndim = int8(len(shape))
	copy(t.shape[:], shape)
	stride := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] < 0 {
			panic(fmt.Sprintf("tensor: %s: negative size in shape %v", op, append([]int(nil), shape...)))
		}
		t.strides[i] = stride
		hi, lo := bits.Mul64(uint64(stride), uint64(max(shape[i], 1)))
		if hi != 0 || lo > 1<<47 {
			panic(fmt.Sprintf("tensor: %s: shape %v overflows", op, append([]int(nil), shape...)))
		}
		stride = int(lo)
	}
}

// DType returns the element type.
func (t *Tensor) DType() DType { return t.dtype }

// Shape returns the sizes of the dimensions. The caller must not change the slice.
func (t *Tensor) Shape() []int { return t.shape[:t.ndim:t.ndim] }

// Strides returns the distances, in elements, between neighbours along each dimension.
func (t *Tensor) Strides() []int { return t.strides[:t.ndim:t.ndim] }

// NDim returns the number of dimensions.
func (t *Tensor) NDim() int { return int(t.ndim) }

// Dim returns the size of dimension i; a negative i counts from the end.
func (t *Tensor) Dim(i int) int { return t.shape[t.axis("Dim", i)] }

// Len returns the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, s := range t.Shape() {
		n *= s
	}
	return n
}

// Bytes returns the number of bytes the elements take.
func (t *Tensor) Bytes() int { return t.Len() * t.dtype.Size() }

// IsContiguous reports whether the elements lie in row-major order without gaps.
func (t *Tensor) IsContiguous() bool {
	stride := 1
	for i := int(t.ndim) - 1; i >= 0; i-- {
		if t.shape[i] != 1 && t.strides[i] != stride {
			return t.Len() == 0
		}
		stride *= t.shape[i]
	}
	return true
}

// SameShape reports whether a and b have equal shapes.
func SameShape(a, b *Tensor) bool { return a.ndim == b.ndim && a.shape == b.shape }

// axis resolves a possibly negative dimension number.
func (t *Tensor) axis(op string, i int) int {
	if i < -int(t.ndim) || i >= int(t.ndim) {
		panic(fmt.Sprintf("tensor: %s: dimension %d of shape %v", op, i, t.Shape()))
	}
	if i < 0 {
		i += int(t.ndim)
	}
	return i
}

// Item returns the value of a tensor with exactly one element.
func (t *Tensor) Item() float64 {
	if t.Len() != 1 {
		panic(fmt.Sprintf("tensor: Item of shape %v", t.Shape()))
	}
	return t.at(0)
}

// At returns the element at an index, converted to float64.
func (t *Tensor) At(index ...int) float64 {
	if len(index) != int(t.ndim) {
		panic(fmt.Sprintf("tensor: At: index %v into shape %v", append([]int(nil), index...), t.Shape()))
	}
	at := 0
	for i, x := range index {
		if x < 0 || x >= t.shape[i] {
			panic(fmt.Sprintf("tensor: At: index %v into shape %v", append([]int(nil), index...), t.Shape()))
		}
		at += x * t.strides[i]
	}
	return t.at(at)
}

// at reads the element at a distance from the first one.
func (t *Tensor) at(i int) float64 {
	switch t.dtype {
	case Float32:
		return float64(readable[float32](t)[i])
	case Float64:
		return readable[float64](t)[i]
	case Int32:
		return float64(readable[int32](t)[i])
	case BFloat16:
		return float64(bf16ToF32(readable[uint16](t)[i]))
	default:
		return float64(f16ToF32(readable[uint16](t)[i]))
	}
}

// put writes v, converted, to the element at a distance from the first one.
func (t *Tensor) put(i int, v float64) {
	switch t.dtype {
	case Float32:
		storage[float32](t)[i] = float32(v)
	case Float64:
		storage[float64](t)[i] = v
	case Int32:
		storage[int32](t)[i] = int32(v)
	default:
		half, one := [1]uint16{}, [1]float32{float32(v)}
		if t.dtype == BFloat16 {
			kernels.BF16FromF32(half[:], one[:])
		} else {
			kernels.F16FromF32(half[:], one[:])
		}
		storage[uint16](t)[i] = half[0]
	}
}
