package spirv

import (
	"fmt"

	"inkstone/gpu/ir"
)

// Target is what a module may count on: features of a Vulkan device, by the names there.
type Target struct {
	SubgroupSize int     // lanes of a subgroup, which the pipeline must be made with
	Binding      Binding // how buffers are handed over
	PushBytes    int     // maxPushConstantsSize; 0 for 128, which every device has

	Storage16   bool // storageBuffer16BitAccess: F16 and BF16 in buffers
	Float16     bool // shaderFloat16: F16 in shared arrays, in matrices, and in buffers by address
	Int16       bool // shaderInt16: BF16 in shared arrays, and in buffers by address
	AtomicFloat bool // shaderBufferFloat32AtomicAdd, shaderSharedFloat32AtomicAdd
	Matrix      bool // cooperativeMatrix
	BFloat16    bool // shaderBFloat16CooperativeMatrix
	KeepNaN     bool // shaderSignedZeroInfNanPreserveFloat32
	Round16     bool // shaderRoundingModeRTEFloat16: F16 in shared arrays rounds to the nearest
}

// Binding is how buffers are handed to a kernel.
type Binding uint8

const (
	Descriptors Binding = iota // up to maxStorageBufferRange bytes each
	Addresses                  // bufferDeviceAddress: of any size, a little slower
)

// PushBytes returns how many bytes of push constants a kernel takes.
func PushBytes(k *ir.Kernel, b Binding) int { return scalarsAt(k, b) + 4*len(k.Scalars) }

// scalarsAt returns where in the push constants the scalar parameters begin.
func scalarsAt(k *ir.Kernel, b Binding) int {
	if b == Addresses {
		return 8 * len(k.Buffers)
	}
	return 0
}

// UnsupportedError tells that a kernel needs what a target lacks.
type UnsupportedError struct {
	Kernel string
	Need   string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("spirv: %s: the device lacks %s", e.Kernel, e.Need)
}

// unsupported returns what the kernel needs and the target lacks, or nil.
func (t Target) unsupported(k *ir.Kernel) error {
	need := func(have bool, what string) error {
		if have {
			return nil
		}
		return &UnsupportedError{k.Name, what}
	}
	most := t.PushBytes
	if most == 0 {
		most = 128
	}
	n := PushBytes(k, t.Binding)
	err := need(n <= most, fmt.Sprintf("room for %d bytes of push constants", n))
	first := func(e error) {
		if err == nil {
			err = e
		}
	}
	if k.Subgroup != 0 {
		first(need(k.Subgroup == t.SubgroupSize, fmt.Sprintf("subgroups of %d lanes", k.Subgroup)))
	}
	half := func(a *ir.Array, where string) {
		switch a.Elem {
		case ir.F16:
			first(need(t.Float16, "float16 in "+where))
		case ir.BF16:
			first(need(t.Int16, "16-bit integers in "+where))
		}
	}
	for _, a := range k.Buffers {
		if a.Elem.Size() == 2 {
			first(need(t.Storage16, "16-bit elements in buffers"))
		}
		if t.Binding == Addresses {
			half(a, "buffers by address")
		}
	}
	for _, a := range k.Shared {
		half(a, "shared memory")
	}
	k.Walk(func(in *ir.Instr) {
		if in.Op == ir.OpAtomicAdd && in.Type == ir.F32 {
			first(need(t.AtomicFloat, "atomic addition of float32"))
		}
		if in.Type.IsMatrix() {
			first(need(t.Matrix, "cooperative matrices"))
			switch in.Type.Elem() {
			case ir.F16:
				first(need(t.Float16, "float16 in matrices"))
			case ir.BF16:
				first(need(t.BFloat16, "bfloat16 in matrices"))
			}
		}
	})
	return err
}
