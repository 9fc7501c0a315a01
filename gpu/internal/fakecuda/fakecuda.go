//go:build linux

package fakecuda

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"unsafe"

	"inkstone/gpu/dl"
	"inkstone/gpu/internal/ptxvm"
)

//go:embed testdata/fakecuda.c
var source []byte

// Library is the name of the stand-in, which is the driver's.
const Library = "libcuda.so.1"

// Build compiles the stand-in into a folder. In LD_LIBRARY_PATH of a process, the folder makes
// its loader find the stand-in instead of the driver.
func Build(dir string) error {
	c := filepath.Join(dir, "fakecuda.c")
	if err := os.WriteFile(c, source, 0o666); err != nil {
		return err
	}
	cmd := exec.Command("gcc", "-O1", "-g", "-Wall", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-soname,"+Library,
		"-o", filepath.Join(dir, Library), c)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("fakecuda: gcc: %w\n%s", err, out)
	}
	return nil
}

// request is what C asks.
type request struct {
	kind         uint64
	text         uintptr
	name, params uintptr
	log, logSize uintptr
	grid, block  [3]uint32
	shared       uint64
}

const (
	load   = 1
	launch = 2
)

// The driver's codes for what goes wrong.
const (
	success        = 0
	invalidValue   = 1
	invalidPTX     = 218
	illegalAddress = 700
)

// state is what C shows.
type state struct {
	ask, answer  [2]int32
	pieces, room uint64
	memory       uintptr
}

// Serve makes the stand-in that a loader finds work. What a kernel did wrong, report is told: a
// program only learns the driver's code for it. It serves until the process ends.
func Serve(l *dl.Loader, report func(error)) error {
	lib, err := l.Open(Library)
	if err != nil {
		return err
	}
	f, err := lib.Sym("fakeState")
	if err != nil {
		return errors.New("fakecuda: the loader found another libcuda than the stand-in")
	}
	var at uintptr
	l.Do(func(c *dl.Caller) { at = c.Call(f) })
	if at == 0 {
		return errors.New("fakecuda: no pipes")
	}
	s := &server{state: (*state)(pointer(at)), modules: map[string]*ptxvm.Module{}, report: report}
	go s.serve()
	return nil
}

// server answers requests, one at a time: C waits for each.
type server struct {
	state   *state
	modules map[string]*ptxvm.Module
	report  func(error)
}

func (s *server) serve() {
	var r request
	buffer := unsafe.Slice((*byte)(unsafe.Pointer(&r)), unsafe.Sizeof(r))
	for {
		n, err := syscall.Read(int(s.state.ask[0]), buffer)
		if err == syscall.EINTR {
			continue
		}
		if n != len(buffer) {
			return
		}
		code := int32(invalidValue)
		switch r.kind {
		case load:
			code = s.load(&r)
		case launch:
			code = s.launch(&r)
		}
		if _, err := syscall.Write(int(s.state.answer[1]), binary.NativeEndian.AppendUint32(nil, uint32(code))); err != nil {
			return
		}
	}
}

// load reads a module; what is wrong with it goes to the log.
func (s *server) load(r *request) int32 {
	text := dl.GoString(r.text)
	if _, ok := s.modules[text]; ok {
		return success
	}
	m, err := ptxvm.Parse(text)
	if err != nil {
		if r.log != 0 && r.logSize > 0 {
			log := unsafe.Slice((*byte)(pointer(r.log)), r.logSize)
			log[copy(log[:len(log)-1], err.Error())] = 0
		}
		return invalidPTX
	}
	s.modules[text] = m
	return success
}

// launch runs a kernel on the memory that C has given out.
func (s *server) launch(r *request) int32 {
	e := s.modules[dl.GoString(r.text)].Entries[dl.GoString(r.name)]
	l := ptxvm.Launch{Shared: int(r.shared)}
	for axis := range 3 {
		l.Grid[axis], l.Block[axis] = int(r.grid[axis]), int(r.block[axis])
	}
	for i, p := range unsafe.Slice((*uintptr)(pointer(r.params)), len(e.Params)) {
		if e.Params[i] == "u64" {
			l.Params = append(l.Params, *(*uint64)(pointer(p)))
		} else {
			l.Params = append(l.Params, uint64(*(*uint32)(pointer(p))))
		}
	}
	type piece struct {
		at   uintptr
		size uint64
	}
	var pieces [][]byte
	for _, p := range unsafe.Slice((*piece)(pointer(s.state.memory)), s.state.pieces) {
		pieces = append(pieces, unsafe.Slice((*byte)(pointer(p.at)), p.size))
	}
	l.Memory = ptxvm.NewMemory(pieces...)
	if err := e.Run(l); err != nil {
		if s.report != nil {
			s.report(err)
		}
		return illegalAddress
	}
	return success
}

// pointer returns what an address of C's memory points at.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }
