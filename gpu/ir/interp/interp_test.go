package interp_test

import (
	"fmt"
	"testing"

	"inkstone/gpu/ir/interp"
	"inkstone/gpu/ir/irtest"
)

// TestCases runs every case in both modes, on subgroups of every size.
func TestCases(t *testing.T) {
	for _, subgroup := range []int{4, 8, 16, 32, 64} {
		for _, c := range irtest.Cases(subgroup) {
			for _, o := range []interp.Options{{Workers: 2}, {Check: true}} {
				t.Run(fmt.Sprintf("%s/subgroup=%d/check=%v", c.Name, subgroup, o.Check), func(t *testing.T) {
					buffers := c.Fresh()
					if err := interp.Run(c.Kernel, c.Grid, interp.Args{Buffers: buffers, Scalars: c.Scalars}, o); err != nil {
						t.Fatalf("%v\n%s", err, c.Kernel.Text())
					}
					if err := c.Check(buffers); err != nil {
						t.Fatalf("%v\n%s", err, c.Kernel.Text())
					}
				})
			}
		}
	}
}
