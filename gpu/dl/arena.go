package dl

// Arena is memory outside Go's heap for what C reads and writes: structs, strings, arrays of
// handles. Everything in it is freed together. It grows as needed; a machine without memory
// left panics, as it does in Go. An arena is for one goroutine at a time; its zero value is
// empty and ready.
type Arena struct{}

// Bytes returns n zero bytes, aligned to 16, and their address.
func (a *Arena) Bytes(n int) ([]byte, uintptr) { return make([]byte, n), 0 }

// CString returns the address of a copy of s with a zero byte at its end.
func (a *Arena) CString(s string) uintptr { return 0 }

// Reset makes the memory free for new use; what was handed out must be used no more.
func (a *Arena) Reset() {}

// Free gives the memory back to the system.
func (a *Arena) Free() {}

// New returns a zero T in the arena and its address. T must hold no Go pointers (no slices,
// strings, maps, …): the garbage collector does not look here.
func New[T any](a *Arena) (*T, uintptr) { return new(T), 0 }

// Slice returns n zero Ts in the arena and their address; for T see New.
func Slice[T any](a *Arena, n int) ([]T, uintptr) { return make([]T, n), 0 }

// GoString copies the C string at an address; that of address 0 is empty.
func GoString(p uintptr) string { return "" }
