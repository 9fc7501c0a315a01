package gpu

import (
	"strings"
	"testing"

	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/kernels"
	"inkstone/gpu/soft"
	"inkstone/tensor"
)

// forgetful is a driver whose compiler loses the stores of some kernels.
type forgetful struct {
	driver.Device
	kernels func(name string) bool
}

func (f forgetful) Compile(k *ir.Kernel) (driver.Program, error) {
	if f.kernels(k.Name) {
		loseStores(k.Body)
	}
	return f.Device.Compile(k)
}

func loseStores(block []*ir.Instr) {
	for _, in := range block {
		if in.Op == ir.OpStore && in.Array.Space == ir.Global || in.Op == ir.OpMatStore {
			in.Op, in.Body, in.Args = ir.OpLoop, []*ir.Instr{{Op: ir.OpBreak}}, nil
			continue
		}
		loseStores(in.Body)
		loseStores(in.Else)
	}
}

// TestSelfTest: devices that compute wrongly are found out, in the precision in which they do.
func TestSelfTest(t *testing.T) {
	product := func(name string) bool { return strings.Contains(name, "matmul") }
	matrices := func(name string) bool { return product(name) && strings.Contains(name, "bf16") }
	for name, c := range map[string]struct {
		kernels   func(name string) bool
		f32, bf16 string // parts of errors
	}{
		"good":     {func(string) bool { return false }, "", ""},
		"softmax":  {func(name string) bool { return strings.Contains(name, "softmax") }, "wrongly", "wrongly"},
		"products": {product, "wrongly", "wrongly"},
		"matrices": {matrices, "", "wrongly"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDevice("soft:0", forgetful{soft.New(soft.Options{Discrete: true}), c.kernels})
			defer d.Close()
			check := func(precision tensor.Precision, err error, want string) {
				if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("%v: error %v, want %q", precision, err, want)
				}
			}
			check(tensor.F32, d.SelfTest(), c.f32)
			check(tensor.F32, d.Supports(tensor.F32), "")
			check(tensor.BF16, d.Supports(tensor.BF16), c.bf16)
		})
	}
	d := newDevice("soft:0", soft.New(soft.Options{}))
	defer d.Close()
	d.tuning.Multiplier = kernels.Multiplier{}
	if err := d.Supports(tensor.BF16); err == nil || !strings.Contains(err.Error(), "no products of bfloat16") {
		t.Errorf("without matrices: %v", err)
	}
}
