package tensor

// Precision is how exactly a backend multiplies Float32 matrices. Tensors are Float32 either
// way, and so are the sums of products and every other operation.
type Precision uint8

const (
	// F32 multiplies the numbers as they are.
	F32 Precision = iota
	// BF16 rounds both factors to bfloat16 first, which processors with instructions for it
	// multiply twice as fast: mixed precision with Float32 weights (Micikevicius et al. 2018,
	// "Mixed precision training"). The range is that of Float32, so no loss is scaled.
	BF16
)

var precisions = [...]string{"f32", "bf16"}

// String returns the name, "f32" or "bf16".
func (p Precision) String() string { return precisions[p] }

// SetPrecision sets how MatMul multiplies Float32 tensors, which is F32 at first. It must not
// be called while the backend computes.
//
// With BF16, elements differ from those of F32 by up to (2⁻⁸ + 2⁻¹⁸)·Σ|a·b|; they are still the
// same bits on any number of threads. Products with few rows, those of decoding, wait for
// memory and gain nothing from rounding: up to 4 rows (3 where the rows of b are contiguous)
// are multiplied in F32. A row of a product never depends on the other rows, but on whether
// there are more than that: what a model makes of a prompt in one piece and of the same tokens
// one by one differs by the rounding to bfloat16.
func (c *CPU) SetPrecision(p Precision) { c.precision = p }

// Precision returns how MatMul multiplies Float32 tensors.
func (c *CPU) Precision() Precision { return c.precision }
