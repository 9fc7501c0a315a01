package autograd

import "inkstone/tensor"

// A Variable is a tensor that gradients can flow to: a parameter, an input, or the result
// of an operation on a tape.
type Variable struct {
	// Name tells parameters apart, such as "transformer.h.0.ln_1.weight". Results of
	// operations have none.
	Name string

	// Value is the tensor itself. That of an operation's result belongs to the tape and is
	// valid until Backward has passed it (unless the tape retains) or until Reset.
	Value *tensor.Tensor

	// grad is the gradient of the loss with respect to Value. fresh says that its memory
	// holds nothing of worth and that the first contribution must overwrite it: clearing
	// the gradients of a large model would cost a pass over memory.
	grad  *tensor.Tensor
	fresh bool

	needsGrad bool
	op        string // the operation that made it; "" for a leaf
	uses      int    // operations that read a result
	scope     string // where in the model it was made, if the tape traces
	hooks     []func(grad *tensor.Tensor)

	tape *Tape // of a leaf: where and in which pass it was last used
	pass int
}

// NewParameter returns a leaf that collects gradients until ZeroGrad.
func NewParameter(name string, value *tensor.Tensor) *Variable {
	return &Variable{Name: name, Value: value, needsGrad: true, fresh: true}
}

// Constant returns a leaf that gradients do not flow to, such as an input.
func Constant(value *tensor.Tensor) *Variable { return &Variable{Value: value} }

// Grad returns the gradient, or nil if Backward has not reached v since the last ZeroGrad.
func (v *Variable) Grad() *tensor.Tensor {
	if v.fresh {
		return nil
	}
	return v.grad
}

// ZeroGrad forgets the gradient. Its memory is kept for the next one.
func (v *Variable) ZeroGrad() { v.fresh = true }

// NeedsGrad reports whether gradients flow to v.
func (v *Variable) NeedsGrad() bool { return v.needsGrad }

// SetNeedsGrad freezes (false) or thaws (true) a leaf.
func (v *Variable) SetNeedsGrad(on bool) {
	if v.op != "" {
		panic("autograd: SetNeedsGrad: result of " + v.op + " is not a leaf")
	}
	v.needsGrad = on
}

// Op returns the name of the operation that made v, or "" for a leaf.
func (v *Variable) Op() string { return v.op }

// Scope returns the path of modules inside which v was made, such as "h.0/attn", if the
// tape traces (see Tape.Trace).
func (v *Variable) Scope() string { return v.scope }

// Shape returns the shape of the value.
func (v *Variable) Shape() []int { return v.Value.Shape() }

// Dim returns the size of a dimension of the value; negative numbers count from the end.
func (v *Variable) Dim(i int) int { return v.Value.Dim(i) }

// OnGrad calls hook when the gradient of v is complete, before it flows further. The hook
// may read it or change it in place. For a leaf it is called at the end of each Backward;
// for a result it serves this tape's pass only.
func (v *Variable) OnGrad(hook func(grad *tensor.Tensor)) { v.hooks = append(v.hooks, hook) }
