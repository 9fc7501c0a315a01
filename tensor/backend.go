package tensor

// A Backend computes on tensors. Outputs come first. Unless a method says otherwise,
// tensors are contiguous, outputs are written (not added to) and do not overlap inputs,
// and all floating-point tensors of a call have the same type, Float32 or Float64.
//
// Shapes are checked here, once, with messages that name the operation; kernels below
// trust them. As in package kernels, gradients of activations are written and gradients
// of parameters are added to.
type Backend interface {
	// Name returns the device's name, such as "cpu".
	Name() string

	// Copy writes x to dst, which has the same shape. Both may be strided and of any type.
	Copy(dst, x *Tensor)
	// Fill sets every element of a contiguous dst to v.
	Fill(dst *Tensor, v float64)
	// Unary computes dst = op(x); dst may be x.
	Unary(op UnaryOp, dst, x *Tensor)
	// UnaryBackward computes dx = dy ∘ op′(x), where y = op(x); dx may be dy. Ops that do
	// not need x or y (see UnaryOp.Saves) accept nil for it.
	UnaryBackward(op UnaryOp, dx, dy, x, y *Tensor)
	// Binary computes dst = a op b, elementwise. a and b may be broadcast or strided views
	// of dst's shape; dst may be a or b when those are contiguous.
	Binary(op BinaryOp, dst, a, b *Tensor)
	// Scale computes dst = c·x; dst may be x.
	Scale(dst, x *Tensor, c float64)
	// AddScalar computes dst = x + c; dst may be x.
	AddScalar(dst, x *Tensor, c float64)
	// Accumulate computes y += c·x.
	Accumulate(y, x *Tensor, c float64)
	// SumTo sums x over every dimension that dst lacks or has with size 1, undoing a
	// broadcast, and adds the result to dst if add is set, writes it otherwise. x may be strided.
	SumTo(dst, x *Tensor, add bool)
	// Max writes the largest element along x's last dimension and, if arg is not nil, its
	// first index (Int32).
	Max(dst, arg, x *Tensor)
	// SwiGLU computes dst = SiLU(gate) ∘ up.
	SwiGLU(dst, gate, up *Tensor)
	SwiGLUBackward(dgate, dup, dy, gate, up *Tensor)

	// MatMul computes dst = α·a·b + β·dst over the last two dimensions, [..., M, K] times
	// [..., K, N]. a and b may have any strides, so a transposed view costs nothing; their
	// leading dimensions are broadcast. If bias, a vector [N], is not nil it is added to
	// every row.
	MatMul(dst, a, b, bias *Tensor, alpha, beta float64)
	// Pack puts a matrix b [K, N] of any strides into the form in which MatMulPacked reads it,
	// and the precision in which the backend multiplies now. What p held before is gone; its
	// memory serves again if the shape is the same.
	Pack(p *Packed, b *Tensor)
	// MatMulPacked computes dst = a·b, [M, K] times [K, N]. If bias, a vector [N], is not nil
	// it is added to every row. A row of dst does not depend on the other rows of a nor, on the
	// CPU, on how many there are.
	MatMulPacked(dst, a *Tensor, b *Packed, bias *Tensor)

	// Softmax works on the last dimension; dst may be x and dx may be dy.
	Softmax(dst, x *Tensor)
	SoftmaxBackward(dx, dy, y *Tensor)
	LogSoftmax(dst, x *Tensor)
	LogSoftmaxBackward(dx, dy, y *Tensor)

	// LayerNorm normalises the last dimension of x [..., C]; weight and bias are [C], bias
	// may be nil. mean and rstd, one value a row, are kept for the backward.
	LayerNorm(y, mean, rstd, x, weight, bias *Tensor, eps float64)
	// LayerNormBackward writes dx and adds to dweight and dbias; each may be nil.
	LayerNormBackward(dx, dweight, dbias, dy, x, weight, mean, rstd *Tensor)
	RMSNorm(y, rstd, x, weight *Tensor, eps float64)
	RMSNormBackward(dx, dweight, dy, x, weight, rstd *Tensor)

	// RoPE rotates x [B, T, H, D] by the angles of positions start, start+1, …: cos and sin
	// are tables [positions, D/2]. interleaved pairs neighbours (2i, 2i+1); otherwise i is
	// paired with i+D/2. inverse rotates back, which is also the gradient. dst may be x;
	// both may be strided in the first two dimensions.
	RoPE(dst, x, cos, sin *Tensor, start int, interleaved, inverse bool)

	// Embedding writes table[ids[i]] to row i of dst [..., C]; ids is Int32.
	Embedding(dst, table, ids *Tensor)
	// EmbeddingBackward adds row i of dy to dtable[ids[i]], in order of i.
	EmbeddingBackward(dtable, dy, ids *Tensor)

	// CrossEntropy writes each row's loss −log softmax(logits)[target] and log-sum-exp, for
	// logits [N, V] and targets [N] (Int32). Rows with a negative target have loss 0.
	CrossEntropy(losses, lse, logits, targets *Tensor)
	// CrossEntropyBackward writes dlogits = (softmax − onehot)·dlosses; dlogits may be logits.
	CrossEntropyBackward(dlogits, logits, lse, targets, dlosses *Tensor)

	// Attention computes softmax(q·kᵀ·scale + mask)·v for q [B, T, H, D] and k, v
	// [B, S, H/G, D], where each group of G query heads shares a key head. Query i stands
	// at position S−T+i and, if causal, sees keys up to its own position. lse [B, H, T] is
	// kept for the backward. All but lse may be strided in their first two dimensions.
	Attention(o, lse, q, k, v *Tensor, scale float64, causal bool)
	// AttentionBackward writes dq, dk and dv, which may be strided like q, k and v.
	AttentionBackward(dq, dk, dv, do, q, k, v, o, lse *Tensor, scale float64, causal bool)

	// Dropout keeps each element with probability keep and divides it by keep; others become
	// 0. Which are kept is a function of the stream and offset alone, so the same call
	// on dy is the backward. dst may be x.
	Dropout(dst, x *Tensor, stream Stream, offset uint64, keep float64)

	// SquaredNorm returns Σ x², accumulated in float64 in a fixed order.
	SquaredNorm(x *Tensor) float64
	// SquaredNorms writes the SquaredNorm of each of xs to sums: on a device, with one wait.
	SquaredNorms(sums []float64, xs []*Tensor)
	// AllFinite reports whether x has no NaN and no infinity.
	AllFinite(x *Tensor) bool
	// AdamW updates parameter p and its moments m and v from gradient g.
	AdamW(p, g, m, v *Tensor, c AdamW)

	// Err returns what is wrong with a device, or nil. Operations have no errors of their own:
	// whoever relies on results asks from time to time, such as after each step. A device that
	// is lost has the same error for ever, and results since are worthless; one that ran out
	// of memory has an error once, and its results are right.
	Err() error
}

