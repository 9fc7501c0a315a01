package cuda

import (
	"errors"
	"fmt"
	"strings"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/ptx"
)

// program is a kernel that the driver has compiled.
type program struct {
	device   *Device
	kernel   *ir.Kernel
	module   uintptr
	function uintptr
	shared   uintptr // bytes of dynamic shared memory
}

func (p *program) Kernel() *ir.Kernel { return p.kernel }

// Compile implements driver.Device.
func (d *Device) Compile(k *ir.Kernel) (driver.Program, error) {
	if err := d.physical.info.Supports(k); err != nil {
		return nil, err
	}
	fail := func(err error) error { return &driver.Error{Op: "compile", Kernel: k.Name, Err: err} }
	text, err := ptx.Module(k, ptx.Target{SM: d.physical.sm})
	if lacks := (*ptx.UnsupportedError)(nil); errors.As(err, &lacks) {
		return nil, fail(fmt.Errorf("%w: %s", driver.ErrUnsupported, lacks.Need))
	}
	if err != nil {
		return nil, fail(err)
	}
	p := &program{device: d, kernel: k, shared: uintptr(ptx.DynamicShared(k))}
	if err := d.do(func(c *dl.Caller) error { return d.compile(c, p, text) }); err != nil {
		if e := (*driver.Error)(nil); errors.As(err, &e) && e != d.dead {
			e.Kernel = k.Name
		}
		return nil, err
	}
	return p, nil
}

// logBytes is how much the driver may say about a module.
const logBytes = 8 << 10

// compile loads a module and finds its function.
func (d *Device) compile(c *dl.Caller, p *program, text string) error {
	a := &d.arena
	a.Reset()
	out, at := dl.New[uintptr](a)
	_, logAt := a.Bytes(logBytes)
	keys, keysAt := dl.Slice[int32](a, 2)
	keys[0], keys[1] = jitErrorLog, jitErrorLogSize
	values, valuesAt := dl.Slice[uintptr](a, 2)
	values[0], values[1] = logAt, logBytes
	r := c.Call(d.cu.ModuleLoadDataEx, at, a.CString(text), uintptr(len(keys)), keysAt, valuesAt)
	if err := d.check(c, "compile", r); err != nil {
		return explained(err, dl.GoString(logAt))
	}
	p.module = *out
	if err := d.finish(c, p); err != nil {
		c.Call(d.cu.ModuleUnload, p.module)
		return err
	}
	d.programs = append(d.programs, p)
	return nil
}

// finish makes sure that a launch of the program cannot fail for want of registers or shared
// memory: there, half of a list would have run.
func (d *Device) finish(c *dl.Caller, p *program) error {
	a := &d.arena
	out, at := dl.New[uintptr](a)
	if err := d.check(c, "compile", c.Call(d.cu.ModuleGetFunction, at, p.module, a.CString(p.kernel.Name))); err != nil {
		return err
	}
	p.function = *out
	most, at := dl.New[int32](a)
	if err := d.check(c, "compile", c.Call(d.cu.FuncGetAttribute, at, funcMaxThreads, p.function)); err != nil {
		return err
	}
	if int(*most) < p.kernel.Lanes() {
		return &driver.Error{Op: "compile", Err: fmt.Errorf("%w: registers for %d lanes, it has them for %d", driver.ErrUnsupported, p.kernel.Lanes(), *most)}
	}
	if p.shared == 0 {
		return nil
	}
	return d.check(c, "compile", c.Call(d.cu.FuncSetAttribute, p.function, funcDynamicShared, p.shared))
}

// explained adds what the driver's compiler said to an error.
func explained(err error, log string) error {
	log = strings.TrimSpace(strings.ToValidUTF8(log, "?"))
	e := (*driver.Error)(nil)
	if log == "" || !errors.As(err, &e) {
		return err
	}
	if e.Err == nil {
		e.Err = errors.New(log)
	} else {
		e.Err = fmt.Errorf("%w: %s", e.Err, log)
	}
	return err
}
