//go:build (amd64 || arm64) && !purego

package dl

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Entries of the auxiliary vector, which tells a new program about itself and the machine:
// getauxval(3).
const (
	auxNull   = 0
	auxPhdr   = 3
	auxPhent  = 4
	auxPhnum  = 5
	auxBase   = 7
	auxFlags  = 8
	auxEntry  = 9
	auxRandom = 25
)

// stackSize is the usual size of a C program's stack; drivers' compilers recurse deeply. Pages
// that are never touched cost nothing.
const stackSize = 8 << 20

// newStack makes a stack for C and lays out on it what the kernel lays out for a new program,
// from its end downwards:
//
//	strings, random bytes
//	auxiliary vector: (key, value)…, (0, 0)
//	environment: address…, 0
//	arguments: address…, 0
//	number of arguments                          ← sp
func newStack(p *program, rtldBase, entry uintptr) (sp uintptr, err error) {
	mem, err := unix.Mmap(-1, 0, stackSize, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE|unix.MAP_STACK)
	if err != nil {
		return 0, fmt.Errorf("dl: mapping a stack: %w", err)
	}
	if err := unix.Mprotect(mem[:unix.Getpagesize()], unix.PROT_NONE); err != nil { // an overflow crashes at once
		return 0, fmt.Errorf("dl: guarding the stack: %w", err)
	}
	base := uintptr(unsafe.Pointer(unsafe.SliceData(mem)))
	top := len(mem)
	push := func(data []byte) uint64 {
		top -= len(data)
		copy(mem[top:], data)
		return uint64(base) + uint64(top)
	}
	str := func(s string) uint64 { return push(append([]byte(s), 0)) }

	random := make([]byte, 16) // seeds the guards against overflows; Go has wiped the kernel's
	rand.Read(random)
	vector := []uint64{1, str(os.Args[0]), 0}
	for _, e := range environment() {
		vector = append(vector, str(e))
	}
	vector = append(vector, 0)

	auxv, err := unix.Auxv() // the real one, from Go's runtime: /proc may be missing
	if err != nil {
		return 0, fmt.Errorf("dl: auxiliary vector: %w", err)
	}
	for _, e := range auxv {
		switch e[0] {
		case auxNull, auxPhdr, auxPhent, auxPhnum, auxBase, auxFlags, auxEntry, auxRandom:
		default: // the processor's abilities, the page size, the vDSO, …
			vector = append(vector, uint64(e[0]), uint64(e[1]))
		}
	}
	vector = append(vector,
		auxPhdr, p.phdr,
		auxPhent, uint64(phdrSize),
		auxPhnum, programPhnum,
		auxBase, uint64(rtldBase),
		auxFlags, 0,
		auxEntry, uint64(entry),
		auxRandom, push(random),
		auxNull, 0)

	if 8*len(vector) > top-stackSize/2 {
		return 0, fmt.Errorf("dl: the environment is too large: %d bytes", stackSize-top)
	}
	top = (top - 8*len(vector)) &^ 15 // both ABIs want SP aligned to 16 here
	if _, err := binary.Encode(mem[top:], binary.LittleEndian, vector); err != nil {
		return 0, err
	}
	return base + uintptr(top), nil
}

// environment returns the environment for C. The dynamic loader obeys variables that make it
// print and exit (LD_TRACE_LOADED_OBJECTS) or load what a user meant for another program
// (LD_PRELOAD, LD_AUDIT), so of its own only the search path remains.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if strings.HasPrefix(e, "LD_") && !strings.HasPrefix(e, "LD_LIBRARY_PATH=") {
			continue
		}
		env = append(env, e)
	}
	return env
}
