package gpu

import (
	"runtime"

	"inkstone/gpu/driver"
	"inkstone/gpu/kernels"
)

// tuningOf returns what the choice of tiles depends on. Drivers do not say how many compute
// units a device has; a typical number of its kind does.
func tuningOf(i *driver.Info) kernels.Device {
	t := kernels.Device{Processor: i.Kind == driver.CPU, SharedBytes: i.MaxShared}
	if len(i.Subgroups) > 0 {
		t.Subgroup = i.Subgroups[0]
	}
	switch i.Kind {
	case driver.CPU:
		t.Units = runtime.NumCPU()
	case driver.Discrete:
		t.Units = 64
	default:
		t.Units = 16
	}
	return t
}
