package ir

import (
	"errors"
	"fmt"
)

// What kernels may take: shared memory unless the option SharedLimit allows another amount, and
// parameters passed by value. Vulkan promises 16 KiB of shared memory; devices for which the
// engine is meant have 32 KiB.
const (
	DefaultSharedLimit = 32 << 10
	MaxScalarBytes     = 128
	MaxLanes           = 1024
)

// VerifyError tells what is wrong with a kernel.
type VerifyError struct {
	Kernel string
	Line   int    // of Kernel.Text, or 0 if it is about the kernel as a whole
	Text   string // the line
	Reason string
}

func (e *VerifyError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("ir: %s: %s", e.Kernel, e.Reason)
	}
	return fmt.Sprintf("ir: %s: line %d: %s: %s", e.Kernel, e.Line, e.Text, e.Reason)
}

// verifier collects what is wrong.
type verifier struct {
	k       *Kernel
	flow    *Uniformities
	defined map[*Instr]bool
	set     []bool // variables that are set somewhere
	errs    []error
}

// verify checks what can be judged of a whole kernel only. All errors are *VerifyError, joined.
func (k *Kernel) verify(sharedLimit int) error {
	v := &verifier{k: k, flow: Analyse(k), defined: map[*Instr]bool{}, set: make([]bool, len(k.Vars))}
	v.header(sharedLimit)
	for _, in := range k.Inputs {
		v.defined[in] = true
	}
	k.Walk(func(in *Instr) {
		if in.Op == OpSet {
			v.set[in.Var.Index] = true
		}
	})
	v.block(k.Body)
	return errors.Join(v.errs...)
}

func (v *verifier) failf(in *Instr, format string, args ...any) {
	e := &VerifyError{Kernel: v.k.Name, Reason: fmt.Sprintf(format, args...)}
	if in != nil {
		e.Line, e.Text = in.Line, v.k.LineText(in.Line)
	}
	v.errs = append(v.errs, e)
}

// header checks sizes, and the mix of operations.
func (v *verifier) header(sharedLimit int) {
	k := v.k
	for _, n := range k.Workgroup {
		if n < 1 {
			v.failf(nil, "workgroup %v: sizes must be positive", k.Workgroup)
			return
		}
	}
	if n := k.Lanes(); n > MaxLanes || k.Workgroup[2] > 64 {
		v.failf(nil, "workgroup %v has %d lanes: at most %d, and 64 along z", k.Workgroup, n, MaxLanes)
	}
	if s := k.Subgroup; s != 0 {
		if s < 0 || s > 128 || s&(s-1) != 0 {
			v.failf(nil, "subgroup of %d lanes: need a power of two up to 128", s)
		} else if k.Lanes()%s != 0 {
			v.failf(nil, "workgroup of %d lanes is not a multiple of the subgroup's %d", k.Lanes(), s)
		}
	}
	if n := k.SharedBytes(); n > sharedLimit {
		v.failf(nil, "%d bytes of shared memory: at most %d", n, sharedLimit)
	}
	if n := 4 * len(k.Scalars); n > MaxScalarBytes {
		v.failf(nil, "%d bytes of scalar parameters: at most %d", n, MaxScalarBytes)
	}
	if k.Uses(OpMatFill, OpMatLoad, OpMatStore, OpMatMulAdd) && k.Uses(OpSubgroupAdd, OpSubgroupMin, OpSubgroupMax) {
		// Drivers are known to crash on modules that ask for both.
		v.failf(nil, "cooperative matrices and sums over subgroups in one kernel")
	}
}

// block checks the instructions of a block; what it defines is not seen outside.
func (v *verifier) block(block []*Instr) {
	for i, in := range block {
		for _, a := range in.Args {
			if !v.defined[a] {
				v.failf(in, "an operand is not defined here")
			}
		}
		v.defined[in] = true
		v.instr(in, i == len(block)-1)
		v.block(in.Body)
		v.block(in.Else)
		if in.Op == OpFor {
			delete(v.defined, in)
		}
	}
	for _, in := range block {
		delete(v.defined, in)
	}
}

func (v *verifier) instr(in *Instr, last bool) {
	flow := v.flow.Flow(in)
	switch {
	case in.Op == OpBarrier && flow != Uniform:
		v.failf(in, "a barrier where the way of the lanes is %v", flow)
	case (in.Op.IsSubgroup() || in.Op.IsMatrix()) && flow == Divergent:
		v.failf(in, "the lanes of a subgroup may come here apart")
	case in.Op.IsMatrix() && v.flow.args(in) == Divergent:
		v.failf(in, "an operand may differ between the lanes of a subgroup")
	case in.Op == OpBreak && !last:
		v.failf(in, "instructions after a break")
	case in.Op == OpGet && !v.set[in.Var.Index]:
		v.failf(in, "%s is never set", in.Var.Name)
	}
}
