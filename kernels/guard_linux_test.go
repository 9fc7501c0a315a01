package kernels

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded is memory between two pages that cannot be touched.
type guarded struct{ pages []byte }

// newGuarded maps room for at least n bytes.
func newGuarded(t *testing.T, n int) guarded {
	t.Helper()
	page := os.Getpagesize()
	n = (n + page - 1) / page * page
	whole, err := unix.Mmap(-1, 0, n+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(whole); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]byte{whole[:page], whole[page+n:]} {
		if err := unix.Mprotect(fence, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return guarded{whole[page : page+n : page+n]}
}

// place copies x into the guarded memory, flush against its end or its start.
func place[E float32 | int32 | uint16 | byte](g guarded, x []E, atEnd bool) []E {
	size := int(unsafe.Sizeof(*new(E)))
	at := unsafe.Pointer(unsafe.SliceData(g.pages))
	if atEnd {
		at = unsafe.Add(at, len(g.pages)-len(x)*size)
	}
	y := unsafe.Slice((*E)(at), len(x))
	copy(y, x)
	return y
}

// TestGuardPages runs every kernel on slices that end, and then start, where the memory
// does: reading or writing one element too far faults.
func TestGuardPages(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				var arenas, packed []guarded
				for _, size := range c.testSizes() {
					plain := narrow(c.args(rand.New(rand.NewPCG(2, uint64(size))), size))
					for len(arenas) <= len(plain.f) {
						arenas = append(arenas, newGuarded(t, 1))
					}
					for k, x := range plain.f {
						if 4*len(x) > len(arenas[k].pages) {
							arenas[k] = newGuarded(t, 4*len(x))
						}
					}
					packed = packed[:0]
					for _, x := range plain.b {
						packed = append(packed, newGuarded(t, len(x)))
					}
					for _, atEnd := range []bool{true, false} {
						o := &operands[float32]{n: plain.n, s: plain.s}
						for k, x := range plain.b {
							o.b = append(o.b, place(packed[k], x, atEnd))
						}
						for k, x := range plain.f {
							o.f = append(o.f, place(arenas[k], x, atEnd))
						}
						o.ids = place(arenas[len(plain.f)], plain.ids, atEnd)
						if err := faults(func() { c.run32(o) }); err != nil {
							t.Fatalf("size %d, at the end %v: %v", size, atEnd, err)
						}
						want := narrow(widen(plain))
						c.run32(want)
						sameOutputs(t, fmt.Sprintf("size %d, guarded, at the end %v", size, atEnd), c, o, want)
					}
				}
			})
		}
	})
}

// TestGuardPagesHalf does the same for the 16-bit conversions.
func TestGuardPagesHalf(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		f, h := newGuarded(t, 4*100), newGuarded(t, 2*100)
		for n := range 100 {
			for _, atEnd := range []bool{true, false} {
				x, y := place(f, make([]float32, n), atEnd), place(h, make([]uint16, n), atEnd)
				for name, call := range map[string]func(){
					"BF16FromF32": func() { BF16FromF32(y, x) }, "F32FromBF16": func() { F32FromBF16(x, y) },
					"F16FromF32": func() { F16FromF32(y, x) }, "F32FromF16": func() { F32FromF16(x, y) },
				} {
					if err := faults(call); err != nil {
						t.Fatalf("%s: length %d, at the end %v: %v", name, n, atEnd, err)
					}
				}
			}
		}
	})
}

// faults calls f and reports a memory fault instead of ending the program.
func faults(f func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	f()
	return nil
}
