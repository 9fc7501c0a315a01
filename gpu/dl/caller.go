package dl

// Caller calls C functions. It is handed to the function given to Loader.Do, and is good on
// that goroutine until that function returns.
type Caller struct {
	loader *Loader
}

// Call calls fn with up to 14 integer or pointer arguments and returns what C returns in the
// integer register; of a narrower result, such as int, the upper bits mean nothing: convert
// it, int32(c.Call(…)). It allocates nothing.
//
// A pointer must lead to memory that does not move and outlives the call: an Arena's, or
// C's own. Memory of the Go heap is fine for the length of the call if it is kept alive
// (runtime.KeepAlive) and holds no Go pointers; a goroutine's stack is not.
func (c *Caller) Call(fn Func, args ...uintptr) uintptr { return 0 }

// CallFloat calls fn with up to 8 floating-point arguments beside up to 14 others, and
// returns both of C's result registers; the function's type says which one counts. C passes
// the two kinds in separate registers, so the order between floats and args is lost on
// purpose. A C float (32 bits) goes in as Float32(x) and comes out by Float32Of. On Windows,
// where registers go by position, the floats must be the function's first arguments.
func (c *Caller) CallFloat(fn Func, floats []float64, args ...uintptr) (uintptr, float64) {
	return 0, 0
}

// KeepSignals runs f and then undoes what the C code in it did to the process's signal
// handlers. Initialising a big library wants it: MPI's takes over SIGSEGV, which Go needs.
func (c *Caller) KeepSignals(f func()) { f() }

// Float32 returns what CallFloat takes for a C float.
func Float32(x float32) float64 { return 0 }

// Float32Of returns the C float in CallFloat's result.
func Float32Of(result float64) float32 { return 0 }
