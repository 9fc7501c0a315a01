package soft

import (
	"testing"

	"inkstone/gpu/driver/drivertest"
)

// TestDevice: the interpreter passes the tests of every driver, as each of the devices it can be.
func TestDevice(t *testing.T) {
	for name, o := range map[string]Options{"shared": {}, "discrete": {Discrete: true}, "shuffled": {Shuffle: 5}} {
		t.Run(name, func(t *testing.T) {
			d := New(o)
			defer d.Close()
			drivertest.Run(t, d)
		})
	}
}
