package vulkan

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// Versions as Vulkan packs them.
const version12 = 1<<22 | 2<<12

// probeName names the check of this package in dl's probe child.
const probeName = "vulkan"

func init() { dl.RegisterProbe(probeName, probe) }

// libraries returns the names of Vulkan's loader.
func libraries() []string {
	if runtime.GOOS == "windows" {
		return []string{"vulkan-1.dll"}
	}
	return []string{"libvulkan.so.1"}
}

// instance is Vulkan in this process, with the devices that this package can drive. Once made
// it stays: drivers leave threads behind.
type instance struct {
	loader    *dl.Loader
	functions instanceFunctions
	handle    uintptr
	devices   []*physical
}

// the is the process's one instance.
var the struct {
	mu       sync.Mutex
	instance *instance
}

// load returns the process's instance. What could go wrong in a driver is tried in a child
// process first.
func load(ctx context.Context) (*instance, error) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return nil, fmt.Errorf("vulkan: %w", dl.ErrUnsupported)
	}
	the.mu.Lock()
	defer the.mu.Unlock()
	if the.instance != nil {
		return the.instance, nil
	}
	l, err := dl.Boot(ctx, dl.Options{Probe: libraries(), Checks: []string{probeName}})
	if err != nil {
		return nil, fmt.Errorf("vulkan: %w", err)
	}
	i, err := newInstance(l)
	if err != nil {
		return nil, fmt.Errorf("vulkan: %w", err)
	}
	the.instance = i
	return i, nil
}

// probe is what the child tries: all that happens before a device is opened. A missing library
// is no fault; the parent finds that out by itself.
func probe(l *dl.Loader) error {
	i, err := newInstance(l)
	if errors.Is(err, dl.ErrNoLibrary) {
		return nil
	}
	if err != nil {
		return err
	}
	if i.handle != 0 {
		l.Do(func(c *dl.Caller) { c.Call(i.functions.DestroyInstance, i.handle, 0) })
	}
	return nil
}

// newInstance opens Vulkan's loader, makes an instance and looks at its devices.
func newInstance(l *dl.Loader) (*instance, error) {
	lib, err := l.Open(libraries()...)
	if err != nil {
		return nil, err
	}
	getAddress, err := lib.Sym("vkGetInstanceProcAddr")
	if err != nil {
		return nil, err
	}
	i := &instance{loader: l}
	l.Do(func(c *dl.Caller) {
		if kept := c.KeepSignals(func() { err = i.create(c, getAddress) }); err == nil {
			err = kept
		}
	})
	if err != nil {
		return nil, err
	}
	return i, nil
}

// create makes the instance. Where the loader has no driver, there is none, and no devices.
func (i *instance) create(c *dl.Caller, getAddress dl.Func) error {
	var a dl.Arena
	defer a.Free()
	address := func(name string) dl.Func { return dl.Func(c.Call(getAddress, i.handle, a.CString(name))) }

	var global globalFunctions
	if missing := find(&global, address); missing != nil {
		return errors.New(missingText(missing)) // a loader of Vulkan 1.0
	}
	version, p := dl.New[uint32](&a)
	if err := result(c.Call(global.EnumerateInstanceVersion, p)).err("vkEnumerateInstanceVersion"); err != nil {
		return err
	}
	if *version < version12 {
		return fmt.Errorf("the Vulkan loader has version %s: want 1.2", versionText(*version))
	}
	app, appAt := dl.New[applicationInfo](&a)
	app.sType = typeApplicationInfo
	app.engineName = a.CString("inkstone")
	app.apiVersion = version12
	info, infoAt := dl.New[instanceCreateInfo](&a)
	info.sType = typeInstanceCreateInfo
	info.applicationInfo = appAt
	handle, handleAt := dl.New[uintptr](&a)
	switch r := result(c.Call(global.CreateInstance, infoAt, 0, handleAt)); {
	case r == badDriver:
		return nil
	case r < 0:
		return r.err("vkCreateInstance")
	}
	i.handle = *handle
	if missing := find(&i.functions, address); missing != nil {
		return errors.New(missingText(missing))
	}
	return i.enumerate(c, &a)
}

// enumerate looks at the devices.
func (i *instance) enumerate(c *dl.Caller, a *dl.Arena) error {
	handles, err := list[uintptr](a, "vkEnumeratePhysicalDevices", func(count, into uintptr) result {
		return result(c.Call(i.functions.EnumeratePhysicalDevices, i.handle, count, into))
	})
	if err != nil {
		return err
	}
	for _, h := range handles {
		p, err := i.describe(c, a, h)
		if err != nil {
			return err
		}
		if p != nil {
			i.devices = append(i.devices, p)
		}
	}
	return nil
}

// list calls one of the functions that return the length of a list if asked for no elements,
// and the list if asked again.
func list[T any](a *dl.Arena, name string, f func(count, into uintptr) result) ([]T, error) {
	for {
		count, countAt := dl.New[uint32](a)
		if err := f(countAt, 0).err(name); err != nil || *count == 0 {
			return nil, err
		}
		all, into := dl.Slice[T](a, int(*count))
		r := f(countAt, into)
		if err := r.err(name); err != nil {
			return nil, err
		}
		if r != incomplete { // it grew in between
			return all[:*count], nil
		}
	}
}

// versionText returns a version of Vulkan.
func versionText(v uint32) string {
	return fmt.Sprintf("%d.%d.%d", v>>22&0x7f, v>>12&0x3ff, v&0xfff)
}

// Devices returns the devices of this machine that have Vulkan 1.2, in the driver's order:
// graphics processors, and processors that pose as one (driver.CPU). The first call in a
// process takes a tenth of a second, in which it tries the drivers in a child process; a main
// function that calls it begins with dl.MaybeProbe.
//
// Where Vulkan is not installed the error wraps dl.ErrNoLibrary; where a driver crashed or hung,
// dl.ErrProbe.
func Devices(ctx context.Context) ([]driver.Info, error) {
	i, err := load(ctx)
	if err != nil {
		return nil, err
	}
	infos := make([]driver.Info, len(i.devices))
	for n, p := range i.devices {
		infos[n] = p.info
	}
	return infos, nil
}
