package cuda

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/ptx"
)

// probeName names the check of this package in dl's probe child.
const probeName = "cuda"

func init() { dl.RegisterProbe(probeName, probe) }

// libraries returns the names of the driver's library.
func libraries() []string {
	if runtime.GOOS == "windows" {
		return []string{"nvcuda.dll"}
	}
	return []string{"libcuda.so.1", "libcuda.so"}
}

// platform is CUDA in this process, with its devices. Once made it stays.
type platform struct {
	loader  *dl.Loader
	cu      functions
	version int // of the driver API, 1000·major + 10·minor
	devices []*physical
}

// physical is a device that could be opened.
type physical struct {
	platform *platform
	handle   uintptr // CUdevice
	sm       int     // compute capability, 10·major + minor
	info     driver.Info
}

// the is the process's one platform.
var the struct {
	mu       sync.Mutex
	platform *platform
}

// load returns the process's platform. What could go wrong in the driver is tried in a child
// process first.
func load(ctx context.Context) (*platform, error) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, fmt.Errorf("cuda: %w", dl.ErrUnsupported)
	}
	the.mu.Lock()
	defer the.mu.Unlock()
	if the.platform != nil {
		return the.platform, nil
	}
	l, err := dl.Boot(ctx, dl.Options{Probe: libraries(), Checks: []string{probeName}})
	if err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	p, err := newPlatform(l)
	if err != nil {
		return nil, fmt.Errorf("cuda: %w", err)
	}
	the.platform = p
	return p, nil
}

// probe is what the child tries: all that happens before a device is opened. A missing library
// is no fault, nor is a driver that says what it lacks; the parent finds that out by itself.
func probe(l *dl.Loader) error {
	_, err := newPlatform(l)
	if errors.Is(err, dl.ErrNoLibrary) || errors.Is(err, dl.ErrNoSymbol) || errors.As(err, new(*driver.Error)) {
		return nil
	}
	return err
}

// newPlatform opens the driver and looks at its devices.
func newPlatform(l *dl.Loader) (*platform, error) {
	lib, err := l.Open(libraries()...)
	if err != nil {
		return nil, err
	}
	p := &platform{loader: l}
	if err := p.cu.find(lib); err != nil {
		return nil, err
	}
	l.Do(func(c *dl.Caller) {
		if kept := c.KeepSignals(func() { err = p.enumerate(c) }); err == nil {
			err = kept
		}
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// enumerate starts the driver and looks at its devices. That there are none is no error.
func (p *platform) enumerate(c *dl.Caller) error {
	var a dl.Arena
	defer a.Free()
	number, at := dl.New[int32](&a)
	switch r := c.Call(p.cu.Init, 0); {
	case result(r) == noDevice:
		return nil
	case result(r) != success:
		return p.cu.err(c, "cuInit", r)
	}
	if err := p.cu.err(c, "cuDriverGetVersion", c.Call(p.cu.DriverGetVersion, at)); err != nil {
		return err
	}
	p.version = int(*number)
	if err := p.cu.err(c, "cuDeviceGetCount", c.Call(p.cu.DeviceGetCount, at)); err != nil {
		return err
	}
	for n := range int(*number) {
		d, err := p.describe(c, &a, n)
		if err != nil {
			return err
		}
		if d != nil {
			p.devices = append(p.devices, d)
		}
	}
	return nil
}

// describe looks at a device; it returns nil for one that this package cannot drive.
func (p *platform) describe(c *dl.Caller, a *dl.Arena, n int) (*physical, error) {
	number, at := dl.New[int32](a)
	var err error
	call := func(name string, f dl.Func, args ...uintptr) {
		if err == nil {
			err = p.cu.err(c, name, c.Call(f, args...))
		}
	}
	call("cuDeviceGet", p.cu.DeviceGet, at, uintptr(n))
	d := &physical{platform: p, handle: uintptr(*number)}
	attribute := func(which uintptr) int {
		*number = 0
		call("cuDeviceGetAttribute", p.cu.DeviceGetAttribute, at, which, d.handle)
		return int(*number)
	}
	name, nameAt := a.Bytes(256)
	call("cuDeviceGetName", p.cu.DeviceGetName, nameAt, uintptr(len(name)-1), d.handle)
	uuid, uuidAt := dl.New[[16]byte](a)
	call("cuDeviceGetUuid", p.cu.DeviceGetUuid, uuidAt, d.handle)
	total, totalAt := dl.New[uint64](a)
	call("cuDeviceTotalMem", p.cu.DeviceTotalMem, totalAt, d.handle)

	d.sm = 10*attribute(attrMajor) + attribute(attrMinor)
	i := &d.info
	*i = driver.Info{
		API: "cuda", Name: dl.GoString(nameAt), Kind: driver.Discrete, Vendor: "NVIDIA",
		Driver: fmt.Sprintf("CUDA %d.%d", p.version/1000, p.version%1000/10), Version: uint32(p.version), UUID: *uuid,
		Memory: int64(*total), MaxAlloc: int64(*total), MaxRange: int64(*total),
		Subgroups: []int{ptx.WarpSize}, F16: true, BF16: true, Shared16: true, AtomicF32: true, Timestamps: true,
		AsyncCopy:   (ptx.Target{SM: d.sm}).HasAsyncCopy(),
		MaxBuffers:  (parameterBytes - ir.MaxScalarBytes) / 8,
		MaxScalars:  ir.MaxScalarBytes / 4,
		MaxShared:   max(attribute(attrMaxShared), attribute(attrMaxSharedOpt)),
		MaxLanes:    attribute(attrMaxThreads),
		BufferAlign: bufferAlign,
	}
	for axis := range 3 {
		i.MaxGroup[axis] = attribute(attrMaxBlockX + uintptr(axis))
		i.MaxGrid[axis] = attribute(attrMaxGridX + uintptr(axis))
	}
	if attribute(attrIntegrated) != 0 {
		i.Kind = driver.Integrated
	}
	for _, elem := range []ir.Type{ir.F16, ir.BF16} {
		for _, s := range (ptx.Target{SM: d.sm}).Matrices(elem) {
			i.Matrices = append(i.Matrices, driver.Matrix{Elem: elem, Acc: ir.F32, Shape: s})
			if elem == ir.F16 {
				i.Matrices = append(i.Matrices, driver.Matrix{Elem: elem, Acc: ir.F16, Shape: s})
			}
		}
	}
	if attribute(attrUnified) == 0 || d.sm < oldestSM {
		d = nil
	}
	return d, err
}

const (
	parameterBytes = 4096 // of a kernel
	bufferAlign    = 32   // what matrices in memory ask for
	oldestSM       = 50   // what ptx.Module writes for
)

// Devices returns the devices of this machine that CUDA can use, in the driver's order. The
// first call in a process tries the driver in a child process; a main function that calls it
// begins with dl.MaybeProbe.
//
// Where the driver is not installed the error wraps dl.ErrNoLibrary; where it crashed or hung,
// dl.ErrProbe.
func Devices(ctx context.Context) ([]driver.Info, error) {
	p, err := load(ctx)
	if err != nil {
		return nil, err
	}
	infos := make([]driver.Info, len(p.devices))
	for n, d := range p.devices {
		infos[n] = d.info
	}
	return infos, nil
}
