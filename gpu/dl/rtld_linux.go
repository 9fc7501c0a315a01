//go:build (amd64 || arm64) && !purego

package dl

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rtld is a dynamic loader's file (rtld is what glibc calls it: the run-time linker).
type rtld struct {
	path   string
	elf    *elf.File
	needed []string // the libraries that make up the C library
}

// findRTLD opens the dynamic loader at path, or the system's if path is empty: the one that
// some program of the system asks for, else one where it usually lies.
func findRTLD(path string) (*rtld, error) {
	var why []string
	try := func(path string) *rtld {
		r, err := openRTLD(path)
		if err != nil {
			why = append(why, err.Error())
		}
		return r
	}
	if path != "" {
		if r := try(path); r != nil {
			return r, nil
		}
	} else {
		for _, program := range []string{"/bin/sh", "/usr/bin/env"} {
			if p := interpreter(program); p != "" {
				if r := try(p); r != nil {
					return r, nil
				}
			}
		}
		for _, p := range rtldPaths {
			if r := try(p); r != nil {
				return r, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrNoLoader, strings.Join(why, "; "))
}

// interpreter returns the path of the dynamic loader that a program asks for, or "".
func interpreter(program string) string {
	f, err := elf.Open(program)
	if err != nil {
		return ""
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP && p.Filesz < unix.PathMax {
			path := make([]byte, p.Filesz)
			if _, err := p.ReadAt(path, 0); err == nil {
				return string(bytes.TrimRight(path, "\x00"))
			}
		}
	}
	return ""
}

// openRTLD reads a dynamic loader's headers and sees whether it is one for this processor.
func openRTLD(path string) (*rtld, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close() // what is needed of the headers is in f
	if f.Type != elf.ET_DYN || f.Machine != machine || f.Class != elf.ELFCLASS64 {
		return nil, fmt.Errorf("%s: a %v for %v, want a shared object for %v", path, f.Type, f.Machine, machine)
	}
	r := &rtld{path: path, elf: f, needed: []string{"libc.so.6"}} // musl takes any libc.* for itself
	if !r.musl() {
		// Before glibc 2.34, threads and dlopen were libraries of their own.
		versions, err := f.DynamicVersions()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if !slices.ContainsFunc(versions, func(v elf.DynamicVersion) bool { return v.Name == "GLIBC_2.34" }) {
			r.needed = append(r.needed, "libpthread.so.0", "libdl.so.2")
		}
	}
	return r, nil
}

// musl reports whether this is musl's loader, which is its libc too.
func (r *rtld) musl() bool { return strings.Contains(r.path, "musl") }

// load maps the file as the kernel would, and returns where it lies.
//
// First the whole span of addresses is reserved, then each segment is mapped over its part.
// A segment's file part may end within a page and its zero part (.bss) begins right there.
func (r *rtld) load() (unsafe.Pointer, error) {
	page := uint64(os.Getpagesize())
	down := func(x uint64) uint64 { return x &^ (page - 1) }
	up := func(x uint64) uint64 { return down(x + page - 1) }

	var span uint64
	for _, p := range r.elf.Progs {
		if p.Type == elf.PT_LOAD {
			span = max(span, up(p.Vaddr+p.Memsz))
		}
	}
	if span == 0 || span > 1<<30 {
		return nil, fmt.Errorf("%w: %s spans %d bytes", ErrNoLoader, r.path, span)
	}
	file, err := os.Open(r.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	base, err := unix.MmapPtr(-1, 0, nil, uintptr(span), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("dl: reserving %d bytes: %w", span, err)
	}
	for _, p := range r.elf.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		prot := 0
		if p.Flags&elf.PF_R != 0 {
			prot |= unix.PROT_READ
		}
		if p.Flags&elf.PF_W != 0 {
			prot |= unix.PROT_WRITE
		}
		if p.Flags&elf.PF_X != 0 {
			prot |= unix.PROT_EXEC
		}
		first, fileEnd, end := down(p.Vaddr), p.Vaddr+p.Filesz, up(p.Vaddr+p.Memsz)
		if fileEnd > end || p.Off%page != p.Vaddr%page {
			return nil, fmt.Errorf("%w: %s: a segment that cannot be mapped", ErrNoLoader, r.path)
		}
		_, err := unix.MmapPtr(int(file.Fd()), int64(down(p.Off)), unsafe.Add(base, first), uintptr(fileEnd-first),
			prot, unix.MAP_PRIVATE|unix.MAP_FIXED)
		if err != nil {
			return nil, fmt.Errorf("dl: mapping %s: %w", r.path, err)
		}
		if p.Flags&elf.PF_W == 0 {
			continue
		}
		// Zero to the end of the page, not just to the end of .bss: glibc's loader takes
		// its first memory from what follows, and counts on zeros there.
		clear(unsafe.Slice((*byte)(unsafe.Add(base, fileEnd)), up(fileEnd)-fileEnd))
		if up(fileEnd) < end {
			_, err := unix.MmapPtr(-1, 0, unsafe.Add(base, up(fileEnd)), uintptr(end-up(fileEnd)),
				prot, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_ANON)
			if err != nil {
				return nil, fmt.Errorf("dl: mapping .bss of %s: %w", r.path, err)
			}
		}
	}
	return base, nil
}
