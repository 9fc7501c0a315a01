package vulkan

import (
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/driver/drivertest"
	"inkstone/gpu/ir"
)

// answer returns a C function that does nothing and returns r: what a driver in trouble does.
func answer(t *testing.T, r result) dl.Func {
	t.Helper()
	var code []byte
	imm := uint32(r)
	switch runtime.GOARCH {
	case "amd64":
		code = []byte{0xb8, byte(imm), byte(imm >> 8), byte(imm >> 16), byte(imm >> 24), 0xc3} // MOV EAX, r; RET
	case "arm64":
		movn := 0x12800000 | ^imm<<5 // MOVN W0, ^r; RET
		code = []byte{byte(movn), byte(movn >> 8), byte(movn >> 16), byte(movn >> 24), 0xc0, 0x03, 0x5f, 0xd6}
	default:
		t.Skip("no machine code for " + runtime.GOARCH)
	}
	page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	copy(page, code)
	if err := unix.Mprotect(page, unix.PROT_READ|unix.PROT_EXEC); err != nil {
		t.Fatal(err)
	}
	return dl.Func(unsafe.Pointer(&page[0]))
}

// fail makes a function of the device return r until the test ends or the function returned is
// called.
func (d *Device) fail(t *testing.T, f *dl.Func, r result) (restore func()) {
	was, now := *f, answer(t, r)
	d.do(func(*dl.Caller) { *f = now })
	restore = func() { d.do(func(*dl.Caller) { *f = was }) }
	t.Cleanup(restore)
	return restore
}

// double returns a program that doubles 64 numbers, and memory for it.
func double(t *testing.T, d *Device) (driver.Program, driver.Mem) {
	t.Helper()
	b := ir.New("double", ir.Workgroup(64, 1, 1))
	x := b.Buffer("x", ir.U32, ir.ReadWrite)
	x.Store(b.GlobalID(0), x.Load(b.GlobalID(0)).Mul(b.U32(2)))
	p, err := d.Compile(b.MustBuild())
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.Alloc(256, driver.Local)
	if err != nil {
		t.Fatal(err)
	}
	return p, m
}

// TestDeviceLost: a device that is lost says so for ever, with the kernel under suspicion, and
// can be closed.
func TestDeviceLost(t *testing.T) {
	for name, where := range map[string]func(d *Device) *dl.Func{
		"submit": func(d *Device) *dl.Func { return &d.vk.QueueSubmit },
		"wait":   func(d *Device) *dl.Func { return &d.vk.WaitSemaphores },
	} {
		t.Run(name, func(t *testing.T) {
			d := device(t)
			p, m := double(t, d)
			var l driver.List
			l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{driver.Whole(m)}, nil)
			drivertest.Submit(t, d, &l)
			restore := d.fail(t, where(d), deviceLost)
			point, err := d.Submit(&l)
			if err == nil {
				err = d.Wait(t.Context(), point)
			}
			e := (*driver.Error)(nil)
			if !errors.Is(err, driver.ErrDeviceLost) || !errors.As(err, &e) || e.Op != name || e.Kernel != "double" ||
				e.Grid != [3]int{1, 1, 1} || e.Name != "VK_ERROR_DEVICE_LOST" || e.Code != -4 {
				t.Fatalf("%v", err)
			}
			restore() // it stays lost
			_, submit := d.Submit(&l)
			_, alloc := d.Alloc(4, driver.Local)
			_, compile := d.Compile(p.Kernel())
			_, reached := d.Reached()
			for _, later := range []error{submit, alloc, compile, reached, d.Wait(t.Context(), 0)} {
				if later != err {
					t.Errorf("later: %v, want %v", later, err)
				}
			}
			d.Free(m)
		})
	}
}

