package tensor

import (
	"fmt"
	"unsafe"
)

// A Buffer is a block of memory that tensors view. Its start is aligned to 64 bytes, one
// cache line and one AVX-512 register.
type Buffer struct {
	mem    []byte // the host's memory; nil until it is needed where a device has another
	size   int    // bytes in use
	class  int    // bytes of mem
	mirror Mirror // the copy on a device; nil if there is none
	arena  *Arena // recycles mem; nil for memory of the Go heap or of keep
	refs   int    // owners the arena must see released before it reuses mem
	keep   any    // whatever owns mem when it is not ours, such as a file mapping
}

const alignment = 64

// newBuffer allocates n zeroed bytes.
func newBuffer(n int) *Buffer { return &Buffer{mem: newMemory(n), size: n, class: n} }

func newMemory(n int) []byte {
	mem := make([]byte, n+alignment)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) & (alignment - 1)
	return mem[skip : skip+n : skip+n]
}

// Data returns the elements of a contiguous tensor as a slice that shares its memory. It
// panics when t is not contiguous or T is not the Go type of its elements.
//
// Where the newest contents lie on a device, Data waits for them and takes them for written
// to: the next operation on the device copies them back. So a slice serves until the next
// operation only; and Values is the better choice for reading.
func Data[T Element](t *Tensor) []T {
	checkData[T]("Data", t)
	return storage[T](t)[:t.Len():t.Len()]
}

// Values is Data for reading alone: the copy on a device stays good. What it returns must not
// be changed, and serves until the next operation that writes t.
func Values[T Element](t *Tensor) []T {
	checkData[T]("Values", t)
	return readable[T](t)[:t.Len():t.Len()]
}

func checkData[T Element](op string, t *Tensor) {
	if !holds[T](t.dtype) {
		panic(fmt.Sprintf("tensor: %s[%T] of a %v tensor", op, *new(T), t.dtype))
	}
	if !t.IsContiguous() {
		panic(fmt.Sprintf("tensor: %s of a view that is not contiguous: shape %v, strides %v", op, t.Shape(), t.Strides()))
	}
}

// storage returns the buffer's elements from t's first one on, to read and write.
func storage[T Element](t *Tensor) []T {
	b := t.buf
	if b == nil || b.mirror != nil {
		b = t.onHost(true)
	}
	return elements[T](t, b)
}

// readable is storage for reading alone.
func readable[T Element](t *Tensor) []T {
	b := t.buf
	if b == nil || b.mirror != nil {
		b = t.onHost(false)
	}
	return elements[T](t, b)
}

func elements[T Element](t *Tensor, b *Buffer) []T {
	size := int(unsafe.Sizeof(*new(T)))
	mem := b.mem[t.offset*size : b.size]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/size)
}

// FromMemory returns a contiguous tensor over memory that owner keeps alive, such as a
// mapped file. The memory must be aligned for the element type and hold exactly the shape.
func FromMemory(mem []byte, owner any, dtype DType, shape ...int) *Tensor {
	t := &Tensor{dtype: dtype, buf: &Buffer{mem: mem, size: len(mem), class: len(mem), keep: owner}}
	t.setShape("FromMemory", shape)
	if len(mem) != t.Len()*dtype.Size() {
		panic(fmt.Sprintf("tensor: FromMemory: %d bytes for shape %v of %v", len(mem), shape, dtype))
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(mem)))%uintptr(dtype.Size()) != 0 {
		panic("tensor: FromMemory: memory is not aligned for " + dtype.String())
	}
	return t
}
