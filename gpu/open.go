package gpu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"inkstone/gpu/cuda"
	"inkstone/gpu/driver"
	"inkstone/gpu/soft"
	"inkstone/gpu/vulkan"
)

// An api is an interface that devices are driven through.
type api struct {
	name    string
	devices func(context.Context) ([]driver.Info, error)
	open    func(context.Context, int) (driver.Device, error)
}

// apis are all there are, the ones to be preferred first.
var apis = []api{
	{"cuda", cuda.Devices, cuda.Open},
	{"vulkan", vulkan.Devices, vulkan.Open},
	{"soft", soft.Devices, soft.Open},
}

// APIs returns the names of the interfaces that devices are driven through.
func APIs() []string {
	var names []string
	for _, a := range apis {
		names = append(names, a.name)
	}
	return names
}

// ErrNoDevice says that the device that was asked for is not there.
var ErrNoDevice = errors.New("no such device")

// A Spec names a device, or leaves the choice.
type Spec struct {
	API    string // "cpu", "vulkan" or the like; "" for the CPU as nothing else was asked for
	Number int    // of the API's devices; -1 for the best one
}

// ParseSpec reads a device's name: "cpu", "vulkan" for the best device of that interface,
// "cuda:1" for a certain one, and "auto", which is what INKSTONE_DEVICE says, or else the CPU:
// other devices are looked for only when they are asked for, since that takes a tenth of a
// second and runs drivers' code.
func ParseSpec(name string) (Spec, error) {
	if name == "auto" || name == "" {
		if name = os.Getenv("INKSTONE_DEVICE"); name == "" || name == "auto" {
			return Spec{Number: -1}, nil
		}
	}
	kind, number, numbered := strings.Cut(name, ":")
	s := Spec{API: kind, Number: -1}
	known := kind == "cpu"
	for _, a := range apis {
		known = known || kind == a.name
	}
	if !known || kind == "cpu" && numbered {
		return s, fmt.Errorf("device %q: want auto, cpu, %s, or one of several as in vulkan:1", name, strings.Join(APIs(), ", "))
	}
	if numbered {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return s, fmt.Errorf("device %q: %q is no number of a device", name, number)
		}
		s.Number = n
	}
	return s, nil
}

// CPU reports whether the device is the machine's processor as package tensor drives it.
func (s Spec) CPU() bool { return s.API == "" || s.API == "cpu" }

// Open opens a device other than the CPU. Where it is not there, the error wraps ErrNoDevice and
// says why. A device whose self-test fails is refused.
func (s Spec) Open(ctx context.Context) (*Device, error) {
	for _, a := range apis {
		if a.name != s.API {
			continue
		}
		n, err := s.number(ctx, a)
		if err != nil {
			return nil, err
		}
		d, err := a.open(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w: %w", a.name, n, ErrNoDevice, err)
		}
		device := newDevice(fmt.Sprintf("%s:%d", a.name, n), d)
		if err := device.SelfTest(); err != nil {
			device.Close()
			return nil, err
		}
		return device, nil
	}
	return nil, fmt.Errorf("%s: %w", s.API, ErrNoDevice)
}

// number returns the number of the device: of several, the best.
func (s Spec) number(ctx context.Context, a api) (int, error) {
	infos, err := a.devices(ctx)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s: %w: %w", a.name, ErrNoDevice, err)
	case s.Number >= len(infos):
		return 0, fmt.Errorf("%s:%d: %w: there are %d", a.name, s.Number, ErrNoDevice, len(infos))
	case s.Number >= 0:
		return s.Number, nil
	case len(infos) == 0:
		return 0, fmt.Errorf("%s: %w: the driver knows none", a.name, ErrNoDevice)
	}
	best := 0
	for i := range infos {
		if rank(&infos[i]) > rank(&infos[best]) {
			best = i
		}
	}
	return best, nil
}

// rank says which kinds of devices are to be preferred.
func rank(i *driver.Info) int {
	switch i.Kind {
	case driver.Discrete:
		return 4
	case driver.Integrated:
		return 3
	case driver.Virtual:
		return 2
	case driver.Other:
		return 1
	}
	return 0
}
