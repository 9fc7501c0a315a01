package gpu

import (
	"runtime"

	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/kernels"
)

// tuningOf returns what the choice of tiles depends on. Drivers do not say how many compute
// units a device has; a typical number of its kind does. Matrices of float16 are left alone: what
// is learned has numbers that float16 does not.
func tuningOf(i *driver.Info) kernels.Device {
	t := kernels.Device{Processor: i.Kind == driver.CPU, SharedBytes: i.MaxShared, AsyncCopy: i.AsyncCopy}
	if len(i.Subgroups) > 0 {
		t.Subgroup = i.Subgroups[0]
	}
	for _, m := range i.Matrices {
		if m.Elem == ir.BF16 && m.Acc == ir.F32 && i.Shared16 && t.Subgroup > 0 && !t.HasMultiplier() {
			t.Multiplier = kernels.Multiplier{Elem: m.Elem, Shape: m.Shape}
		}
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
