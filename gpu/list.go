package gpu

import (
	"context"
	"fmt"

	"inkstone/gpu/driver"
)

// A Listing is what List found out about a device, or about an interface without one.
type Listing struct {
	Name     string       // as Open takes it, "vulkan:0"; or the interface's, "vulkan", if there is no device
	Info     *driver.Info // nil without a device
	SelfTest error        // why the device cannot be used, or nil
	Err      error        // without a device: why there is none
}

// List looks for the devices of all interfaces and tests each one.
func List(ctx context.Context) []Listing {
	var list []Listing
	for _, a := range apis {
		infos, err := a.devices(ctx)
		if err == nil && len(infos) == 0 {
			err = fmt.Errorf("%w: the driver knows none", ErrNoDevice)
		}
		if err != nil {
			list = append(list, Listing{Name: a.name, Err: err})
		}
		for n := range infos {
			l := Listing{Name: fmt.Sprintf("%s:%d", a.name, n), Info: &infos[n]}
			d, err := Spec{a.name, n}.Open(ctx)
			if l.SelfTest = err; err == nil {
				l.SelfTest = d.Close()
			}
			list = append(list, l)
		}
	}
	return list
}
