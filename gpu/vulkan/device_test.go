package vulkan

import (
	"testing"

	"inkstone/gpu/driver/drivertest"
)

// TestDevice: the device does what every driver's does.
func TestDevice(t *testing.T) {
	d := device(t)
	t.Logf("%+v", *d.Info())
	t.Logf("%+v %v", d.physical.target, d.physical.extensions)
	drivertest.Run(t, d)
}