// UnaryOp names an elementwise function of one argument.
type UnaryOp uint8

// The elementwise functions.
const (
	Neg UnaryOp = iota
	Exp
	Log
	Sqrt
	Tanh
	Sigmoid
	ReLU
	GELU     // x·½(1 + tanh(√(2/π)(x + 0.044715x³))), GPT-2's
	GELUErf  // x·Φ(x), the exact form
	SiLU     // x·sigmoid(x)
	UnaryOps = iota
)

var unaryNames = [UnaryOps]string{"Neg", "Exp", "Log", "Sqrt", "Tanh", "Sigmoid", "ReLU", "GELU", "GELUErf", "SiLU"}

// String returns the op's name.
func (op UnaryOp) String() string { return unaryNames[op] }

// SavesX reports whether the op's backward reads the input x.
func (op UnaryOp) SavesX() bool {
	switch op {
	case Log, ReLU, GELU, GELUErf, SiLU:
		return true
	}
	return false
}

// SavesY reports whether the op's backward reads the output y.
func (op UnaryOp) SavesY() bool {
	switch op {
	case Exp, Sqrt, Tanh, Sigmoid:
		return true
	}
	return false
}

// BinaryOp names an elementwise function of two arguments.
type BinaryOp uint8

// The elementwise functions of two arguments.
const (
	Add BinaryOp = iota
	Sub
	Mul
	Div
	Minimum
	Maximum
	BinaryOps = iota
)

var binaryNames = [BinaryOps]string{"Add", "Sub", "Mul", "Div", "Minimum", "Maximum"}

// String returns the op's name.
func (op BinaryOp) String() string { return binaryNames[op] }

// AdamW holds the settings of one AdamW step (Loshchilov and Hutter 2019, algorithm 2):
//
//	g ← GradScale·g
//	p ← p − LR·WeightDecay·p
//	m ← β₁m + (1−β₁)g
//	v ← β₂v + (1−β₂)g²
//	p ← p − LR·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + Eps)
type AdamW struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Step                               int     // t, from 1
	GradScale                          float64 // 1, or less when the gradient is clipped
}
