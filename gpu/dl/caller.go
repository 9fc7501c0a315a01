package dl

import (
	"fmt"
	"math"
)

// Most arguments that a call can have.
const (
	maxArgs   = 14
	maxFloats = 8
)

// frame is a call's arguments on the way to C and its results on the way back. Assembly
// reads and writes it.
type frame struct {
	fn     Func
	nargs  uintptr
	args   [maxArgs]uintptr
	nfloat uintptr
	floats [maxFloats]float64
	ret    uintptr
	fret   float64
}

// Caller calls C functions. It is handed to the function given to Loader.Do, and is good on
// that goroutine until that function returns.
type Caller struct {
	loader *Loader
	frame  frame
	words  Arena // for the names that dlopen and dlsym are given
}

// Call calls fn with up to 14 integer or pointer arguments and returns what C returns in the
// integer register; of a narrower result, such as int, the upper bits mean nothing: convert
// it, int32(c.Call(…)). It allocates nothing.
//
// A pointer must lead to memory that does not move and outlives the call: an Arena's, or
// C's own. Memory of the Go heap is fine for the length of the call if it is kept alive
// (runtime.KeepAlive) and holds no Go pointers; a goroutine's stack is not.
func (c *Caller) Call(fn Func, args ...uintptr) uintptr {
	f := &c.frame
	if fn == 0 || len(args) > maxArgs {
		refuse("Call", fn, len(args), 0)
	}
	f.fn = fn
	f.nargs = uintptr(len(args))
	f.nfloat = 0
	for i, a := range args {
		f.args[i] = a
	}
	c.invoke()
	return f.ret
}

// CallFloat calls fn with up to 8 floating-point arguments beside up to 14 others, and
// returns both of C's result registers; the function's type says which one counts. C passes
// the two kinds in separate registers, so the order between floats and args is lost on
// purpose. A C float (32 bits) goes in as Float32(x) and comes out by Float32Of. On Windows,
// where registers go by position, the floats must be the function's first arguments.
func (c *Caller) CallFloat(fn Func, floats []float64, args ...uintptr) (uintptr, float64) {
	f := &c.frame
	if fn == 0 || len(args) > maxArgs || len(floats) > maxFloats {
		refuse("CallFloat", fn, len(args), len(floats))
	}
	f.fn = fn
	f.nargs = uintptr(copy(f.args[:], args))
	f.nfloat = uintptr(copy(f.floats[:], floats))
	c.invoke()
	return f.ret, f.fret
}

// refuse panics for a call that cannot be made.
func refuse(op string, fn Func, args, floats int) {
	if fn == 0 {
		panic(fmt.Sprintf("dl: %s: the function's address is 0", op))
	}
	panic(fmt.Sprintf("dl: %s: %d arguments and %d floats: want at most %d and %d", op, args, floats, maxArgs, maxFloats))
}

// Float32 returns what CallFloat takes for a C float: its bits in the lower half.
func Float32(x float32) float64 { return math.Float64frombits(uint64(math.Float32bits(x))) }

// Float32Of returns the C float in CallFloat's result.
func Float32Of(result float64) float32 { return math.Float32frombits(uint32(math.Float64bits(result))) }
