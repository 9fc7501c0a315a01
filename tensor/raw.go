package tensor

import (
	"encoding/binary"
	"io"
	"unsafe"
)

// littleEndian reports whether numbers lie in memory as array files store them, lowest
// byte first.
var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

// FromBytes returns a contiguous tensor of little-endian elements, as files hold them. It
// views data, which owner keeps alive, where the machine can read it in place; otherwise
// (data not aligned for the element type, or a big-endian machine) it copies. Like
// FromMemory it panics unless data holds exactly the shape.
func FromBytes(data []byte, owner any, dtype DType, shape ...int) *Tensor {
	aligned := uintptr(unsafe.Pointer(unsafe.SliceData(data)))%uintptr(dtype.Size()) == 0
	if aligned && littleEndian {
		return FromMemory(data, owner, dtype, shape...)
	}
	mem := newBuffer(len(data)).mem
	copy(mem, data)
	if !littleEndian {
		swapBytes(mem, dtype.Size())
	}
	return FromMemory(mem, nil, dtype, shape...)
}

// WriteTo writes the elements in row-major order, little-endian, as array files hold
// them. t may be any view.
func (t *Tensor) WriteTo(w io.Writer) (int64, error) {
	if t.Len() == 0 {
		return 0, nil
	}
	if t.IsContiguous() && littleEndian {
		n, err := w.Write(t.bytesAt(0, t.Len()))
		return int64(n), err
	}
	o := rawWriter{w: w, size: t.dtype.Size(), buf: make([]byte, 0, 1<<16)}
	o.walk(t, 0, 0)
	o.flush()
	return o.n, o.err
}

// bytesAt returns the memory of n neighbouring elements at a distance from the first one.
func (t *Tensor) bytesAt(at, n int) []byte {
	size := t.dtype.Size()
	return t.Buffer().host(false)[(t.offset+at)*size:][:n*size]
}

// A rawWriter gathers the elements of a strided view into blocks.
type rawWriter struct {
	w    io.Writer
	size int
	buf  []byte
	n    int64
	err  error
}

func (o *rawWriter) walk(t *Tensor, dim, at int) {
	if dim == t.NDim() {
		if len(o.buf)+o.size > cap(o.buf) {
			o.flush()
		}
		o.buf = append(o.buf, t.bytesAt(at, 1)...)
		return
	}
	for i := 0; i < t.shape[dim] && o.err == nil; i++ {
		o.walk(t, dim+1, at+i*t.strides[dim])
	}
}

func (o *rawWriter) flush() {
	if o.err != nil {
		return
	}
	if !littleEndian {
		swapBytes(o.buf, o.size)
	}
	n, err := o.w.Write(o.buf)
	o.n, o.err = o.n+int64(n), err
	o.buf = o.buf[:0]
}

// swapBytes turns the byte order of every element around.
func swapBytes(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		switch size {
		case 2:
			binary.BigEndian.PutUint16(b, binary.LittleEndian.Uint16(b))
		case 4:
			binary.BigEndian.PutUint32(b, binary.LittleEndian.Uint32(b))
		case 8:
			binary.BigEndian.PutUint64(b, binary.LittleEndian.Uint64(b))
		}
	}
}
