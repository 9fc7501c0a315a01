package ptx

import (
	"fmt"

	"inkstone/gpu/ir"
)

// Target is the device that a module is for.
type Target struct {
	SM int // the compute capability, 10·major + minor: 70, 86; 0 for the newest
}

// WarpSize is the number of lanes of a subgroup, on every device.
const WarpSize = 32

// StaticShared is how many bytes of shared memory a kernel can take by its own declaration. One
// that takes more has to be given them at its launch: see DynamicShared.
const StaticShared = 48 << 10

// DynamicShared returns how many bytes of shared memory a launch of the kernel has to ask for.
func DynamicShared(k *ir.Kernel) int {
	if _, bytes := sharedLayout(k); bytes > StaticShared {
		return bytes
	}
	return 0
}

// sharedLayout places the shared arrays one after another: where each begins, and how many bytes
// that makes. Arrays of a kernel with matrices begin at multiples of 32 bytes, as those ask.
func sharedLayout(k *ir.Kernel) (at []int, bytes int) {
	align := sharedAlign(k)
	for _, a := range k.Shared {
		at = append(at, bytes)
		bytes += (a.Len*a.Elem.Size() + align - 1) / align * align
	}
	return at, bytes
}

func sharedAlign(k *ir.Kernel) int {
	if k.Uses(ir.OpMatLoad, ir.OpMatStore) {
		return 32
	}
	return 16
}

// The oldest devices and versions of PTX, as 10·major + minor.
const (
	baseSM      = 50 // every kernel: the oldest that compilers still know
	baseVersion = 60 // shfl.sync
	smMatrix    = 70 // wmma
	smBF16      = 80 // cvt to bf16, wmma of bf16
	smAsync     = 80 // cp.async
	smMMA       = 80 // mma.m16n8k16
)

// UnsupportedError tells that a kernel needs what a target, or PTX, lacks.
type UnsupportedError struct {
	Kernel string
	Need   string
}

// Error names the kernel and what is missing.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("ptx: %s: the device lacks %s", e.Kernel, e.Need)
}

// Matrices returns the shapes of cooperative matrices that a target multiplies, for elements of
// the given type.
func (t Target) Matrices(elem ir.Type) []ir.Shape {
	if elem == ir.F16 && t.has(smMatrix) || elem == ir.BF16 && t.has(smBF16) {
		return []ir.Shape{{M: 16, N: 16, K: 16}, {M: 32, N: 8, K: 16}, {M: 8, N: 32, K: 16}}
	}
	return nil
}

func (t Target) has(sm int) bool { return t.SM == 0 || t.SM >= sm }
