//go:build (amd64 || arm64) && !purego

package cuda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/driver/drivertest"
	"inkstone/gpu/ir"
	tuning "inkstone/gpu/kernels"
	"inkstone/gpu/kernels/kerneltest"
)

// TestDevice: the device does what every driver's does.
func TestDevice(t *testing.T) {
	if !inChild(t) {
		return
	}
	d, f := open(t, 0)
	t.Logf("%+v", *d.Info())
	drivertest.Run(t, d)
	for _, err := range f.get() {
		t.Error(err)
	}
	if len(d.alive) != 0 || len(d.flying) != 0 {
		t.Errorf("%d pieces of memory and %d lists are left", len(d.alive), len(d.flying))
	}
	shut(t, d)
	if err := d.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if _, err := d.Alloc(4, driver.Local); !errors.Is(err, errClosed) {
		t.Errorf("Alloc after Close: %v", err)
	}
}

// TestKernels: the engine's kernels compute what package interp does.
func TestKernels(t *testing.T) {
	if !inChild(t) {
		return
	}
	d, f := open(t, 0)
	kernels(t, d)
	for _, err := range f.get() {
		t.Error(err)
	}
	shut(t, d)
}

func kernels(t *testing.T, d driver.Device) {
	cases, err := kerneltest.Portable(tuning.Device{
		Subgroup: 32, SharedBytes: d.Info().MaxShared, Units: 100, AsyncCopy: d.Info().AsyncCopy,
		Multiplier: tuning.Multiplier{Elem: ir.BF16, Shape: ir.Shape{M: 16, N: 16, K: 16}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		p, err := d.Compile(c.Kernel)
		if err != nil {
			t.Fatal(err)
		}
		var l driver.List
		var buffers []driver.Range
		for _, b := range c.Buffers {
			buffers = append(buffers, driver.Whole(drivertest.Upload(t, d, b)))
		}
		l.Dispatch(p, c.Grid, buffers, c.Scalars)
		drivertest.Submit(t, d, &l)
		got := c.Fresh()
		for i, b := range buffers {
			copy(got[i], drivertest.Download(t, d, b.Mem))
		}
		if err := c.Check(got); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// TestDriver does the same with the driver of this machine, where there is one, and its first
// device.
func TestDriver(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		child(t)
		return
	}
	infos, err := Devices(t.Context())
	switch {
	case errors.Is(err, dl.ErrNoLibrary) || errors.Is(err, dl.ErrUnsupported):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	case len(infos) == 0:
		if _, err := Open(t.Context(), 0); err == nil {
			t.Error("a device was opened that is not in the list")
		}
		t.Skip("the driver has no device")
	}
	t.Logf("%+v", infos)
	d, err := Open(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	drivertest.Run(t, d)
	kernels(t, d)
	shut(t, d)
}

// TestDevices: what the driver says of its devices arrives.
func TestDevices(t *testing.T) {
	if !inChild(t, "FAKE_CUDA_DEVICES=2", "FAKE_CUDA_SM=75", "FAKE_CUDA_MEMORY=1000000") {
		return
	}
	infos, err := Devices(t.Context())
	if err != nil || len(infos) != 2 {
		t.Fatalf("%d devices, %v", len(infos), err)
	}
	i := infos[1]
	if i.API != "cuda" || i.Name != "Stand-in 1" || i.Vendor != "NVIDIA" || i.Driver != "CUDA 12.2" || i.UUID[15] != 0x11 ||
		i.Memory != 1000000 || i.MaxShared != 99<<10 || i.MaxGrid != [3]int{1<<31 - 1, 65535, 65535} || i.MaxGroup != [3]int{1024, 1024, 64} {
		t.Errorf("%+v", i)
	}
	for _, m := range i.Matrices {
		if m.Elem == ir.BF16 {
			t.Errorf("%v on sm_75", m)
		}
	}
	if len(i.Matrices) != 6 {
		t.Errorf("matrices %v", i.Matrices)
	}
	if _, err := Open(t.Context(), 2); err == nil || !strings.Contains(err.Error(), "no device 2, there are 2") {
		t.Error(err)
	}
	// Two devices at once, each with memory and programs of its own.
	d, f := open(t, 0)
	e, err := Open(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for n, d := range []driver.Device{d, e} {
			if got := square(t, d, uint32(n)+2); got != uint32((n+2)*(n+2)) {
				t.Errorf("device %d: %d", n, got)
			}
		}
	}
	func() {
		defer func() {
			if text := fmt.Sprint(recover()); !strings.Contains(text, "memory of another device") {
				t.Errorf("panic %q", text)
			}
		}()
		m := drivertest.Alloc(t, d, 4, driver.Local)
		var l driver.List
		l.Fill(driver.Whole(m), 0)
		e.Submit(&l)
	}()
	if len(f.get()) != 0 {
		t.Error(f.get())
	}
	shut(t, e)
	shut(t, d)
}

// squares stores x·x.
func squares() *ir.Kernel {
	b := ir.New("squares", ir.Workgroup(1, 1, 1))
	x := b.Buffer("x", ir.U32, ir.ReadWrite)
	x.Store(0, x.Load(0).Mul(x.Load(0)))
	return b.MustBuild()
}

// square computes x² on a device.
func square(t *testing.T, d driver.Device, x uint32) uint32 {
	t.Helper()
	m, err := d.Alloc(4, driver.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Free(m)
	p, err := d.Compile(squares())
	if err != nil {
		t.Fatal(err)
	}
	m.Bytes()[0], m.Bytes()[1], m.Bytes()[2], m.Bytes()[3] = byte(x), 0, 0, 0
	var l driver.List
	l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{driver.Whole(m)}, nil)
	drivertest.Submit(t, d, &l)
	return uint32(m.Bytes()[0]) | uint32(m.Bytes()[1])<<8
}

// TestNoDevice: a driver without a device has an empty list, and is no error.
func TestNoDevice(t *testing.T) {
	if !inChild(t, "FAKE_CUDA_DEVICES=0") {
		return
	}
	infos, err := Devices(t.Context())
	if err != nil || len(infos) != 0 {
		t.Errorf("%v, %v", infos, err)
	}
	if _, err := Open(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "there are 0") {
		t.Error(err)
	}
}

// TestNoLibrary: without a driver, the error says so.
func TestNoLibrary(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		child(t, "LD_LIBRARY_PATH=")
		return
	}
	_, err := Devices(t.Context())
	if err == nil {
		t.Skip("this machine has a driver")
	}
	if !errors.Is(err, dl.ErrNoLibrary) && !errors.Is(err, dl.ErrUnsupported) || !strings.HasPrefix(err.Error(), "cuda: ") {
		t.Error(err)
	}
	if _, err := Open(context.Background(), 0); !errors.Is(err, dl.ErrNoLibrary) && !errors.Is(err, dl.ErrUnsupported) {
		t.Error(err)
	}
}

// TestCrash: a driver that crashes does so in a child of this process.
func TestCrash(t *testing.T) {
	if !inChild(t, "FAKE_CUDA_CRASH=1") {
		return
	}
	_, err := Devices(t.Context())
	if e := (*dl.ProbeError)(nil); !errors.Is(err, dl.ErrProbe) || !errors.As(err, &e) || e.Step != "check cuda" {
		t.Errorf("%v", err)
	}
}

// TestMemory: memory that is not there is refused, until some is given back.
func TestMemory(t *testing.T) {
	if !inChild(t, "FAKE_CUDA_MEMORY=1000000") {
		return
	}
	d, _ := open(t, 0)
	big, err := d.Alloc(900000, driver.Local)
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []driver.Place{driver.Local, driver.Host} {
		_, err := d.Alloc(200000, place)
		e := (*driver.Error)(nil)
		if !errors.Is(err, driver.ErrOutOfMemory) || !errors.As(err, &e) || e.Code != 2 || e.Name != "CUDA_ERROR_OUT_OF_MEMORY" {
			t.Errorf("%v", err)
		}
	}
	if square(t, d, 7) != 49 {
		t.Error("the device does not go on")
	}
	d.Free(big)
	d.Free(big) // a second time does nothing
	if m, err := d.Alloc(1000000, driver.Local); err != nil {
		t.Error(err)
	} else {
		d.Free(m)
	}
	shut(t, d)
}

// TestBadPTX: what the driver's compiler says is in the error.
func TestBadPTX(t *testing.T) {
	if !inChild(t) {
		return
	}
	d, _ := open(t, 0)
	err := d.do(func(c *dl.Caller) error {
		return d.compile(c, &program{device: d, kernel: squares()}, ".version 6.0\n.target sm_50\n.visible .entry squares(\n)\n{\n\tfrobnicate.f32 %f1;\n}\n")
	})
	e := (*driver.Error)(nil)
	if !errors.As(err, &e) || e.Op != "compile" || e.Code != 218 || e.Name != "CUDA_ERROR_INVALID_PTX" || !strings.Contains(err.Error(), "line 6: frobnicate") {
		t.Errorf("%v", err)
	}
	err = d.do(func(c *dl.Caller) error {
		return d.compile(c, &program{device: d, kernel: squares()}, ".version 6.0\n.target sm_50\n.visible .entry other(\n)\n{\n\tret;\n}\n")
	})
	if !errors.As(err, &e) || e.Name != "CUDA_ERROR_NOT_FOUND" {
		t.Errorf("%v", err)
	}
	if square(t, d, 3) != 9 {
		t.Error("the device does not go on")
	}
	shut(t, d)
}

// TestRegisters: a kernel whose workgroup does not fit is refused before it can fail in a list.
func TestRegisters(t *testing.T) {
	if !inChild(t, "FAKE_CUDA_THREADS=64") {
		return
	}
	d, _ := open(t, 0)
	wide := ir.New("wide", ir.Workgroup(65, 1, 1)).MustBuild()
	_, err := d.Compile(wide)
	if e := (*driver.Error)(nil); !errors.Is(err, driver.ErrUnsupported) || !errors.As(err, &e) || e.Kernel != "wide" {
		t.Errorf("%v", err)
	}
	shut(t, d)
}

// TestFault: a kernel that writes where nothing is takes the device along. All later calls
// say the same, and it can still be closed.
func TestFault(t *testing.T) {
	if !inChild(t) {
		return
	}
	d, f := open(t, 0)
	b := ir.New("astray", ir.Workgroup(32, 1, 1))
	x := b.Buffer("x", ir.F32, ir.Write)
	x.Store(b.GlobalID(0).Mul(1<<20), 1)
	p, err := d.Compile(b.MustBuild())
	if err != nil {
		t.Fatal(err)
	}
	m := drivertest.Alloc(t, d, 64, driver.Local)
	other := drivertest.Alloc(t, d, 64, driver.Host)
	var l driver.List
	l.Dispatch(p, [3]int{2, 1, 1}, []driver.Range{driver.Whole(m)}, nil)
	var first error
	if point, err := d.Submit(&l); err != nil {
		first = err
	} else {
		first = d.Wait(t.Context(), point)
	}
	e := (*driver.Error)(nil)
	if !errors.Is(first, driver.ErrDeviceLost) || !errors.As(first, &e) || e.Code != 700 || e.Kernel != "astray" || e.Grid != [3]int{2, 1, 1} {
		t.Fatalf("%v", first)
	}
	if want := "gpu: submit: astray over 2x1x1 workgroups: device lost: an illegal memory access was encountered (CUDA_ERROR_ILLEGAL_ADDRESS)"; first.Error() != want {
		t.Errorf("%q, want %q", first, want)
	}
	if got := f.get(); len(got) != 1 || !strings.Contains(got[0].Error(), "where nothing is") {
		t.Errorf("the stand-in saw %v", got)
	}
	_, allocErr := d.Alloc(4, driver.Local)
	_, compileErr := d.Compile(squares())
	l.Reset()
	l.Fill(driver.Whole(other), 1)
	_, submitErr := d.Submit(&l)
	_, reachedErr := d.Reached()
	for i, err := range []error{allocErr, compileErr, submitErr, reachedErr, d.Wait(t.Context(), 1)} {
		if err != first {
			t.Errorf("call %d: %v", i, err)
		}
	}
	shut(t, d)
}
