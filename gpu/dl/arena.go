package dl

import "unsafe"

// Arena is memory outside Go's heap for what C reads and writes: structs, strings, arrays of
// handles. Everything in it is freed together. It grows as needed; a machine without memory
// left panics, as it does in Go. An arena is for one goroutine at a time; its zero value is
// empty and ready.
type Arena struct {
	chunks [][]byte // the last one is being filled
	used   int      // of it
}

const (
	arenaAlign = 16
	arenaChunk = 64 << 10
)

// Bytes returns n zero bytes, aligned to 16, and their address.
func (a *Arena) Bytes(n int) ([]byte, uintptr) {
	if n < 0 {
		panic("dl: Arena.Bytes: a negative size")
	}
	size := max(n, 1) // an address of its own, even for nothing
	if len(a.chunks) == 0 || size > len(a.chunks[len(a.chunks)-1])-a.used {
		chunk, err := mapChunk(max(size, arenaChunk))
		if err != nil {
			panic("dl: Arena: out of memory: " + err.Error())
		}
		a.chunks, a.used = append(a.chunks, chunk), 0
	}
	b := a.chunks[len(a.chunks)-1][a.used:][:n:size]
	a.used = min(a.used+(size+arenaAlign-1)&^(arenaAlign-1), len(a.chunks[len(a.chunks)-1]))
	clear(b)
	return b, uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

// CString returns the address of a copy of s with a zero byte at its end.
func (a *Arena) CString(s string) uintptr {
	b, p := a.Bytes(len(s) + 1)
	copy(b, s)
	return p
}

// Reset makes the memory free for new use; what was handed out must be used no more.
func (a *Arena) Reset() {
	for len(a.chunks) > 1 {
		a.unmapLast()
	}
	a.used = 0
}

// Free gives the memory back to the system.
func (a *Arena) Free() {
	for len(a.chunks) > 0 {
		a.unmapLast()
	}
	a.chunks, a.used = nil, 0
}

func (a *Arena) unmapLast() {
	last := len(a.chunks) - 1
	if err := unmapChunk(a.chunks[last]); err != nil {
		panic("dl: Arena: " + err.Error()) // a bug: it was mapped here
	}
	a.chunks = a.chunks[:last]
}

// New returns a zero T in the arena and its address. T must hold no Go pointers (no slices,
// strings, maps, …): the garbage collector does not look here.
func New[T any](a *Arena) (*T, uintptr) {
	s, p := Slice[T](a, 1)
	return &s[0], p
}

// Slice returns n zero Ts in the arena and their address; for T see New.
func Slice[T any](a *Arena, n int) ([]T, uintptr) {
	var t T
	b, p := a.Bytes(n * int(unsafe.Sizeof(t)))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n), p
}

// GoString copies the C string at an address; that of address 0 is empty.
func GoString(p uintptr) string {
	if p == 0 {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(pointer(p)), n))
}

// pointer returns what an address of C memory points at. Go's heap never moves into such
// memory, so the conversion that go vet warns of is sound here; it is spelled so that this
// is the one place.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }
