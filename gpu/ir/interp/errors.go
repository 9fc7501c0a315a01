package interp

import (
	"fmt"

	"inkstone/gpu/ir"
)

// Kind tells what a kernel did wrong.
type Kind uint8

const (
	OutOfBounds   Kind = iota + 1 // an index outside of the array
	Race                          // two lanes touched an element, one wrote, nothing ordered them
	Uninitialised                 // read before it was written
	Barrier                       // a barrier, or subgroup operation, that some lanes did not reach
	NotUniform                    // a promise of Builder.Uniform that does not hold
	Undefined                     // arithmetic without a result
	Runaway                       // more turns of loops than allowed
)

var kindNames = [...]string{"error", "out of bounds", "race", "uninitialised", "divergent barrier", "not uniform", "undefined", "runaway"}

// String returns the kind in words.
func (k Kind) String() string { return kindNames[k] }

// Error is a mistake of a kernel: which instruction, of which lane, did what.
type Error struct {
	Kind   Kind
	Kernel string
	Line   int    // of Kernel.Text
	Text   string // that line
	Group  [3]int // the workgroup's place in the grid
	Lane   int    // number of the lane in its workgroup, x fastest
	Detail string
}

func (e *Error) Error() string {
	return fmt.Sprintf("interp: %s: line %d: %s: workgroup %v, lane %d: %v: %s",
		e.Kernel, e.Line, e.Text, e.Group, e.Lane, e.Kind, e.Detail)
}

// fail notes the first mistake; it ends the run.
func (s *state) fail(in *ir.Instr, lane int, kind Kind, format string, args ...any) {
	if s.err == nil {
		k := s.p.k
		s.err = &Error{kind, k.Name, in.Line, k.LineText(in.Line), s.group, lane, fmt.Sprintf(format, args...)}
	}
}

// outOfBounds notes an index that is outside of an array.
func (s *state) outOfBounds(in *ir.Instr, lane int, index uint32, length int) {
	i := int64(index)
	if in.Args[0].Type == ir.I32 {
		i = int64(int32(index))
	}
	unit := "elements"
	if n := vectorLanes(in); n > 1 {
		unit = fmt.Sprintf("vectors of %d elements", n)
	}
	s.fail(in, lane, OutOfBounds, "index %d of %s, which has %d %s", i, in.Array.Name, length, unit)
}

// vectorLanes returns how many elements a lane reads or writes.
func vectorLanes(in *ir.Instr) int {
	switch in.Op {
	case ir.OpStore:
		return in.Args[1].Type.Lanes()
	case ir.OpLoad:
		return in.Type.Lanes()
	}
	return 1
}
