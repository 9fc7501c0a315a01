package tensor

import (
	"fmt"
	"unsafe"
)

// A Buffer is a block of memory that tensors view. Its start is aligned to 64 bytes, one
// cache line and one AVX-512 register.
type Buffer struct {
	mem   []byte
	arena *Arena // recycles mem; nil for memory of the Go heap or of keep
	refs  int    // owners the arena must see released before it reuses mem
	keep  any    // whatever owns mem when it is not ours, such as a file mapping
}

const alignment = 64

// newBuffer allocates n zeroed bytes.
func newBuffer(n int) *Buffer {
	mem := make([]byte, n+alignment)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) & (alignment - 1)
	return &Buffer{mem: mem[skip : skip+n : skip+n]}
}

// Data returns the elements of a contiguous tensor as a slice that shares its memory. It
// panics when t is not contiguous or T is not the Go type of its elements.
func Data[T Element](t *Tensor) []T {
	if !holds[T](t.dtype) {
		panic(fmt.Sprintf("tensor: Data[%T] of a %v tensor", *new(T), t.dtype))
	}
	if !t.IsContiguous() {
		panic(fmt.Sprintf("tensor: Data of a view that is not contiguous: shape %v, strides %v", t.Shape(), t.Strides()))
	}
	return storage[T](t)[:t.Len():t.Len()]
}

// storage returns the buffer's elements from t's first one on.
func storage[T Element](t *Tensor) []T {
	if t.buf == nil {
		panic("tensor: use of a released tensor")
	}
	size := int(unsafe.Sizeof(*new(T)))
	mem := t.buf.mem[t.offset*size:]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/size)
}

// FromMemory returns a contiguous tensor over memory that owner keeps alive, such as a
// mapped file. The memory must be aligned for the element type and hold exactly the shape.
func FromMemory(mem []byte, owner any, dtype DType, shape ...int) *Tensor {
	t := &Tensor{dtype: dtype, buf: &Buffer{mem: mem, keep: owner}}
	t.setShape("FromMemory", shape)
	if len(mem) != t.Len()*dtype.Size() {
		panic(fmt.Sprintf("tensor: FromMemory: %d bytes for shape %v of %v", len(mem), shape, dtype))
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(mem)))%uintptr(dtype.Size()) != 0 {
		panic("tensor: FromMemory: memory is not aligned for " + dtype.String())
	}
	return t
}