// TestSuspects: where several kernels could have been the reason, the error names them.
func TestSuspects(t *testing.T) {
	d := device(t)
	p, m := double(t, d)
	b := ir.New("other", ir.Workgroup(64, 1, 1))
	b.Buffer("x", ir.U32, ir.Write).Store(b.GlobalID(0), b.U32(0))
	q, err := d.Compile(b.MustBuild())
	if err != nil {
		t.Fatal(err)
	}
	var l driver.List
	for range 3 {
		l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{driver.Whole(m)}, nil)
		l.Dispatch(q, [3]int{1, 1, 1}, []driver.Range{driver.Whole(m)}, nil)
	}
	d.fail(t, &d.vk.QueueSubmit, deviceLost)
	if _, err := d.Submit(&l); !errors.Is(err, driver.ErrDeviceLost) || !strings.Contains(err.Error(), "one of double, other:") {
		t.Errorf("%v", err)
	}
}

// TestFailures: other errors of the driver are the caller's to deal with; the device goes on.
func TestFailures(t *testing.T) {
	submit := func(t *testing.T, d *Device) error {
		p, m := double(t, d)
		var l driver.List
		l.Timestamp(new(int64))
		l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{driver.Whole(m)}, nil)
		point, err := d.Submit(&l)
		if err == nil {
			err = d.Wait(t.Context(), point)
		}
		d.Free(m)
		return err
	}
	alloc := func(_ *testing.T, d *Device) error {
		m, err := d.Alloc(1<<20, driver.Host)
		if err == nil {
			d.Free(m)
		}
		return err
	}
	compile := func(_ *testing.T, d *Device) error {
		b := ir.New("compile", ir.Workgroup(64, 1, 1))
		b.Buffer("x", ir.U32, ir.Write).Store(0, 0)
		b.Buffer("y", ir.U32, ir.Write).Store(0, 0)
		_, err := d.Compile(b.MustBuild())
		return err
	}
	for name, c := range map[string]struct {
		r     result
		do    func(*testing.T, *Device) error
		cause error
	}{
		"CreateCommandPool":         {outOfHostMemory, submit, driver.ErrOutOfMemory},
		"AllocateCommandBuffers":    {outOfDeviceMemory, submit, driver.ErrOutOfMemory},
		"CreateQueryPool":           {outOfDeviceMemory, submit, driver.ErrOutOfMemory},
		"ResetCommandPool":          {outOfDeviceMemory, submit, driver.ErrOutOfMemory},
		"BeginCommandBuffer":        {outOfDeviceMemory, submit, driver.ErrOutOfMemory},
		"EndCommandBuffer":          {outOfDeviceMemory, submit, driver.ErrOutOfMemory},
		"QueueSubmit":               {outOfDeviceMemory, submit, driver.ErrOutOfMemory},
		"GetQueryPoolResults":       {outOfHostMemory, submit, driver.ErrOutOfMemory},
		"CreateBuffer":              {outOfHostMemory, alloc, driver.ErrOutOfMemory},
		"AllocateMemory":            {tooManyObjects, alloc, driver.ErrOutOfMemory},
		"BindBufferMemory":          {outOfDeviceMemory, alloc, driver.ErrOutOfMemory},
		"MapMemory":                 {-5, alloc, nil},
		"CreateShaderModule":        {outOfHostMemory, compile, driver.ErrOutOfMemory},
		"CreateDescriptorSetLayout": {outOfHostMemory, compile, driver.ErrOutOfMemory},
		"CreatePipelineLayout":      {outOfHostMemory, compile, driver.ErrOutOfMemory},
		"CreateComputePipelines":    {-1000012000, compile, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := device(t)
			restore := d.fail(t, reflect.ValueOf(&d.vk).Elem().FieldByName(name).Addr().Interface().(*dl.Func), c.r)
			err := c.do(t, d)
			e := (*driver.Error)(nil)
			if !errors.As(err, &e) || e.Name != c.r.String() || e.Err != c.cause || d.dead != nil {
				t.Errorf("%v", err)
			}
			if d.used != [16]uint64{} || len(d.alive) > 0 {
				t.Errorf("%d bytes leaked", d.used[0])
			}
			restore()
			if err := c.do(t, d); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}
