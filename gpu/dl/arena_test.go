package dl

import (
	"testing"
	"unsafe"
)

// TestArena: memory is zero, aligned, apart from other memory, and stays where it is.
func TestArena(t *testing.T) {
	var a Arena
	defer a.Free()
	type piece struct {
		b []byte
		p uintptr
	}
	for round := range 3 {
		var pieces []piece
		for i, n := range []int{0, 1, 15, 16, 17, 1000, arenaChunk - 100, arenaChunk, 3 * arenaChunk, 0, 5, arenaChunk} {
			b, p := a.Bytes(n)
			if len(b) != n || p%arenaAlign != 0 || p != uintptr(unsafe.Pointer(unsafe.SliceData(b))) {
				t.Fatalf("round %d, %d bytes: %d bytes at %x", round, n, len(b), p)
			}
			for _, x := range b {
				if x != 0 {
					t.Fatalf("round %d, %d bytes: not zero", round, n)
				}
			}
			for j := range b {
				b[j] = byte(i + 1)
			}
			pieces = append(pieces, piece{b, p})
		}
		for i, c := range pieces {
			for j, x := range c.b {
				if x != byte(i+1) {
					t.Fatalf("round %d, piece %d: byte %d is %d", round, i, j, x)
				}
			}
			for _, d := range pieces[:i] {
				if c.p < d.p+uintptr(max(len(d.b), 1)) && d.p < c.p+uintptr(max(len(c.b), 1)) {
					t.Errorf("round %d: %d bytes at %x and %d at %x overlap", round, len(c.b), c.p, len(d.b), d.p)
				}
			}
		}
		if round == 1 {
			a.Free()
		} else {
			a.Reset()
		}
	}
}

func TestArenaTypes(t *testing.T) {
	var a Arena
	defer a.Free()
	s := a.CString("a word")
	if got := GoString(s); got != "a word" {
		t.Errorf("GoString(CString) = %q", got)
	}
	if got := GoString(a.CString("")); got != "" {
		t.Errorf("GoString of an empty string = %q", got)
	}
	if got := GoString(0); got != "" {
		t.Errorf("GoString(0) = %q", got)
	}
	v, p := New[struct {
		kind uint32
		next uintptr
	}](&a)
	v.next = s
	if *(*uintptr)(unsafe.Add(pointer(p), unsafe.Offsetof(v.next))) != s {
		t.Error("New: the address is not the value's")
	}
	list, p := Slice[uint16](&a, 3)
	list[2] = 7
	if len(list) != 3 || *(*uint16)(unsafe.Add(pointer(p), 4)) != 7 {
		t.Error("Slice: the address is not the values'")
	}
}

func TestFloat32(t *testing.T) {
	for _, x := range []float32{0, 1, -2.5, 3e38, 1e-45} {
		if got := Float32Of(Float32(x)); got != x {
			t.Errorf("%v comes back as %v", x, got)
		}
	}
}
