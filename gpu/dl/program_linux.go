//go:build (amd64 || arm64) && !purego

package dl

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The functions that the program imports, in the order of its slots.
var imports = [...]string{"__libc_start_main", "dlopen", "dlsym", "dlerror"}

const (
	importStart = iota
	importOpen
	importSym
	importError
)

// program is the "main program" that the dynamic loader is shown: an ELF image that exists in
// memory alone. It holds no code, for its entry point is assembly of this binary, only what a
// loader reads: which libraries it needs, which functions it imports and where their
// addresses go, and how much thread-local storage it wants.
//
// That last is the heart of direct mode. On x86-64, thread-local storage grows downwards from
// the address in the FS register, and the main program's comes first. A program that asks for
// 8 bytes has them at FS-8, in every thread. There a static Go binary keeps the current
// goroutine, g. So this image's thread-local variable is Go's g.
type program struct {
	mem   []byte
	used  int
	base  uint64
	phdr  uint64   // where its program headers lie
	slots []uint64 // ld.so puts the imports' addresses here
}

const (
	programPages = 2
	programPhnum = 6
)

// The sizes of ELF's records.
var (
	ehdrSize = binary.Size(elf.Header64{})
	phdrSize = binary.Size(elf.Prog64{})
	symSize  = binary.Size(elf.Sym64{})
	relaSize = binary.Size(elf.Rela64{})
)

// newProgram makes the image for a dynamic loader. An address in it is an offset: the loader
// adds the base.
func newProgram(r *rtld) (*program, error) {
	size := programPages * unix.Getpagesize()
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("dl: mapping the main program: %w", err)
	}
	p := &program{mem: mem, base: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(mem))))}
	phdr := ehdrSize // right behind the ELF header
	p.phdr = p.base + uint64(phdr)
	p.used = phdr + programPhnum*phdrSize

	interp := p.put([]byte(r.path + "\x00"))
	tls := p.put(uint64(0))

	// Names and symbols: all undefined, so the loader looks for them in the libraries.
	strings := []byte{0}
	name := func(s string) uint32 {
		at := len(strings)
		strings = append(append(strings, s...), 0)
		return uint32(at)
	}
	symbols := make([]elf.Sym64, 1+len(imports)) // number 0 is no symbol
	for i, s := range imports {
		symbols[1+i] = elf.Sym64{Name: name(s), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_NOTYPE)}
	}
	var dynamic []elf.Dyn64
	entry := func(tag elf.DynTag, val uint64) {
		dynamic = append(dynamic, elf.Dyn64{Tag: int64(tag), Val: val})
	}
	for _, s := range r.needed {
		entry(elf.DT_NEEDED, uint64(name(s)))
	}
	symtab, strtab := p.put(symbols), p.put(strings)

	// A hash table with one empty bucket: this program defines nothing.
	hash := append([]uint32{1, uint32(len(symbols)), 0}, make([]uint32, len(symbols))...)
	hashtab := p.put(hash)

	// One relocation for each import: "write the address of symbol 1+i into slot i".
	slots := p.put(make([]uint64, len(imports)))
	p.slots = unsafe.Slice((*uint64)(unsafe.Pointer(&p.mem[slots])), len(imports))
	var relocations []elf.Rela64
	for i := range imports {
		relocations = append(relocations, elf.Rela64{Off: slots + uint64(8*i), Info: elf.R_INFO(uint32(1+i), relocGlobDat)})
	}
	rela := p.put(relocations)

	entry(elf.DT_HASH, hashtab)
	entry(elf.DT_SYMTAB, symtab)
	entry(elf.DT_SYMENT, uint64(symSize))
	entry(elf.DT_STRTAB, strtab)
	entry(elf.DT_STRSZ, uint64(len(strings)))
	entry(elf.DT_RELA, rela)
	entry(elf.DT_RELASZ, uint64(len(relocations)*relaSize))
	entry(elf.DT_RELAENT, uint64(relaSize))
	entry(elf.DT_FLAGS, uint64(elf.DF_BIND_NOW))
	entry(elf.DT_FLAGS_1, uint64(elf.DF_1_NOW))
	entry(elf.DT_DEBUG, 0)
	entry(elf.DT_NULL, 0)
	dyn := p.put(dynamic)

	rw := uint32(elf.PF_R | elf.PF_W)
	dynSize := uint64(binary.Size(dynamic))
	headers := [programPhnum]elf.Prog64{
		{Type: uint32(elf.PT_PHDR), Flags: uint32(elf.PF_R), Off: uint64(phdr), Vaddr: uint64(phdr),
			Filesz: uint64(programPhnum * phdrSize), Memsz: uint64(programPhnum * phdrSize), Align: 8},
		{Type: uint32(elf.PT_INTERP), Flags: uint32(elf.PF_R), Off: interp, Vaddr: interp,
			Filesz: uint64(len(r.path) + 1), Memsz: uint64(len(r.path) + 1), Align: 1},
		{Type: uint32(elf.PT_LOAD), Flags: rw, Filesz: uint64(size), Memsz: uint64(size), Align: uint64(unix.Getpagesize())},
		{Type: uint32(elf.PT_DYNAMIC), Flags: rw, Off: dyn, Vaddr: dyn, Filesz: dynSize, Memsz: dynSize, Align: 8},
		{Type: uint32(elf.PT_TLS), Flags: uint32(elf.PF_R), Off: tls, Vaddr: tls, Memsz: 8, Align: 8}, // g
		{Type: uint32(elf.PT_GNU_STACK), Flags: rw},                                                   // no executable stack
	}
	p.write(phdr, headers)
	p.write(0, elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_DYN), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: uint64(phdr), Ehsize: uint16(ehdrSize), Phentsize: uint16(phdrSize), Phnum: programPhnum,
	})
	return p, nil
}

// put adds data, aligned to 8, and returns its offset.
func (p *program) put(data any) uint64 {
	at := (p.used + 7) &^ 7
	p.used = at + binary.Size(data)
	p.write(at, data)
	return uint64(at)
}

func (p *program) write(at int, data any) {
	if _, err := binary.Encode(p.mem[at:], binary.LittleEndian, data); err != nil {
		panic("dl: the main program: " + err.Error()) // two pages hold it, whatever the path
	}
}
